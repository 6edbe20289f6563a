"""View: what is shown of a series that was logged in several attempts, and what is superseded.

A note whose points are all shown stays a note, one whose points are all superseded is left
out. Of a note that is both, the points are read and stand beside those that are in memory
only; so whoever draws, pages or counts need not know of attempts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.run import is_users_key
from wanllmdb_server.domain.series import Series, Superseded
from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.chunk import Stretch, Thing
from wanllmdb_server.metrics.pyramid import Ints
from wanllmdb_server.metrics.segment import NUMBER, Notes, attempt_of
from wanllmdb_server.metrics.shelf import Shelf, point_bodies
from wanllmdb_server.metrics.succession import Succession

_MANY: Final = 1 << 62

Mask = NDArray[np.bool_]
_Part = TypeVar("_Part")


@dataclass(slots=True)
class Shown:
    """What is shown of one series.

    Attributes:
        notes: which of the notes asked about are shown whole.
        numbers, things: all else that is shown, in order.
        superseded: how many points, numbers and objects, are not.
    """

    notes: Mask
    numbers: list[Stretch]
    things: list[Thing]
    superseded: tuple[int, int]


def shown(
    connection: sqlite3.Connection,
    series: Series,
    succession: Succession,
    notes: Notes,
    numbers: Sequence[Stretch],
    things: Mapping[int, list[Thing]],
    which: Superseded = "hide",
) -> Shown:
    """What is shown of a series.

    Args:
        connection: of the transaction in which the notes were read.
        series: the one.
        succession: of its run.
        notes: all that there are about it.
        numbers: its points in memory, in order of arrival.
        things: its objects in memory, by attempt.
        which: of its points: those that count, those that do not, or all of them.
    """

    def read_numbers(chosen: Notes) -> list[Stretch]:
        return Shelf(connection, point_bodies(chosen)).stretches(chosen)

    def read_things(chosen: Notes) -> list[list[Thing]]:
        shelf = Shelf(connection, point_bodies(chosen))
        return [shelf.things(body) for body in chosen["body"].tolist()]

    are_numbers = notes["kind"] == NUMBER
    of_numbers = _Sorter(
        read_numbers, _steps, Stretch.__getitem__, notes[are_numbers],
        [(each.attempt, each) for each in numbers],
    )  # fmt: skip
    of_things = _Sorter(
        read_things, _steps_of_things, _some_things, notes[~are_numbers], list(things.items())
    )
    whole = np.zeros(len(notes), bool)
    whole[are_numbers], stretches = of_numbers.sort(succession, series.key, which)
    whole[~are_numbers], lists = of_things.sort(succession, series.key, which)
    return Shown(
        whole,
        stretches,
        [each for those in lists for each in those],
        (of_numbers.superseded, of_things.superseded),
    )


def _steps(part: Stretch) -> Ints:
    return part.step


def _steps_of_things(part: list[Thing]) -> Ints:
    return np.array([step for step, _, _ in part], np.int64)


def _some_things(part: list[Thing], mask: Mask) -> list[Thing]:
    return [thing for thing, kept in zip(part, mask.tolist(), strict=True) if kept]


@dataclass(slots=True)
class _Sorter(Generic[_Part]):
    """Sorts the numbers of a series, or its objects.

    Attributes:
        read: the points that notes are about.
        steps: of points.
        take: some of them.
        notes: about what is sealed, by generation.
        live: what is in memory, with its attempt, in order of arrival.
        superseded: how many points are, once sorted.
    """

    read: Callable[[Notes], list[_Part]]
    steps: Callable[[_Part], Ints]
    take: Callable[[_Part, Mask], _Part]
    notes: Notes
    live: list[tuple[int, _Part]]
    superseded: int = 0

    def sort(self, succession: Succession, key: str, which: Superseded) -> tuple[Mask, list[_Part]]:
        """Which notes are wanted whole, and all other points that are wanted, in order."""
        attempts = attempt_of(self.notes["gen"])
        bounds = self._bounds(succession, key, attempts)
        of_each = [bounds[each] for each in attempts.tolist()]
        bounded = np.array([bound is not None for bound in of_each], bool)
        limit = np.array([bound or 0 for bound in of_each], np.int64)
        gone = bounded & (self.notes["first"] >= limit)
        mixed = bounded & ~gone & (self.notes["bin"][:, pyramid.STEP] >= limit)
        if which == "hide":
            whole = ~gone & ~mixed
            read = mixed | (whole & self._out_of_order(succession, key, attempts, mixed))
            whole &= ~read
            self.superseded = int(self.notes["n"][gone].sum())
        else:  # rarely asked for: without the trouble
            whole = np.zeros(len(gone), bool)
            read = ~whole if which == "include" else gone | mixed
        return whole, self._read(succession, read, bounds, which)

    def _bounds(self, succession: Succession, key: str, attempts: Ints) -> dict[int, int | None]:
        """The step from which on each attempt is superseded."""
        first: dict[int, int] = {}
        for number, step in zip(attempts.tolist(), self.notes["first"].tolist(), strict=True):
            first[number] = min(first.get(number, step), step)
        for number, part in self.live:
            step = int(self.steps(part).min())
            first[number] = min(first.get(number, step), step)
        return succession.bounds(key, first)

    def _out_of_order(self, succession: Succession, key: str, attempts: Ints, mixed: Mask) -> Mask:
        """Notes that would come too early, if those that are mixed are read and they are not.

        Equal steps are told by attempt, then by arrival. That asks for nothing between
        attempts of which one supersedes the other: they have no step in common that is shown.
        """
        place = {each.number: at for at, each in enumerate(succession.attempts)}
        levels = succession.levels() if is_users_key(key) else dict.fromkeys(place, 0)
        level = np.array([levels[each] for each in attempts.tolist()], np.int64)
        late = np.zeros(len(attempts), bool)
        for at in np.unique(level).tolist():
            here = level == at
            sealed = [place[number] for number in attempts[here].tolist()]
            live = [place[number] for number, _ in self.live if levels[number] == at]
            if sealed != sorted(sealed) or min(live, default=_MANY) < max(sealed):
                late |= here
            elif mixed[here].any():
                behind = np.arange(len(late)) >= np.argmax(here & mixed)
                late |= here & behind
        return late

    def _read(
        self,
        succession: Succession,
        chosen: Mask,
        bounds: Mapping[int, int | None],
        which: Superseded,
    ) -> list[_Part]:
        """The wanted points of the notes that are to be read, and of what is in memory."""
        place = {each.number: at for at, each in enumerate(succession.attempts)}
        notes = self.notes[chosen]
        parts = list(zip(attempt_of(notes["gen"]).tolist(), self.read(notes), strict=True))
        parts += self.live
        parts.sort(key=lambda each: place[each[0]])  # stable: as they came within an attempt
        found: list[_Part] = []
        for number, part in parts:
            steps, bound = self.steps(part), bounds[number]
            gone = np.zeros(len(steps), bool) if bound is None else steps >= bound
            if which == "hide":
                self.superseded += int(gone.sum())
            wanted = gone if which == "only" else ~gone | (which == "include")
            if wanted.all():
                found.append(part)
            elif wanted.any():
                found.append(self.take(part, wanted))
        return found
