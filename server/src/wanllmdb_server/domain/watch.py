"""Watch: a wish as it stands, with how much of each series the viewer was told.

Pure. What is due to a viewer is a set of runs, never a queue of points: whoever does not keep
up costs nothing, and is told later what there is then. Viewers who want the same and were told
the same share one `Standing`, so that a thousand of them are reckoned once.

Time is cut into slots of a second by the rate, a power of two, counted from the reader's start:
in each slot a standing is told at most once, at once when it was silent in it. The slots of slow
viewers end where those of quick ones do, so one read serves them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from wanllmdb_server.domain.access import Actor
from wanllmdb_server.domain.news import TOP_RATE, Wish
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import KeyStats, Series, Tail

MAX_SERIES_POINTS: Final = 20_000  # of one series at once; what is more is drawn anew
MAX_POINTS: Final = 8192  # of all series in a slot, some 200 kB; what is more waits
HURRY: Final = 4  # times the rate, while more is due than a slot takes
MAX_CURSOR: Final = 2**53 - 1

Found = Mapping[Series, Tail]
Known = Mapping[int, Collection[str]]  # the keys of each run, for who wants all of them


@dataclass(eq=False, slots=True)
class Standing:
    """What was told of a wish's series, and what is due.

    Attributes:
        runs: number to id.
        keys: None is all.
        rate: times a second that points are told at most.
        told: how many points of a series were told; none of those that are not named.
        anew: of series whose points may not all be had: a tail that does not lead as far as
            this is none to go on with, and the curve is to be drawn anew.
        due: numbers of the runs to which something may have come.
        next_at: when points may be told again, in seconds since the reader's start.
        asked: of which of the runs that are due the store was asked.
    """

    runs: Mapping[int, str]
    keys: tuple[str, ...] | None
    rate: int
    told: dict[Series, int]
    anew: dict[Series, int]
    due: set[int]
    next_at: float = 0.0
    asked: frozenset[int] = frozenset()
    shape: Hashable = field(init=False)

    def __post_init__(self) -> None:
        keys = None if self.keys is None else frozenset(self.keys)
        self.shape = (frozenset(self.runs), keys, self.rate)

    def apart(self) -> Standing:
        """The same again, for those who are told no more for now."""
        again = (self.told.copy(), self.anew.copy(), self.due.copy(), self.next_at)
        return Standing(self.runs, self.keys, self.rate, *again)

    def equals(self, other: Standing) -> bool:
        """Whether those who share the one could share the other."""
        mine = (self.shape, self.next_at, self.due, self.anew, self.told)
        return mine == (other.shape, other.next_at, other.due, other.anew, other.told)

    def take_slot(self, now: float) -> None:
        """Points are told now, or would be if anybody were ready; what is left comes sooner."""
        rate = min(HURRY * self.rate, TOP_RATE) if self.due else self.rate
        self.next_at = (int(now * rate) + 1) / rate

    def wanted(self, known: Known) -> Iterator[Series]:
        """The series that are due now; `share` is about their runs."""
        self.asked = frozenset(self.due)
        for number in self.asked:
            yield from self._series(number, known)

    def share(self, found: Found, known: Known) -> list[tuple[str, Tail]]:
        """What of these tails is news, by run id; it counts as told from here on.

        Where that is more than `MAX_POINTS`, each series gives as much, and its run stays due.
        """
        pieces: list[tuple[int, Tail]] = []
        for number in self.asked:
            for series in self._series(number, known):
                piece = self._piece(series, found.get(series))
                if piece is not None:
                    pieces.append((number, piece))
        self.due -= self.asked  # others may have become so meanwhile
        if sum(len(piece.step) for _, piece in pieces) > MAX_POINTS:
            each = max(1, MAX_POINTS // len(pieces))
            pieces = [(number, self._begun(number, piece, each)) for number, piece in pieces]
        return [(self.runs[number], piece) for number, piece in pieces]

    def _piece(self, series: Series, tail: Tail | None) -> Tail | None:
        told = self.told.get(series, 0)
        reach = told if tail is None else tail.start + len(tail.step)
        anew = self.anew.pop(series, 0) if self.anew else 0
        if tail is not None:
            self.told[series] = reach
        if reach < anew:
            return Tail(series, anew, *_NO_POINTS)
        if tail is None:
            return None
        piece = unseen(tail, told)
        return piece if len(piece.step) or piece.start > told else None

    def _begun(self, number: int, piece: Tail, size: int) -> Tail:
        """The first points of a piece; the others are told in the next slot."""
        if len(piece.step) <= size:
            return piece
        self.due.add(number)
        self.told[piece.series] = piece.start + size
        first = (piece.step[:size], piece.time[:size], piece.value[:size])
        return replace(piece, step=first[0], time=first[1], value=first[2])

    def _series(self, number: int, known: Known) -> Iterator[Series]:
        for key in known.get(number, ()) if self.keys is None else self.keys:
            yield Series(number, key)


@dataclass(eq=False, slots=True)
class Watch:
    """A wish as it stands."""

    wish: Wish
    actor: Actor
    standing: Standing


class Standings:
    """The standings of all watches of a reader."""

    def __init__(self) -> None:
        self._members: dict[Standing, set[Watch]] = {}

    def __iter__(self) -> Iterator[Standing]:
        return iter(list(self._members))

    def of(self, standing: Standing) -> list[Watch]:
        """The watches that stand there."""
        return list(self._members.get(standing, ()))

    def add(self, watch: Watch) -> None:
        """Count a watch."""
        self._members.setdefault(watch.standing, set()).add(watch)

    def remove(self, watch: Watch) -> None:
        """Count a watch no longer."""
        members = self._members.get(watch.standing, set())
        members.discard(watch)
        if not members:
            self._members.pop(watch.standing, None)

    def part(self, standing: Standing, watches: Iterable[Watch]) -> None:
        """These stay behind where they are; the others go on."""
        apart = standing.apart()
        for watch in watches:
            self._move(watch, apart)

    def join(self, standings: Iterable[Standing]) -> None:
        """Those of these who stand alike now share one standing."""
        by_shape: defaultdict[Hashable, list[Standing]] = defaultdict(list)
        for standing in standings:
            alike = next((one for one in by_shape[standing.shape] if one.equals(standing)), None)
            if alike is None:
                by_shape[standing.shape].append(standing)
                continue
            for watch in self.of(standing):
                self._move(watch, alike)

    def next_at(self) -> float | None:
        """When points may be told next that are due, in seconds since the reader's start."""
        return min((each.next_at for each in self._members if each.due), default=None)

    def _move(self, watch: Watch, standing: Standing) -> None:
        self.remove(watch)
        watch.standing = standing
        self.add(watch)


def watch_from(
    wish: Wish, actor: Actor, runs: Sequence[Run], known: Mapping[int, Iterable[KeyStats]]
) -> Watch:
    """A watch that begins: each series is told from the cursor sent, else from now on.

    `known` has the series of the runs as they are now. Points that are known but in memory no
    longer come in no tail, and a cursor may be of points that were lost since: both draw anew.
    """
    told = {
        Series(number, stats.key): stats.logged for number, each in known.items() for stats in each
    }
    anew: dict[Series, int] = {}
    for run in runs:
        for key, sent in wish.cursors.get(run.id, {}).items():
            series, cursor = Series(run.number, key), min(max(sent, 0), MAX_CURSOR)
            logged = told.get(series, 0)
            if cursor != logged:
                anew[series] = logged if cursor < logged else MAX_CURSOR
            told[series] = min(cursor, logged)
    standing = Standing(
        runs={run.number: run.id for run in runs},
        keys=None if wish.keys is None else tuple(dict.fromkeys(wish.keys)),
        rate=rounded(wish.rate),
        told=told,
        anew=anew,
        due={run.number for run in runs},  # something may have come since `known` was looked at
    )
    return Watch(wish, actor, standing)


def rounded(rate: int) -> int:
    """The highest rate with slots of its own that is not above this one."""
    return 1 << (min(max(rate, 1), TOP_RATE).bit_length() - 1)


_NO_POINTS: Final = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


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
