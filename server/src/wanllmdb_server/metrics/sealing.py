"""Sealing: points of the memtable become a segment; segments become one; trash goes.

Everything here runs in one thread. Compression is done without any lock. Big segments are
written ahead in slices, as bodies that are marked as trash until the last transaction, which
is short, refers to them: so a reader or a crash finds all of a segment or nothing.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable
from typing import Final

import numpy as np

from wanllmdb_server.crash_points import crash_point
from wanllmdb_server.metrics import chunk, contents, copying, merging, parting
from wanllmdb_server.metrics.attempts import Attempts
from wanllmdb_server.metrics.checkpoints import PAGE
from wanllmdb_server.metrics.chunk import Stretch, Thing
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.erasing import BREATH_S, Steps
from wanllmdb_server.metrics.memtable import Memtable, RunTable
from wanllmdb_server.metrics.parting import Mixed
from wanllmdb_server.metrics.segment import (
    Builder,
    bodies_of,
    generation_apart,
    next_generation,
)
from wanllmdb_server.metrics.statements import (
    delete_batches,
    delete_notes,
    fetch_keys,
    fetch_run_notes,
    fetch_table,
    insert_bodies,
    insert_names,
    insert_segment,
)

_SLICE_BYTES: Final = 512 * 1024  # written in one transaction
_SWEEP: Final = 256  # bodies deleted in one transaction, at most
_SWEEP_PAGES: Final = 256
_FREE_PAGES: Final = 8192  # unused pages of the file, beyond which it shrinks
_VACUUM_PAGES: Final = 256
# While nothing comes, less than this is kept for what may come.
_IDLE_FREE_PAGES: Final = 64
_IDLE_WAL_BYTES: Final = 1024 * 1024


class Sealing:
    """What the sealer does to runs, one call at a time."""

    def __init__(self, database: Database, memtable: Memtable, attempts: Attempts) -> None:
        self.stopping = False  # merging can be left for another day
        self._database = database
        self._memtable = memtable
        self._attempts = attempts
        self._steps = Steps(_SWEEP_PAGES, most=4096)
        self._connection = database.sealing
        (last,) = self._connection.execute("SELECT ifnull(max(id), 0) FROM body").fetchone()
        # No number is given twice, not even one whose body is gone: a backup knows them by it.
        self._newest_gone = contents.newest_gone(self._connection)
        self._body_ids = itertools.count(max(last, self._newest_gone) + 1)

    def seal(self, table: RunTable, recent_until: float) -> None:
        """Make a segment of all points of a run that are in memory only."""
        batches = table.freeze()
        if not table.frozen:
            return
        builders: list[Builder] = []
        early: list[int] = []
        for attempt in _attempts(table):
            generation = next_generation(table.segments, attempt)
            builders.append(Builder(table.run, generation, self._body_ids))
            for part in _slices(table, attempt):
                self._add(builders[-1], part)
                early += self._write_ahead(builders[-1])
        names = [(table.run, name, kept.id) for name, kept in list(table.keys.items())]
        with self._database.transaction(self._connection):
            if table.gone:
                return
            insert_names(self._connection, names[table.named :])
            self._put(builders, early)
            delete_batches(self._connection, batches)
            crash_point("seal.written")
            with self._database.swap:
                self._connection.execute("COMMIT")
                crash_point("seal.durable")
                table.settle(len(batches), recent_until)
        table.named = len(names)
        for builder in builders:
            table.segments[builder.generation] = builder.segment.points

    def merge(self, run: int, *, final: bool) -> bool:
        """Make one of the newest segments of a run, if that is worth it; whether it was."""
        table = self._memtable.get(run) or fetch_table(self._connection, run)
        chosen = [
            generations
            for segments in merging.mergeable(table.segments)
            if len(generations := merging.choose(segments, final=final, keys=len(table.keys))) > 1
        ]
        merged = [self._merge(table, generations) for generations in chosen]
        return any(merged)

    def _merge(self, table: RunTable, chosen: list[int]) -> bool:
        """Make one of these segments; whether it was done."""
        run = table.run
        notes = fetch_run_notes(self._connection, [run])
        notes = notes[np.isin(notes["gen"], chosen)]
        builder = Builder(run, max(chosen), self._body_ids)
        early: list[int] = []
        for _ in merging.merge(self._connection, notes, builder):
            early += self._write_ahead(builder)
            if self.stopping:
                return False
        generations = json.dumps(chosen)
        with self._database.transaction(self._connection):
            gone = self._connection.execute(
                "DELETE FROM chunk WHERE run = ? AND gen IN (SELECT value FROM json_each(?))",
                (run, generations),
            ).rowcount
            if gone != len(notes):  # the run was forgotten meanwhile
                self._connection.execute("ROLLBACK")
                return False
            for generation in chosen:
                contents.put(self._connection, run, generation, contents.Entry())
            self._put([builder], early)
            self._connection.execute(
                "INSERT INTO trash SELECT value FROM json_each(?)", (json.dumps(bodies_of(notes)),)
            )
            crash_point("merge.written")
        crash_point("merge.durable")
        for generation in chosen:
            del table.segments[generation]
        table.segments[max(chosen)] = int(notes["n"].sum())
        return True

    def part(self, run: int) -> None:
        """Set apart what a later attempt superseded, where it lies among what is shown."""
        succession = self._attempts.get(run)
        if succession is None:
            return
        notes = fetch_run_notes(self._connection, [run])
        keys = fetch_keys(self._connection, [run])
        names = {number: key for (_, number), key in keys.items()}
        for each in parting.mixed(notes, succession, names):
            if not self._part(run, each):
                return

    def _part(self, run: int, mixed: Mixed) -> bool:
        """Part the series of a generation; whether it was done."""
        apart = generation_apart(mixed.generation)
        builders = [Builder(run, each, self._body_ids) for each in (mixed.generation, apart)]
        early: list[int] = []
        for _ in parting.part(self._connection, mixed, *builders):
            for builder in builders:
                early += self._write_ahead(builder)
            if self.stopping:
                return False
        with self._database.transaction(self._connection):
            if not delete_notes(self._connection, mixed.notes):  # the run was forgotten meanwhile
                self._connection.execute("ROLLBACK")
                return False
            others = set(bodies_of(fetch_run_notes(self._connection, [run])))
            free = [body for body in bodies_of(mixed.notes) if body not in others]
            self._put(builders, early)
            self._connection.execute(
                "INSERT INTO trash SELECT value FROM json_each(?)", (json.dumps(free),)
            )
            crash_point("part.written")
        crash_point("part.durable")
        table = self._memtable.get(run)
        if table is not None:
            for builder in builders:
                before = mixed.notes["n"][mixed.notes["gen"] == builder.generation].sum()
                points = table.segments.get(builder.generation, 0) - int(before)
                table.segments[builder.generation] = points + builder.segment.points
        return True

    def copy(self, source: int, table: RunTable, attempt: int, until: int) -> None:
        """Give an attempt of a run what is shown of another; see `MetricStore.copy`.

        Args:
            source: the other run; what is in memory of it is not looked at.
            table: of the run.
            attempt: its number; it has no points yet, or was given them.
            until: the last step that is wanted.
        """
        if copying.is_copied(self._connection, table.run, attempt):
            return
        generation = next_generation((), attempt)
        builder = Builder(table.run, generation, self._body_ids)
        early: list[int] = []
        brought: dict[str, int] = {}
        succession = self._attempts.get(source)
        for part in copying.slices(self._connection, source, succession, until):
            brought |= copying.add(builder, table, part)
            early += self._write_ahead(builder)
        names = [(table.run, name, kept.id) for name, kept in list(table.keys.items())]
        with (
            self._database.synced(self._connection),  # nobody will give these points again
            self._database.transaction(self._connection),
        ):
            if table.gone:
                return
            insert_names(self._connection, names[table.named :])
            self._put([builder], early)
            crash_point("copy.written")
            with self._database.swap:
                self._connection.execute("COMMIT")
                crash_point("copy.durable")
                table.brought(brought)
        table.named = len(names)
        table.segments[generation] = builder.segment.points

    def sweep(self) -> None:
        """Delete the bodies that nothing refers to, a few at a time, and give space back."""
        while self._sweep_some() and not self.stopping:
            time.sleep(BREATH_S)
        self._give_back(_FREE_PAGES)

    def _sweep_some(self) -> bool:
        """Delete some bodies; whether there were any."""
        rows = self._connection.execute(
            "SELECT t.body, ifnull(length(b.b), 0) FROM trash t LEFT JOIN body b ON b.id = t.body"
            " LIMIT ?",
            (_SWEEP,),
        ).fetchall()
        room = self._steps.size * PAGE
        few: list[int] = []
        for number, size in rows:
            if few and size > room:
                break
            few.append(number)
            room -= size
        if not few:
            return False
        numbers = json.dumps(few)
        with self._database.transaction(self._connection):
            began = time.monotonic()
            for statement in (
                "DELETE FROM body WHERE id IN (SELECT value FROM json_each(?))",
                "DELETE FROM trash WHERE body IN (SELECT value FROM json_each(?))",
            ):
                self._connection.execute(statement, (numbers,))
            if max(few) > self._newest_gone:
                self._newest_gone = max(few)
                contents.put_newest_gone(self._connection, self._newest_gone)
        self._steps.took(time.monotonic() - began)
        return True

    def tidy(self) -> None:
        """One step towards a file without free pages, and an empty write-ahead log beside it."""
        if not self._give_back(_IDLE_FREE_PAGES) and self._database.wal_bytes() > _IDLE_WAL_BYTES:
            self._database.empty_log()

    def _give_back(self, more_than: int) -> bool:
        """Give some free pages back to the file system, if there are more than so many."""
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        if free <= more_than:
            return False
        with self._database.write:
            # As a script: the module ends other statements at their first row without columns,
            # and this one yields such a row for each page.
            self._connection.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})")
        crash_point("vacuum.durable")
        return True

    def _write_ahead(self, builder: Builder) -> list[int]:
        """Write the bodies so far if they are many; they are trash until notes refer to them."""
        bodies = builder.segment.bodies
        size = sum(len(body) for _, body in bodies)
        if size < _SLICE_BYTES:
            return []
        numbers = [number for number, _ in bodies]
        first = 0
        while first < len(bodies):
            last, room = first, _SLICE_BYTES
            while last < len(bodies) and room > 0:
                room -= len(bodies[last][1])
                last += 1
            with self._database.transaction(self._connection):
                insert_bodies(self._connection, bodies[first:last])
                self._connection.execute(
                    "INSERT INTO trash SELECT value FROM json_each(?)",
                    (json.dumps(numbers[first:last]),),
                )
            crash_point("ahead.durable")
            first = last
        bodies.clear()
        return numbers

    def _add(self, builder: Builder, part: list[_Series]) -> None:
        numbers = [(key, chunk.join(stretches)) for key, stretches, _ in part if stretches]
        if numbers:
            builder.add_numbers([key for key, _ in numbers], [each for _, each in numbers])
        for key, _, things in part:
            if things:
                builder.add_objects(key, things)

    def _put(self, builders: Iterable[Builder], early: list[int]) -> None:
        for builder in builders:
            insert_segment(self._connection, builder.segment)
        if early:
            self._connection.execute(
                "DELETE FROM trash WHERE body IN (SELECT value FROM json_each(?))",
                (json.dumps(early),),
            )


_Series = tuple[int, list[Stretch], list[Thing]]  # key, numbers, objects


def _attempts(table: RunTable) -> list[int]:
    """The attempts that have frozen points."""
    found: set[int] = set()
    for kept in list(table.keys.values()):
        found.update(stretch.attempt for stretch in kept.frozen)
        found.update(kept.frozen_things)
    return sorted(found)


def _slices(table: RunTable, attempt: int) -> list[list[_Series]]:
    """The series that have frozen points of an attempt, as many together as memory allows."""
    slices: list[list[_Series]] = [[]]
    room = merging.SLICE
    for kept in list(table.keys.values()):
        numbers = [stretch for stretch in kept.frozen if stretch.attempt == attempt]
        things = kept.frozen_things.get(attempt, [])
        size = sum(map(len, numbers)) + len(things)
        if not size:
            continue
        if size > room and slices[-1]:
            slices.append([])
            room = merging.SLICE
        slices[-1].append((kept.id, numbers, things))
        room -= size
    return slices
