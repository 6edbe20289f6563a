"""News: what a viewer of a project wishes to be told, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import KeyStats, Tail


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
    """

    id: str
    owner: str
    project: str
    runs: Sequence[str]
    keys: Sequence[str] | None = None
    cursors: Mapping[str, Mapping[str, int]] = field(default_factory=_no_cursors)


@dataclass(frozen=True, slots=True)
class Points:
    """New points of a wish's series in the order of their arrival, with their run's id."""

    wish: str
    project: str
    tails: Sequence[tuple[str, Tail]]


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of a project that appeared or changed, with the statistics of their series."""

    project: str
    runs: Sequence[tuple[Run, Sequence[KeyStats]]]


@dataclass(frozen=True, slots=True)
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


News = Points | Runs | Keys | Ended
