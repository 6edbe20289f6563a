"""Receipt: whether what a run logged is what the server holds, and if not, why.

A writer ends by saying how many rows it took and how many of them never reached its disk: its
tally. The store counts the rows and points of each writer as it takes them. A run is
`complete` when it has ended, every writer has said its tally, and nothing of it is lost,
refused, missing or damaged. It is `incomplete` when something is, and `open` while that cannot
be said: it still runs, or a writer was killed before it could say its tally. Who then reads the
journal of the killed writer to its end says so in its place: all that it wrote is here.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# Writers of points that came as JSON: each request had its answer, so nothing is left to say.
ANSWERED_PREFIX: Final = "json-"

# A loss of no row: what a run was to begin with is not here.
NO_HISTORY: Final = "no-history"


@dataclass(frozen=True, slots=True)
class WriterTotals:
    """What the store took of one writer of a run, counted when it was made durable.

    Attributes:
        position: how far the writer is durable.
        rows: rows accepted; None for a writer that began before the store counted, and so for
            the other two.
        points: values of them, each a point of a series.
        refused: rows and values that could not be kept.
    """

    position: int
    rows: int | None
    points: int | None
    refused: int | None


@dataclass(frozen=True, slots=True)
class Count:
    """The points of a run, counted anew.

    Attributes:
        points: those that are really there.
        damaged: what can no longer be read, each in words.
        writers: the totals that were counted on the way in, of the same moment.
        released: points that were deleted since, because nobody wanted to keep them longer.
    """

    points: int
    damaged: tuple[str, ...]
    writers: Mapping[str, WriterTotals]
    released: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """A writer's last word: the rows that it took, and how many of them it lost, by reason.

    Attributes:
        rows: None if the writer was killed; then another process has read its journal to its end.
        logged: those of them that `log()` made; the others are lines of the console and
            readings of the machine. None if it was not said.
    """

    writer: str
    rows: int | None
    lost: Mapping[str, int]
    logged: int | None = None

    @property
    def killed(self) -> bool:
        """Whether it is what another process said of a writer that was killed."""
        return self.rows is None


@dataclass(frozen=True, slots=True)
class LostValues:
    """What a writer could not keep, as it said so: of one reason, with an example."""

    writer: str
    reason: str
    count: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the catalog knows for the receipt of a run.

    Attributes:
        ended: the run has ended, well or not.
        host: where it ran, if that is known.
        announced: writers that began to log into it, with their labels.
        tallies: of the writers that said one.
        losses: what writers said they could not keep.
    """

    ended: bool
    host: str | None
    announced: Mapping[str, str]
    tallies: Sequence[Tally]
    losses: Sequence[LostValues]


class State(enum.StrEnum):
    """How the account of a run stands."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a run is not complete: a stable word for machines, the rest for people.

    `detail` is an example, or names what is meant; `remedy` says what to do, if anything can
    be done.
    """

    code: str
    count: int | None
    text: str
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class WriterAccount:
    """One writer: what it said, and what is there. None is not known.

    `label` is its rank or name, empty if it told none. For one that was `killed`, `said` is what
    its journal held.
    """

    writer: str
    label: str
    killed: bool
    said: int | None
    stored: int | None
    lost: int
    points: int | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The account of a run.

    Attributes:
        rows: as the writers said; None if one of them has said nothing.
        logged: those of them that `log()` made; None if a writer did not tell them apart.
        stored: rows that the server took.
        lost: rows and values that were not kept, by reason.
        points: counted when they were taken; None if a part was not counted.
        found: counted anew; None if that was not asked for.
        damaged: what can no longer be read.
        reasons: why it is not complete; none if it is.
        notes: what else there is to know of it, in words.
        writers: by name.
    """

    state: State
    rows: int | None
    logged: int | None
    stored: int
    lost: Mapping[str, int]
    points: int | None
    found: int | None
    damaged: tuple[str, ...]
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    writers: tuple[WriterAccount, ...]
