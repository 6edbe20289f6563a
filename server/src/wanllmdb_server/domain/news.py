"""News: what a viewer of a project wishes to be told, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import KeyStats, Tail

USUAL_RATE: Final = 4  # frames a second: a screen is not read faster
TOP_RATE: Final = 64


def _no_cursors() -> dict[str, dict[str, int]]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a viewer wants to be told of the runs of one project.

    Attributes:
        id: the viewer's own name for the wish.
        keys: None is all.
        cursors: by run id and key, how many points the viewer has; a series without one is
            told from what comes after the wish.
        rate: how often in a second points are told at most; what comes after a rest is told
            at once.
    """

    id: str
    owner: str
    project: str
    runs: Sequence[str]
    keys: Sequence[str] | None = None
    cursors: Mapping[str, Mapping[str, int]] = field(default_factory=_no_cursors)
    rate: int = USUAL_RATE


@dataclass(frozen=True, slots=True, eq=False)
class Tails:
    """New points in the order of their arrival, with their run's id; one for all who get them."""

    pieces: Sequence[tuple[str, Tail]]


@dataclass(frozen=True, slots=True)
class Points:
    """New points of a wish's series."""

    wish: str
    project: str
    tails: Tails


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Runs of a project that the viewer has not heard of, each with its summary."""

    project: str
    runs: Sequence[tuple[Run, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Change:
    """What is another in a run than it was said before.

    Attributes:
        fields: names of the fields of `Run` that are others.
        summary: of its summary what is others, but for the numbers that were logged.
        unset: keys that its summary has no longer.
        lasts: the logged numbers that are others.
    """

    run: Run
    fields: frozenset[str]
    summary: Mapping[str, Any]
    unset: Sequence[str]
    lasts: Mapping[str, float]

    @property
    def nothing(self) -> bool:
        """Whether all is as it was."""
        return not (self.fields or self.summary or self.unset or self.lasts)


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Changes of runs that the viewer has heard of."""

    project: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """Series that a run was not known to have."""

    project: str
    run: str
    keys: Sequence[KeyStats]


@dataclass(frozen=True, slots=True)
class Ended:
    """A wish that is fulfilled no longer, because the viewer may not read this any more."""

    wish: str
    code: str
    detail: str


News = Points | Runs | Changes | Keys | Ended


class Viewer(Protocol):
    """Somebody who looks: one connection. Told on the event loop."""

    def ready(self) -> bool:
        """Whether they keep up; while they do not, nothing is told them."""
        ...

    def tell(self, news: News) -> None:
        """Take the news; returns at once."""
        ...
