"""Filter: what a list of runs may be asked for, as values that need no trust any more.

Text from outside is parsed here once; what comes out names columns from a fixed list, and
keys and words that are only ever compared, never executed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.query import FIGURES, Condition, Figure
from wanllmdb_server.domain.run import RunState

Column = Literal["created_at", "name", "state", "started_at", "heartbeat_at", "duration", "user"]
Part = Literal["column", "config", "summary"] | Figure
_PARTS: Final[tuple[Part, ...]] = ("config", "summary", *FIGURES)
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)
TEXT_COLUMNS: Final = frozenset[Column](["name", "state", "user"])

MAX_QUERY: Final = 1024
MAX_WORDS: Final = 32
MAX_SORT: Final = 1100
MAX_PAGE: Final = 1000
DEFAULT_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Sort:
    """By what a list of runs is ordered; equal ones by the order of their creation."""

    part: Part = "column"
    key: str = "created_at"
    descending: bool = True

    @property
    def text(self) -> str:
        """As it is written in a request."""
        name = self.key if self.part == "column" else f"{self.part}.{self.key}"
        return f"-{name}" if self.descending else name


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs: every word must occur somewhere, and the state be one of these (any if none).

    And the condition be met, if there is one.
    """

    words: tuple[str, ...] = ()
    states: tuple[RunState, ...] = ()
    condition: Condition | None = None

    @property
    def name(self) -> str:
        """Text that another filter does not have."""
        condition = "" if self.condition is None else f" {self.condition}"
        return f"{sorted(self.states)} {self.words}{condition}"


def parse_sort(text: str) -> Sort:
    """A sort from its text, such as `-created_at` or `summary.val/loss`.

    Raises:
        InvalidError: no such column; the fault points at `/sort`.
    """
    descending, name = text.startswith("-"), text.removeprefix("-")
    if name in COLUMNS:
        return Sort("column", name, descending)
    part, dot, key = name.partition(".")
    known: dict[str, Part] = {each: each for each in _PARTS}
    if dot and key and part in known and len(text) <= MAX_SORT:
        return Sort(known[part], key, descending)
    columns = ", ".join(COLUMNS)
    detail = f"Sort by one of {columns}, by config.<key> or by summary.<key>."
    raise InvalidError(
        "There is nothing to sort by under this name.",
        faults=[Fault("/sort", "unknown-column", detail)],
    )


def parse_words(text: str) -> tuple[str, ...]:
    """The words of a search text, folded so that case does not matter.

    Raises:
        InvalidError: it is too long.
    """
    words = tuple(dict.fromkeys(text.replace("\x00", " ").casefold().split()))
    if len(text) > MAX_QUERY or len(words) > MAX_WORDS:
        detail = f"A search has at most {MAX_WORDS} words and {MAX_QUERY} characters."
        raise InvalidError("The search is too long.", faults=[Fault("/q", "too-long", detail)])
    return words


def parse_states(texts: Iterable[str]) -> tuple[RunState, ...]:
    """The states named, each by itself or joined with commas.

    Raises:
        InvalidError: no such state.
    """
    names = [name for text in texts for name in text.split(",") if name]
    unknown = [name for name in names if name not in set(RunState)]
    if unknown:
        known = ", ".join(RunState)
        raise InvalidError(
            "There is no such state.",
            faults=[Fault("/state", "unknown-state", f"A state is one of {known}.")],
        )
    return tuple(RunState(name) for name in dict.fromkeys(names))
