"""Memtable: the points that are durable in the log and not yet in chunks, by run and key.

Live questions are answered from here. A series' points move through three lists, in order of
arrival: `fresh`, then `frozen` while they are being sealed, then `recent` for some seconds, so
that a live viewer who asks for what came after point n finds it although it is sealed by now.

One thread adds (the log's writer), one freezes and settles (the sealer), any may look.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from wanllmdb.wire import MAX_KEYS_PER_RUN
from wanllmdb_server.domain.run import is_users_key
from wanllmdb_server.metrics.chunk import Stretch, Thing, join
from wanllmdb_server.metrics.columns import Columns, Rejection
from wanllmdb_server.metrics.handful import Handful, stretches

_SCRAP: Final = 64  # points; so many parts that are smaller become one part
_LOOSE: Final = 256  # rows that are kept as they came until there are so many
_FORMS: Final = 256  # sets of keys that a run is known to have
_RECENT_POINTS: Final = 20_000  # of a series, kept after sealing for live viewers


@dataclass(slots=True)
class Kept:
    """Points of one key in memory; `sealed` is how many came before the fresh and frozen ones.

    Objects are kept by attempt. `anew` is how many points had come when the last one came that
    did more to the view than to be added to it; whoever knows fewer draws the curve anew.
    """

    id: int
    sealed: int = 0
    fresh: list[Stretch] = field(default_factory=list)
    frozen: list[Stretch] = field(default_factory=list)
    recent: list[Stretch] = field(default_factory=list)
    things: dict[int, list[Thing]] = field(default_factory=dict[int, list[Thing]])
    frozen_things: dict[int, list[Thing]] = field(default_factory=dict[int, list[Thing]])
    unsealed: int = 0
    scraps: int = 0
    anew: int = 0
    level: int = 0  # of the newest attempt that logged here, as far as this memory knows
    first: int = 0  # and its lowest step

    def add(self, points: Stretch) -> None:
        """Take in what came last."""
        if self.fresh and self.fresh[-1].attempt != points.attempt:
            self.scraps = 0
        self.fresh.append(points)
        self.unsealed += len(points)
        if len(points) >= _SCRAP:
            self.scraps = 0
            return
        self.scraps += 1
        if self.scraps == _SCRAP:
            self.fresh[-_SCRAP:] = [join(self.fresh[-_SCRAP:])]
            self.scraps = 0

    def cut(self, standing: Standing) -> None:
        """What came last may have been superseded as it came, or have superseded others."""
        first = int(self.fresh[-1].step.min())
        if standing.newest and standing.level == self.level and first >= self.first:
            return
        self.anew = self.sealed + self.unsealed
        if standing.newest:
            known = self.first if standing.level == self.level else first
            self.level, self.first = standing.level, min(known, first)

    def freeze(self) -> None:
        """Set what is fresh apart for sealing."""
        if self.fresh:
            self.frozen += self.fresh
            self.fresh = []
            self.scraps = 0
        if self.things:
            for attempt, things in self.things.items():
                self.frozen_things.setdefault(attempt, []).extend(things)
            self.things = {}

    def settle(self) -> None:
        """What was frozen is sealed now."""
        if self.frozen:
            points = sum(map(len, self.frozen))
            self.recent += self.frozen
            self.sealed += points
            self.unsealed -= points
            self.frozen = []
            _shorten(self.recent)
        self.frozen_things = {}

    @property
    def waiting(self) -> bool:
        """Whether there are points that are not sealed."""
        return bool(self.unsealed or self.things or self.frozen_things)

    def numbers(self) -> list[Stretch]:
        """All unsealed numbers, in order of arrival."""
        return self.frozen + self.fresh

    def objects(self) -> dict[int, list[Thing]]:
        """All unsealed objects by attempt, each in order of arrival."""
        if not self.things and not self.frozen_things:
            return {}
        return {
            attempt: self.frozen_things.get(attempt, []) + self.things.get(attempt, [])
            for attempt in sorted(self.frozen_things.keys() | self.things.keys())
        }


@dataclass(slots=True)
class Live:
    """What is in memory only of one series, in order of arrival."""

    number: int  # of the key
    stretches: list[Stretch]
    things: dict[int, list[Thing]]  # by attempt
    superseded: tuple[int, int] = (0, 0)  # numbers and objects that are not shown

    def points(self) -> Stretch:
        """The numbers as one."""
        return join(self.stretches)

    def objects(self) -> list[Thing]:
        """The objects as one list."""
        return [thing for things in self.things.values() for thing in things]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a batch is in the succession of its run.

    Attributes:
        attempt: its number.
        level: how many attempts, that supersede each other, came before it.
        newest: no later one supersedes it.
    """

    attempt: int
    level: int
    newest: bool


class RunTable:
    """What is in memory of one run.

    Attributes:
        lock: held while the lists change or are read.
        pending: fresh points, numbers and objects.
        since: clock time of the oldest fresh point.
        touched: clock time of the last change.
        batches: those of the log whose points are in here only, by their numbers.
        named: how many of the keys the file knows by name.
        segments: points of each sealed segment, by generation.
        gone: the run was forgotten; nothing may be sealed any more.
        noticed: the sealer knows that the table is full.
    """

    def __init__(self, run: int, keys: dict[str, Kept], segments: dict[int, int]) -> None:
        self.run = run
        self.lock = threading.Lock()
        self.keys = keys
        self.named = len(keys)
        self.pending = 0
        self.frozen = 0
        self.since = 0.0
        self.touched = 0.0
        self.recent_until = 0.0
        self.batches: list[int] = []
        self.segments = segments
        self.gone = False
        self.noticed = False
        self._forms: set[tuple[str, ...]] = set()
        self._loose: list[tuple[float, ...]] = []  # rows of one form that came last
        self._form: tuple[str, ...] = ()

    def knows(self, keys: tuple[str, ...]) -> bool:
        """Whether all of these are keys of the run. For the log's thread."""
        if keys in self._forms:
            return True
        if not all(key in self.keys for key in keys):
            return False
        if len(self._forms) >= _FORMS:
            self._forms.clear()
        self._forms.add(keys)
        return True

    def add_rows(self, handful: Handful, batch: int, now: float) -> None:
        """Take in rows of a batch of the log; their keys are known, and there is one attempt."""
        with self.lock:
            if handful.keys != self._form or len(self._loose) >= _LOOSE:
                self.gather()
                self._form = handful.keys
            self._loose += handful.rows
            if not self.pending:
                self.since = now
            self.pending += len(handful.rows) * len(handful.keys)
            self.touched = now
            self.batches.append(batch)

    def gather(self) -> None:
        """Give the rows that came last to their keys. Hold the lock, before looking at any."""
        if self._loose:
            points = stretches(len(self._form), self._loose)
            self._loose = []
            for key, each in zip(self._form, points, strict=True):
                self.keys[key].add(each)

    def add(
        self, columns: Columns, batch: int, now: float, standing: Standing | None = None
    ) -> list[Rejection]:
        """Take in the columns of a batch of the log; returns what has no room here.

        `standing` is None while the run has but one attempt.
        """
        rejected: list[Rejection] = []
        attempt = standing.attempt if standing else 0
        with self.lock:
            self.gather()
            before = self.pending
            for key, column in columns.numbers.items():
                kept = self.series(key)
                if kept is None:
                    rejected += [_too_many(int(at), key) for at in column.position]
                    continue
                kept.add(replace(column.points, attempt=attempt) if attempt else column.points)
                if standing and is_users_key(key):
                    kept.cut(standing)
                self.pending += len(column.points)
            for each in columns.objects:
                kept = self.series(each.key)
                if kept is None:
                    rejected.append(_too_many(each.position, each.key))
                    continue
                kept.things.setdefault(attempt, []).append((each.step, each.time, each.value))
                self.pending += 1
            if not before:
                self.since = now
            self.touched = now
            self.batches.append(batch)
        return rejected

    def series(self, key: str) -> Kept | None:
        """The points of a key, also of a new one; None if there is no room. Hold the lock."""
        kept = self.keys.get(key)
        if kept is None and len(self.keys) < MAX_KEYS_PER_RUN:
            kept = self.keys[key] = Kept(len(self.keys))
        return kept

    def brought(self, numbers: dict[str, int]) -> None:
        """So many numbers of each key were sealed that never were in memory."""
        with self.lock:
            self.gather()
            for key, count in numbers.items():
                kept = self.keys[key]
                kept.sealed += count
                kept.anew = kept.sealed + kept.unsealed

    def freeze(self) -> list[int]:
        """Set all fresh points apart for sealing; returns the batches that all of them are from."""
        with self.lock:
            self.gather()
            for kept in self.keys.values():
                kept.freeze()
            self.frozen += self.pending
            self.pending = 0
            self.noticed = False
            return list(self.batches)

    def settle(self, batches: int, until: float) -> None:
        """The frozen points are sealed: they stay for a while, for live viewers only.

        `batches`: so many of the first ones held them.
        """
        with self.lock:
            del self.batches[:batches]
            for kept in self.keys.values():
                kept.settle()
            self.frozen = 0
            self.recent_until = until

    def fade(self) -> None:
        """Forget what was kept for live viewers."""
        with self.lock:
            self.recent_until = 0.0
            for kept in self.keys.values():
                kept.recent = []

    def tail(self, key: str, after: int) -> tuple[int, Stretch]:
        """What came to a series after `after` points, and how many came before that."""
        with self.lock:
            self.gather()
            kept = self.keys.get(key)
            if kept is None:
                return after, join([])
            total = kept.sealed + kept.unsealed
            wanted = max(total - max(after, min(kept.anew, total)), 0)
            parts: list[Stretch] = []
            for part in _newest_first(kept.fresh, kept.frozen, kept.recent):
                if wanted <= 0:
                    break
                parts.append(part[max(len(part) - wanted, 0) :])
                wanted -= len(part)
        found = join(parts[::-1])
        return total - len(found), found


class Memtable:
    """The tables of all runs that had points lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: dict[int, RunTable] = {}

    def get(self, run: int) -> RunTable | None:
        """The table of a run, None if nothing of it is in memory."""
        return self._tables.get(run)

    def put(self, table: RunTable) -> None:
        """Keep a table."""
        with self._lock:
            self._tables[table.run] = table

    def drop(self, run: int) -> None:
        """Let go of a table."""
        with self._lock:
            self._tables.pop(run, None)

    def all(self) -> list[RunTable]:
        """Every table there is now."""
        with self._lock:
            return list(self._tables.values())


def _newest_first(*lists: list[Stretch]) -> Iterable[Stretch]:
    for parts in lists:
        yield from reversed(parts)


def _shorten(parts: list[Stretch]) -> None:
    """Drop the oldest parts beyond what live viewers may want."""
    room = _RECENT_POINTS
    for at in range(len(parts) - 1, -1, -1):
        room -= len(parts[at])
        if room < 0:
            del parts[: at + (at < len(parts) - 1)]
            return


def _too_many(position: int, key: str) -> Rejection:
    detail = f"A run has at most {MAX_KEYS_PER_RUN} keys; no room for {key[:40]}."
    return position, "too-many-keys", detail
