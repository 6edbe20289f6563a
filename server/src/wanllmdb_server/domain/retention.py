"""Retention: how long what a project's runs logged is kept, each kind of it for itself.

A run that ended, and was not heard of for so many days, lets go of it. One that still runs, or
that is tagged `keep`, keeps everything; so does every run for ever, where nothing is said. What
the catalog says of a run (config, summary, notes) always stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal

from wanllmdb_server.domain.run import CONSOLE_PREFIX, SYSTEM_PREFIX

Part = Literal["points", "console", "system"]  # of what the metric store holds of a run
Kind = Literal["points", "console", "system", "files"]

PARTS: Final[tuple[Part, ...]] = ("points", "console", "system")
KINDS: Final[tuple[Kind, ...]] = (*PARTS, "files")
KEEP_TAG: Final = "keep"
MAX_DAYS: Final = 36_500
DAY_US: Final = 86_400_000_000

_SAID: Final = re.compile(r"(points|console|system|files)=(\d{1,5})\Z")


@dataclass(frozen=True, slots=True)
class Rule:
    """Days that each kind is kept; None is for ever."""

    points_days: int | None = None
    console_days: int | None = None
    system_days: int | None = None
    files_days: int | None = None

    def days(self, kind: Kind) -> int | None:
        """How many days a kind is kept."""
        return self.said()[f"{kind}_days"]

    def said(self) -> dict[str, int | None]:
        """The rule as a mapping."""
        return asdict(self)

    @property
    def is_for_ever(self) -> bool:
        """Whether everything is kept."""
        return all(days is None for days in self.said().values())


@dataclass(frozen=True, slots=True)
class Weight:
    """So many points or files, of so many bytes; those of points are about right."""

    items: int = 0
    bytes: int = 0

    def plus(self, other: Weight) -> Weight:
        """Both."""
        return Weight(self.items + other.items, self.bytes + other.bytes)


def part_of(key: str) -> Part:
    """What a series of this key is."""
    if key.startswith(SYSTEM_PREFIX):
        return "system"
    return "console" if key.startswith(CONSOLE_PREFIX) else "points"


def rule_from(said: Mapping[str, int | None] | None) -> Rule | None:
    """The rule in a mapping that `said` made."""
    return None if said is None else Rule(**said)


def parse(text: str) -> Rule:
    """The rule in words: "points=365,console=30".

    Raises:
        ValueError: it is none.
    """
    days: dict[str, int] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        found = _SAID.match(part)
        if found is None or not 1 <= int(found[2]) <= MAX_DAYS:
            raise ValueError(f"{part!r} is not kind=days, of {', '.join(KINDS)}.")
        days[f"{found[1]}_days"] = int(found[2])
    return Rule(**days)
