"""Reader: answers from chunks and memtable together, in threads of its own.

Each thread reads through a connection of its own. A view is taken in one moment for both:
a point is either in a chunk that the view's transaction sees, or in its list of live points.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
import numpy as np

from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.domain.retention import Part, Weight
from wanllmdb_server.domain.series import (
    Chart,
    Curve,
    KeyStats,
    Overview,
    Points,
    Scan,
    Series,
    Superseded,
    Window,
)
from wanllmdb_server.metrics import drawing, overview, paging, pyramid, releasing, statistics
from wanllmdb_server.metrics.attempts import Attempts
from wanllmdb_server.metrics.chunk import EMPTY, Thing
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.drawing import Asked, Sources
from wanllmdb_server.metrics.glance import Glance, Glances
from wanllmdb_server.metrics.memtable import Live, Memtable
from wanllmdb_server.metrics.pyramid import Ints
from wanllmdb_server.metrics.segment import NUMBER, Notes
from wanllmdb_server.metrics.shelf import Shelf, point_bodies
from wanllmdb_server.metrics.sieve import leave_out
from wanllmdb_server.metrics.statements import (
    fetch_keys,
    fetch_keys_named,
    fetch_last,
    fetch_notes,
    fetch_numbers,
    fetch_run_notes,
    fetch_totals,
    fetch_writers,
)
from wanllmdb_server.metrics.succession import Succession

T = TypeVar("T")

_View: TypeAlias = tuple[sqlite3.Connection, T, dict[int, Succession]]

THREADS: Final = 4


class Reader:
    """Every method may be called from any thread, and takes as long as it takes."""

    def __init__(self, database: Database, memtable: Memtable, attempts: Attempts) -> None:
        self._database = database
        self._memtable = memtable
        self._attempts = attempts
        self._glances = Glances()
        self._mine = threading.local()

    def positions(self, run: int, writers: Sequence[str] | None = None) -> dict[str, int]:
        """See `MetricStore.positions`."""
        if writers is None:
            return {name: each.position for name, each in self.writers(run).items()}
        found = ((name, fetch_totals(self._connection(), run, name)) for name in writers)
        return {name: totals.position for name, totals in found if totals is not None}

    def writers(self, run: int) -> dict[str, WriterTotals]:
        """See `MetricStore.writers`."""
        return fetch_writers(self._connection(), run)

    def charts(self, charts: Sequence[Chart]) -> list[list[Curve]]:
        """See `MetricStore.charts`."""
        distinct = list(dict.fromkeys(each for chart in charts for each in chart.series))
        at = {each: place for place, each in enumerate(distinct)}
        with self._view(distinct) as (connection, live, successions):
            places = _places(connection, distinct, live)
            notes = fetch_notes(connection, list(places))
            notes = notes[notes["kind"] == NUMBER]
            if successions:
                names = {place: distinct[at] for place, at in places.items()}
                notes = leave_out(connection, notes, live, names, successions)
            sources = Sources(
                distinct,
                notes,
                _owners(notes, places),
                {at[each]: of.points() for each, of in live.items() if of.stretches},
                {at[each]: of.superseded[0] for each, of in live.items()},
            )
            asked = [
                Asked([at[each] for each in chart.series], chart.window, chart.buckets)
                for chart in charts
            ]
            return drawing.draw(connection, sources, asked)

    def scan(self, series: Sequence[Series], window: Window, superseded: Superseded) -> list[Scan]:
        """See `MetricStore.scan`."""
        distinct = list(dict.fromkeys(series))
        with self._view(distinct) as (connection, live, successions):
            places = _places(connection, distinct, live)
            if superseded == "only":  # nothing is, of a run that has but one attempt
                places = {p: at for p, at in places.items() if distinct[at].run in successions}
                live = {each: live[each] for each in live if each.run in successions}
            notes = fetch_notes(connection, list(places))
            if successions:
                names = {place: distinct[at] for place, at in places.items()}
                notes = leave_out(connection, notes, live, names, successions, superseded)
            found = paging.scan(connection, distinct, notes, _owners(notes, places), live, window)
        return [found[each] for each in series]

    def points(
        self,
        series: Series,
        window: Window,
        limit: int,
        cursor: str | None,
        superseded: Superseded,
    ) -> Points:
        """See `MetricStore.points`."""
        begin = paging.place(cursor, window)
        with self._view([series]) as (connection, live, successions):
            places = list(_places(connection, [series], live))
            notes = fetch_notes(connection, places)
            if successions:
                names = dict.fromkeys(places, series)
                notes = leave_out(connection, notes, live, names, successions, superseded)
            elif superseded == "only":
                return Points(series, [], [], [])
            fresh = live.get(series)
            lists = (fresh.points(), fresh.objects()) if fresh else (EMPTY, [])
            return paging.page(connection, series, notes, lists, begin, window.last, limit)

    def keys(self, runs: Sequence[int], keys: Sequence[str] | None) -> dict[int, list[KeyStats]]:
        """See `MetricStore.keys`."""
        runs = list(dict.fromkeys(runs))
        wanted = None if keys is None else [Series(run, key) for run in runs for key in keys]
        with self._view(wanted, runs) as (connection, live, successions):
            if wanted is None:
                notes = fetch_run_notes(connection, runs)
                names = _names(connection, runs, live)
            else:
                places = _places(connection, wanted, live)
                notes = fetch_notes(connection, list(places))
                names = {place: wanted[at].key for place, at in places.items()}
            if successions:
                named = {place: Series(place[0], key) for place, key in names.items()}
                notes = leave_out(connection, notes, live, named, successions)
            fresh = {(each.run, of.number): of for each, of in live.items()}
            numbers = {at: of.points() for at, of in fresh.items() if of.stretches}
            found = statistics.of_numbers(notes, numbers, names)
            things = {at: of.objects() for at, of in fresh.items() if of.things}
            for place, sealed in _objects(connection, notes, things, found).items():
                found[place] = statistics.of_objects(names[place], sealed, things.get(place, []))
            for place, of in fresh.items() if successions else ():
                if place in found:
                    found[place] = statistics.with_superseded(found[place], of.superseded)
        answer: dict[int, list[KeyStats]] = {run: [] for run in runs}
        for (run, _), stats in found.items():
            answer[run].append(stats)
        for stats in answer.values():
            stats.sort(key=_key)
        return answer

    def overview(self, runs: Sequence[int], keys: Sequence[str] | None) -> Overview:
        """See `MetricStore.overview`."""
        runs = list(dict.fromkeys(runs))
        self._fresh(runs)  # most of the work, here, where the writer does not wait for it
        with self._held(lambda: self._fresh(runs), runs) as (connection, fresh, successions):
            single = [run for run in runs if run not in successions]
            fresh = {run: each for run, each in fresh.items() if run not in successions}
            found = overview.of_numbers(connection, single, keys, fresh)
        if not successions:
            return found
        others = overview.of_stats(self.keys([run for run in runs if run in successions], keys))
        return overview.joined([found, others])

    def weigh(self, runs: Sequence[int]) -> dict[int, dict[Part, Weight]]:
        """See `MetricStore.weigh`."""
        found = {run: releasing.weigh(self._connection(), run) for run in runs}
        return {run: parts for run, parts in found.items() if parts}

    def _connection(self) -> sqlite3.Connection:
        connection = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = self._database.reader()
        return connection

    def _view(
        self, series: Sequence[Series] | None, runs: Iterable[int] = ()
    ) -> AbstractContextManager[
        tuple[sqlite3.Connection, dict[Series, Live], dict[int, Succession]]
    ]:
        """A transaction to read in, and what is in memory at that moment: of series, or of runs.

        The successions are of those runs that were logged in several attempts.
        """
        asked = runs if series is None else {each.run for each in series}
        return self._held(
            lambda: self._live(runs) if series is None else self._live_of(series), asked
        )

    @contextlib.contextmanager
    def _held(self, look: Callable[[], T], runs: Iterable[int]) -> Iterator[_View[T]]:
        """A transaction to read in, and what `look` sees in memory at that moment."""
        connection = self._connection()
        try:
            with self._database.swap:
                connection.execute("BEGIN")
                connection.execute("SELECT id FROM body LIMIT 1").fetchone()  # takes hold of it
                seen = look()
                successions = self._attempts.of(runs)
            yield connection, seen, successions
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _fresh(self, runs: Iterable[int]) -> dict[int, Glance]:
        tables = ((run, self._memtable.get(run)) for run in runs)
        seen = (
            (run, self._glances.at(table))
            for run, table in tables
            if table is not None and table.pending + table.frozen
        )
        return {run: glance for run, glance in seen if glance is not None}

    def _live_of(self, series: Iterable[Series]) -> dict[Series, Live]:
        found: dict[Series, Live] = {}
        for each in series:
            table = self._memtable.get(each.run)
            if table is None:
                continue
            with table.lock:
                table.gather()
                kept = table.keys.get(each.key)
                if kept is not None and kept.waiting:
                    found[each] = Live(kept.id, kept.numbers(), kept.objects())
        return found

    def _live(self, runs: Iterable[int]) -> dict[Series, Live]:
        found: dict[Series, Live] = {}
        for run in runs:
            table = self._memtable.get(run)
            if table is None or not table.pending + table.frozen:
                continue
            with table.lock:
                table.gather()
                for key, kept in table.keys.items():
                    if kept.waiting:
                        found[Series(run, key)] = Live(kept.id, kept.numbers(), kept.objects())
        return found


def _key(stats: KeyStats) -> str:
    return stats.key


def _numbers(connection: sqlite3.Connection, series: Sequence[Series]) -> dict[Series, int]:
    """The numbers of the keys of those series of which anything is sealed, in few questions."""
    by_key: dict[str, list[int]] = {}
    by_run: dict[int, list[str]] = {}
    for each in series:
        by_key.setdefault(each.key, []).append(each.run)
        by_run.setdefault(each.run, []).append(each.key)
    if len(by_run) < len(by_key):
        return {
            Series(run, key): number
            for run, keys in by_run.items()
            for key, number in fetch_keys_named(connection, run, keys).items()
        }
    return {
        Series(run, key): number
        for key, runs in by_key.items()
        for run, number in fetch_numbers(connection, key, runs).items()
    }


def _places(
    connection: sqlite3.Connection, series: Sequence[Series], live: Mapping[Series, Live]
) -> dict[tuple[int, int], int]:
    """(run, number of the key) of the series that there are, with their place in the question."""
    numbers = _numbers(connection, series)
    places: dict[tuple[int, int], int] = {}
    for at, each in enumerate(series):
        number = numbers.get(each)
        if number is None and each in live:
            number = live[each].number
        if number is not None:
            places[each.run, number] = at
    return places


def _owners(notes: Notes, places: Mapping[tuple[int, int], int]) -> Ints:
    """The place in the question of the series that each note is about."""
    starts = pyramid.starts_of(notes["run"], notes["key"])
    whose = [places[int(note["run"]), int(note["key"])] for note in notes[starts]]
    return np.repeat(np.array(whose, np.int64), np.diff(np.append(starts, len(notes))))


def _names(
    connection: sqlite3.Connection, runs: Sequence[int], live: Mapping[Series, Live]
) -> dict[tuple[int, int], str]:
    names = fetch_keys(connection, runs)
    if live:
        names.update({(each.run, of.number): each.key for each, of in live.items()})
    return names


def _objects(
    connection: sqlite3.Connection,
    notes: Notes,
    live: Mapping[tuple[int, int], list[Thing]],
    numbers: Mapping[tuple[int, int], Any],
) -> dict[tuple[int, int], list[tuple[int, int, int, int, Any]]]:
    """What is sealed of each series of objects, also of those that are in memory only."""
    found: dict[tuple[int, int], list[tuple[int, int, int, int, Any]]] = {
        place: [] for place in live if place not in numbers
    }
    sealed = notes[notes["kind"] != NUMBER]
    for note, last in zip(sealed, fetch_last(connection, sealed), strict=True):
        place = (int(note["run"]), int(note["key"]))
        if place in numbers:
            continue
        if last:
            value = msgspec.msgpack.decode(last)
        else:
            body = Shelf(connection, point_bodies(note.reshape(1))).things(int(note["body"]))
            value = body[-1][2]
        step, time = note["bin"][pyramid.STEP], note["bin"][pyramid.TIME]
        found.setdefault(place, []).append(
            (int(note["n"]), int(note["first"]), int(step), int(time), value)
        )
    return found
