"""Project: a set of runs, owned by a user or a team; the rules for its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from wanllmdb_server.domain.access import Role
from wanllmdb_server.domain.retention import Rule

MAX_DESCRIPTION: Final = 65_536

_FORBIDDEN = re.compile(r"[/\\#?%:\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Project:
    """A project as an actor sees it. Times are microseconds since the epoch."""

    id: int
    owner: str
    name: str
    description: str
    created_at: int
    updated_at: int
    runs: int
    running: int
    role: Role  # the asking actor's
    retention: Rule | None = None  # None: what the server says


def name_fault(name: str) -> str | None:
    """Why `name` cannot be a project's name, or None if it can."""
    if not name or len(name) > 128:
        return "A project's name has 1 to 128 characters."
    if _FORBIDDEN.search(name):
        return "A project's name has none of / \\ # ? % : and no control characters."
    if name in {".", "..", "compare"} or name != name.strip():
        return f"'{name}' cannot be a project's name."
    return None
