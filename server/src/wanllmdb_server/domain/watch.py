"""Watch: a wish as it stands, with how much of each series the viewer was told.

Pure. What is due to a viewer is a set of runs, never a queue of points: whoever does not keep
up costs nothing, and is told later what there is then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from wanllmdb_server.domain.access import Actor
from wanllmdb_server.domain.news import Wish
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import KeyStats, Series, Tail

MAX_SERIES_POINTS: Final = 20_000  # of one series at once; what is more is drawn anew
MAX_POINTS: Final = 200_000  # of all series at once; what is more waits for the next tick


@dataclass(eq=False, slots=True)
class Watch:
    """A wish as it stands.

    Attributes:
        runs: number to id.
        told: how many points of a series the viewer has; none of those that are not named.
        due: numbers of the runs to which something may have come.
    """

    wish: Wish
    actor: Actor
    runs: Mapping[int, str]
    told: dict[Series, int]
    due: set[int]

    def wanted(self, known: Mapping[int, Collection[str]]) -> Iterator[Series]:
        """The series that are due; `known` has the keys of each run, for who wants them all."""
        for number in self.due:
            yield from self._series(number, known)

    def share(
        self, found: Mapping[Series, Tail], known: Mapping[int, Collection[str]]
    ) -> list[tuple[str, Tail]]:
        """What of these tails is news, by run id; it counts as told from here on.

        Runs beyond `MAX_POINTS` stay due.
        """
        pieces: list[tuple[str, Tail]] = []
        points = 0
        for number in list(self.due):
            if points > MAX_POINTS:
                break
            self.due.discard(number)
            for series in self._series(number, known):
                tail = found.get(series)
                if tail is None:
                    continue
                told = self.told.get(series, 0)
                piece = unseen(tail, told)
                self.told[series] = tail.start + len(tail.step)
                if len(piece.step) or piece.start > told:
                    pieces.append((self.runs[number], piece))
                    points += len(piece.step)
        return pieces

    def _series(self, number: int, known: Mapping[int, Collection[str]]) -> Iterator[Series]:
        keys = self.wish.keys
        for key in known.get(number, ()) if keys is None else keys:
            yield Series(number, key)


def watch_from(
    wish: Wish, actor: Actor, runs: Sequence[Run], known: Mapping[int, Iterable[KeyStats]]
) -> Watch:
    """A watch that begins: each series is told from the cursor sent, else from now on.

    `known` has the series of the runs as they are now.
    """
    told = {
        Series(number, stats.key): stats.logged for number, each in known.items() for stats in each
    }
    for run in runs:
        for key, cursor in wish.cursors.get(run.id, {}).items():
            told[Series(run.number, key)] = cursor
    return Watch(
        wish=wish,
        actor=actor,
        runs={run.number: run.id for run in runs},
        told=told,
        due={run.number for run in runs},  # something may have come since `known` was looked at
    )


def unseen(tail: Tail, told: int) -> Tail:
    """The part of a tail behind what was told, or its end if that is too long to tell."""
    skip = max(0, told - tail.start, len(tail.step) - MAX_SERIES_POINTS)
    if not skip:
        return tail
    return replace(
        tail,
        start=tail.start + skip,
        step=tail.step[skip:],
        time=tail.time[skip:],
        value=tail.value[skip:],
    )
