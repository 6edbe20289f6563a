"""View: how people look at a project, kept under a name; link: one look, behind a short word.

A view is one person's, or shared with all who may see the project. Its content is the page's own
affair: JSON that nobody here looks into. One view of each kind may be the project's default.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from wanllmdb_server.domain.run import text_fault

Kind = Literal["workspace", "table", "compare"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

MAX_CONTENT: Final = 256 * 1024  # bytes of JSON
MAX_VIEWS: Final = 1000  # of one person in one project
MAX_STATE: Final = 64 * 1024  # bytes of a link's state
MAX_PLACE: Final = 2048
_HASH_BYTES: Final = 10  # eighty bits: two looks do not meet by chance


@dataclass(frozen=True, slots=True)
class View:
    """A view as an actor sees it. Times are microseconds since the epoch.

    Attributes:
        owner: the name of who made it; None when they are gone.
        default: whether all see it first, of its kind.
        revision: grows with every change, so that nobody writes over what they have not seen.
        content: None where a list leaves it out.
    """

    id: str
    name: str
    kind: Kind
    shared: bool
    default: bool
    owner: str | None
    mine: bool
    revision: int
    created_at: int
    updated_at: int
    content: Any = None


@dataclass(frozen=True, slots=True)
class Link:
    """A look at a page: `place` is the page's path behind the project, `state` its query."""

    owner: str
    project: str
    place: str
    state: str


def view_name_fault(name: str) -> str | None:
    """Why `name` cannot be a view's name, or None if it can."""
    if not name.strip():
        return "A view has a name."
    return text_fault(name)


def link_hash(project: int, place: str, state: str) -> str:
    """The short word of a look: the same for the same look, and none that can be guessed at."""
    said = f"{project}\n{place}\n{state}".encode()
    digest = hashlib.sha256(said).digest()[:_HASH_BYTES]
    return base64.b32encode(digest).decode().lower()
