"""Quarantine: what cannot be read is found once, set apart, named, and in nobody's way.

Each run is looked at before it is first asked about, and again now and then (`make_sure`);
whoever stumbles over something that is not what was written says so (`examine`). Points that are
lost leave the notes of their run for the table `lost`, where people find them; overviews are
dropped, for they are drawn from the points; and all other points are served. A run whose rows
cannot even be found is left out of answers until the file is repaired. What is missing is told
beside every answer (`damage`). Of a sound store all of this is two looks into empty sets.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from wanllmdb_server.domain.damage import Damage
from wanllmdb_server.metrics import checks, contents, pyramid
from wanllmdb_server.metrics.attempts import Attempts
from wanllmdb_server.metrics.chunk import DamagedError
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.erasing import Erasing
from wanllmdb_server.metrics.inspection import LOST, Fault, faults_of
from wanllmdb_server.metrics.salvaging import EVERY_RUN
from wanllmdb_server.metrics.segment import read_notes, sign
from wanllmdb_server.metrics.soundness import unsound
from wanllmdb_server.metrics.statements import fetch_run_notes

_logger = logging.getLogger(__name__)

_SURE: Final = 100_000  # runs that are remembered as sound

SERIES_NAME: Final = "lost/series-"  # and its number: a series whose name cannot be read


class Quarantine:
    """What is damaged; any thread may ask.

    Args:
        database: the file.
        attempts: of runs that have several.
        erasing: of runs that are taken away, and not looked at any more.
        now: microseconds since the epoch.
    """

    def __init__(
        self,
        database: Database,
        attempts: Attempts,
        erasing: Erasing,
        now: Callable[[], int],
    ) -> None:
        self.unreadable: frozenset[int] = frozenset()
        self.turns = 0  # how often anything was set apart
        self._database = database
        self._attempts = attempts
        self._erasing = erasing
        self._now = now
        self._turn = threading.Lock()  # one looks for damage at a time
        self._sure: set[int] = set()
        self._connection: sqlite3.Connection | None = None
        self._damage = _fetch(database.log)

    def damage(self, runs: Iterable[int]) -> dict[int, tuple[Damage, ...]]:
        """What of these runs is not there any more; runs that have all of it are left out."""
        known = self._damage
        found = {run: known[run] for run in runs if run in known} if known else {}
        if EVERY_RUN in known:
            found = {run: (*known[EVERY_RUN], *found.get(run, ())) for run in runs}
        for run in self.left_out(runs):
            why = "the rows of its points cannot be read"
            whole = Damage(run, None, None, None, None, "All points of the run", why, self._now())
            found[run] = (*found.get(run, ()), whole)
        return found

    def all(self) -> list[Damage]:
        """All damage that is known."""
        return [each for those in self._damage.values() for each in those]

    def readable(self, runs: Sequence[int]) -> Sequence[int]:
        """The runs without those that cannot be read."""
        left_out = self.left_out(runs)
        return [run for run in runs if run not in left_out] if left_out else runs

    def make_sure(self, runs: Iterable[int]) -> None:
        """Return when what is wrong with the index of these runs is set apart."""
        erased = self._erasing.runs
        unknown = [run for run in runs if run not in self._sure and run not in erased]
        if not unknown:
            return
        with self._turn:
            if len(self._sure) > _SURE:
                self._sure.clear()
            doubtful = self._unsound(unknown)
            for run in doubtful:
                self._look(run, ())
            self._sure.update(set(unknown))

    def examine(self, runs: Iterable[int], error: Exception) -> bool:
        """Somebody stumbled over something of these runs; whether anything was set apart."""
        number = error.body if isinstance(error, DamagedError) else None
        bodies = None if number is None else (number,)
        turns = self.turns
        with self._turn:
            if self.turns != turns:  # while we waited
                return True
            found = [self._look(run, bodies) for run in self.readable(list(runs))]
        return any(found)

    def learn(self) -> None:
        """Others have written down damage."""
        self._damage = _fetch(self._database.log)

    def doubt(self) -> None:
        """What was found sound is looked at again: disks forget, too."""
        self._sure.clear()

    def forget(self, run: int) -> None:
        """The run is not there any more."""
        self._sure.discard(run)
        if run in self._damage:
            self._damage = {at: those for at, those in self._damage.items() if at != run}
        self.unreadable -= {run}

    def left_out(self, runs: Iterable[int]) -> set[int]:
        """Those of the runs that cannot be read at all."""
        out = self.unreadable | self._attempts.doubtful
        return set(out.intersection(runs)) if out else set()

    def _unsound(self, runs: list[int]) -> list[int]:
        connection = self._mine()
        connection.execute("BEGIN")
        try:
            return unsound(connection, runs)
        except (sqlite3.DatabaseError, ValueError, TypeError):
            return runs if len(runs) == 1 else [run for run in runs if self._fails(run)]
        finally:
            connection.execute("ROLLBACK")

    def _fails(self, run: int) -> bool:
        try:
            return bool(unsound(self._mine(), [run]))
        except (sqlite3.DatabaseError, ValueError, TypeError):
            return True

    def _look(self, run: int, bodies: Collection[int] | None) -> bool:
        """Set apart what is wrong with a run; whether that was anything."""
        if run in self._erasing.runs:
            return False
        connection = self._mine()
        connection.execute("BEGIN")
        try:
            faults = faults_of(connection, run, bodies)
        finally:
            connection.execute("ROLLBACK")
        if not faults:
            return False
        for fault in faults:
            _logger.error("metrics: run %d is damaged: %s (%s)", run, fault.what, fault.why)
        if faults[0].what == "index":
            self.unreadable |= {run}
            self.turns += 1
            return True
        try:
            with self._database.transaction(connection):
                _set_apart(connection, run, faults, self._now())
        except sqlite3.DatabaseError:
            _logger.exception("metrics: the damage of run %d cannot be set apart", run)
            self.unreadable |= {run}
        self._damage = {**self._damage, run: _fetch(connection, run).get(run, ())}
        self.turns += 1
        return True

    def _mine(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._database.writer()
        return self._connection


def _set_apart(connection: sqlite3.Connection, run: int, faults: Sequence[Fault], now: int) -> None:
    """Take what is damaged out of the way, and write down what it was."""
    names = dict(connection.execute("SELECT id, name FROM key WHERE run = ?", (run,)).fetchall())
    for fault in _one_each(faults):
        name = names.get(fault.key)
        if fault.what in LOST and fault.place is not None:
            _lose(connection, fault, name, now)
        elif fault.what == "overview" and fault.place is not None:
            _drop_level(connection, fault, fault.place)
        elif fault.what == "last" and fault.place is not None:
            where = "run = ? AND key = ? AND kind = ? AND gen = ? AND part = ?"
            connection.execute(
                f"UPDATE chunk SET last = NULL WHERE {where}",  # noqa: S608
                (run, *fault.place),
            )
        elif fault.what == "absent":
            _write_down(connection, fault, None, (None, None, None), now, None)
    numbers = [fault.key for fault in faults if fault.what == "name" and fault.key is not None]
    if numbers or any(fault.what in {"contents", "stranger"} for fault in faults):
        _name_anew(connection, run, numbers, now)
    _take_stock(connection, run)


def _one_each(faults: Sequence[Fault]) -> list[Fault]:
    """The faults, only the first of those that lose one note."""
    known: set[tuple[object, ...]] = set()
    found: list[Fault] = []
    for fault in sorted(faults, key=lambda each: each.what not in LOST):
        if fault.what in LOST:
            if fault.place in known:
                continue
            known.add((*(fault.place or ()),))
        elif fault.place is not None and fault.place in known:
            continue  # the note itself is gone
        found.append(fault)
    return found


def _lose(connection: sqlite3.Connection, fault: Fault, name: str | None, now: int) -> None:
    """Move a note to those that are lost."""
    assert fault.place is not None  # noqa: S101 - it is about a note
    where = "run = ? AND key = ? AND kind = ? AND gen = ? AND part = ?"
    at = (fault.run, *fault.place)
    row = connection.execute(f"SELECT note FROM chunk WHERE {where}", at).fetchone()  # noqa: S608
    extent: tuple[int | None, int | None, int | None] = (None, None, None)
    if row is not None and fault.what != "note":
        note = read_notes(row[0])[0]
        extent = int(note["first"]), int(note["bin"][pyramid.STEP]), int(note["n"])
    _write_down(connection, fault, name, extent, now, row[0] if row else None)
    connection.execute(f"DELETE FROM chunk WHERE {where}", at)  # noqa: S608


def _write_down(
    connection: sqlite3.Connection,
    fault: Fault,
    name: str | None,
    extent: tuple[int | None, int | None, int | None],
    now: int,
    note: bytes | None,
) -> None:
    connection.execute(
        "INSERT INTO lost(run, key, name, first, last, points, what, why, found, note)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (fault.run, fault.key, name, *extent, fault.what, fault.why, now, note),
    )


def _drop_level(
    connection: sqlite3.Connection, fault: Fault, place: tuple[int, int, int, int]
) -> None:
    """Let a note be drawn without a level of its pyramid."""
    where = "run = ? AND key = ? AND kind = ? AND gen = ? AND part = ?"
    row = connection.execute(
        f"SELECT note FROM chunk WHERE {where}",  # noqa: S608
        (fault.run, *place),
    ).fetchone()
    if row is None:
        return
    note = read_notes(row[0]).copy()
    here = note["level_body"] == fault.body
    for name in ("level_body", "level_at", "level_n"):
        note[name][here] = 0
    connection.execute(
        f"UPDATE chunk SET note = ? WHERE {where}",  # noqa: S608
        (sign(note).tobytes(), fault.run, *place),
    )
    connection.execute("INSERT OR IGNORE INTO trash VALUES(?)", (fault.body,))


def _name_anew(connection: sqlite3.Connection, run: int, numbers: Sequence[int], now: int) -> None:
    """Give series whose names cannot be read names that say so; the others keep theirs."""
    rows = connection.execute(
        'SELECT run, name, id, "check" FROM key WHERE run = ?', (run,)
    ).fetchall()
    good = [tuple(row[:3]) for row in rows if row[3] == checks.of_row(*row[:3])]
    good += [(run, f"{SERIES_NAME}{number}", number) for number in numbers]
    connection.execute("DELETE FROM key WHERE run = ?", (run,))
    connection.executemany(
        'INSERT OR REPLACE INTO key(run, name, id, "check") VALUES(?, ?, ?, ?)',
        [(*row, checks.of_row(*row)) for row in good],
    )
    contents.put(connection, run, contents.NAMES, contents.of_names(good))
    for number in numbers:
        fault = Fault(run, "name", f"The name of series {number} is not what was written")
        _write_down(connection, fault, f"{SERIES_NAME}{number}", (None, None, None), now, None)


def _take_stock(connection: sqlite3.Connection, run: int) -> None:
    """Let the contents of a run say what notes there are now."""
    connection.execute("DELETE FROM contents WHERE run = ? AND part >= 0", (run,))
    for generation, entry in contents.of_notes(fetch_run_notes(connection, [run])).items():
        contents.put(connection, run, generation, entry)


def _fetch(
    connection: sqlite3.Connection, run: int | None = None
) -> Mapping[int, tuple[Damage, ...]]:
    """What was lost, by run."""
    found: dict[int, tuple[Damage, ...]] = {}
    rows = connection.execute(
        "SELECT run, name, first, last, points, what, why, found FROM lost"
        " WHERE ?1 IS NULL OR run = ?1 ORDER BY id",
        (run,),
    ).fetchall()
    for at, *fields in rows:
        found[at] = (*found.get(at, ()), Damage(at, *fields))
    for at, number, records in connection.execute(
        "SELECT run, id, records FROM damaged WHERE ?1 IS NULL OR run = ?1 ORDER BY id", (run,)
    ).fetchall():
        why = f"Batch {number} of the log ({records} records) is not what was written"
        found[at] = (*found.get(at, ()), Damage(at, None, None, None, None, "batch", why, 0))
    return found
