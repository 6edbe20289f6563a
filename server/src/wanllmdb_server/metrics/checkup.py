"""Checkup of the metric database, beside a server or without one; and what can be mended.

A quick look reads the index, every batch and every row's check; a deep one reads every byte of
the points as well.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from wanllmdb.wire import WireError
from wanllmdb_server.domain.finding import Finding
from wanllmdb_server.metrics import salvaging, wal
from wanllmdb_server.metrics.attempts import Attempts
from wanllmdb_server.metrics.checkpoints import PAGE
from wanllmdb_server.metrics.chunk import DamagedError
from wanllmdb_server.metrics.database import NAME, Database
from wanllmdb_server.metrics.erasing import Erasing
from wanllmdb_server.metrics.inspection import Fault, faults_of
from wanllmdb_server.metrics.quarantine import Quarantine
from wanllmdb_server.metrics.replay import BATCH, read_back
from wanllmdb_server.metrics.segment import bodies_of, whole_notes
from wanllmdb_server.metrics.soundness import unsound
from wanllmdb_server.metrics.statements import fetch_writers
from wanllmdb_server.metrics.upgrading import VERSION

_SOME: Final = 256  # runs looked at together
_CODES: Final = {
    "index": "table-damaged",
    "contents": "contents-damaged",
    "stranger": "segment-unknown",
    "absent": "notes-gone",
    "name": "name-damaged",
    "note": "note-damaged",
    "last": "contents-damaged",
    "steps and times": "points-damaged",
    "values": "points-damaged",
    "objects": "points-damaged",
    "overview": "overview-damaged",
}

Progress = Callable[[int], None]


def look(
    directory: Path,
    known: Collection[int] | None,
    *,
    alone: bool,
    deep: bool,
    progress: Progress,
) -> Iterator[Finding]:
    """What is wrong with the metric database in a directory.

    Args:
        directory: of the metric store.
        known: runs that the catalog knows; None if it could not be asked.
        alone: no server is at work here.
        deep: read every byte.
        progress: told of bytes of points that are read.
    """
    path = directory / NAME
    log = path.with_name(f"{NAME}-wal")
    if not path.is_file():
        if log.is_file() and log.stat().st_size:
            yield Finding("log-without-database", str(log))
        elif known or known is None:
            yield Finding("metrics-missing", str(path))
        return
    behind = wal.look(path).behind if alone else 0
    if behind:
        yield Finding("log-damaged", f"{behind} commits of {log}")
        return  # who opens the database now begins the log anew
    if not log.is_file() or not log.stat().st_size:
        yield from _length(path)
    try:
        with contextlib.closing(_open(path)) as connection:
            yield from _Looking(connection, known, deep=deep, progress=progress).findings()
    except sqlite3.DatabaseError as error:
        yield Finding("metrics-damaged", f"{path}: {error}")


def _length(path: Path) -> Iterator[Finding]:
    """Whether the file is as long as it says."""
    with path.open("rb") as file:
        head = file.read(32)
    pages, size = int.from_bytes(head[28:32], "big"), path.stat().st_size
    if len(head) == 32 and pages * PAGE > size:
        yield Finding("metrics-truncated", f"{path} has {size} of {pages * PAGE} bytes")


class _Looking:
    def __init__(
        self,
        connection: sqlite3.Connection,
        known: Collection[int] | None,
        *,
        deep: bool,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._known = known
        self._deep = deep
        self._progress = progress

    def findings(self) -> Iterator[Finding]:
        connection = self._connection
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            if version > VERSION:
                yield Finding("metrics-newer", f"version {version}; this one knows {VERSION}")
            return  # an older one has nothing yet to compare with
        broken = list(self._trees())
        if broken:
            yield from broken
            return  # what else is found now is but a consequence
        connection.execute("BEGIN")  # one moment for all that is compared
        yield from self._log()
        yield from self._runs()
        yield from self._told()

    def _trees(self) -> Iterator[Finding]:
        tables = [table for table, _ in salvaging.SMALL]
        tables += ["key", "chunk", *(["body"] if self._deep else [])]
        for table in tables:
            why = salvaging.broken(self._connection, table)
            if why is not None:
                yield Finding("table-damaged", f"{table}: {why}")

    def _log(self) -> Iterator[Finding]:
        """Batches, and who wrote them."""
        rows = self._connection.execute(f"SELECT {BATCH} FROM batch ORDER BY id")  # noqa: S608
        for row in rows:
            try:
                read_back(*row)
            except WireError:  # noqa: PERF203 - each stands for itself
                yield Finding("batch-damaged", f"batch {row[0]} of run {row[1]}")
        for (run,) in self._connection.execute("SELECT DISTINCT run FROM writer").fetchall():
            try:
                fetch_writers(self._connection, run)
            except DamagedError:  # noqa: PERF203 - each stands for itself
                yield Finding("writer-damaged", f"run {run}")
        for run in sorted(Attempts(self._connection).doubtful):
            yield Finding("attempts-damaged", f"run {run}")

    def _runs(self) -> Iterator[Finding]:
        """Rows and bodies of each run, and what is of none."""
        erasing = self._numbers("SELECT run FROM erasing")
        runs = self._numbers(
            "SELECT DISTINCT run FROM chunk UNION SELECT DISTINCT run FROM key"
            " UNION SELECT DISTINCT run FROM writer UNION SELECT DISTINCT run FROM contents"
        )
        strangers = set[int]() if self._known is None else runs - erasing - set(self._known) - {0}
        for run in sorted(strangers):
            yield Finding("run-unknown", f"run {run}")
        there = self._numbers("SELECT id FROM body")
        used = self._numbers("SELECT body FROM trash")
        looked_at = sorted(runs - {0})
        for at in range(0, len(looked_at), _SOME):
            some = looked_at[at : at + _SOME]
            wrong = set(self._unsound(some))
            for run in some:
                used |= (bodies := self._bodies(run))
                if run in erasing:
                    continue
                if run in wrong or self._deep or not bodies <= there:
                    yield from self._of_run(run, bodies - there)
        unused = there - used
        if unused and not erasing:
            yield Finding("body-unused", f"{len(unused)} bodies, {min(unused)} among them")

    def _of_run(self, run: int, gone: Collection[int]) -> Iterator[Finding]:
        faults = faults_of(self._connection, run, None if self._deep else gone)
        for fault in _by_body(faults):
            what = f"run {run}: {fault.why}"
            yield Finding("body-gone" if fault.body in gone else _CODES[fault.what], what)
        self._progress(0)

    def _unsound(self, runs: Sequence[int]) -> list[int]:
        try:
            return unsound(self._connection, runs)
        except (sqlite3.DatabaseError, ValueError, TypeError):
            return list(runs)

    def _bodies(self, run: int) -> set[int]:
        """The bodies that the notes of a run refer to, also those that are lost."""
        rows = self._connection.execute(
            "SELECT note FROM chunk WHERE run = ?1 UNION ALL"
            " SELECT note FROM lost WHERE run = ?1 AND note IS NOT NULL",
            (run,),
        ).fetchall()
        return set(bodies_of(whole_notes([note for (note,) in rows])))

    def _told(self) -> Iterator[Finding]:
        """What was found before, and is set apart."""
        lost = self._connection.execute("SELECT run, name, what, why FROM lost").fetchall()
        for run, name, what, why in lost:
            series = f" of {name}" if name else ""
            yield Finding("set-apart", f"run {run}: the {what}{series} ({why})")
        for number, run in self._connection.execute("SELECT id, run FROM damaged").fetchall():
            yield Finding("set-apart", f"run {run}: batch {number} of the log")

    def _numbers(self, query: str) -> set[int]:
        return {number for (number,) in self._connection.execute(query)}


def _by_body(faults: Sequence[Fault]) -> Iterator[Fault]:
    """The faults; of those about one body the first."""
    known: set[int] = set()
    for fault in faults:
        if not fault.body or fault.body not in known:
            yield fault
        known.add(fault.body)


def mend(directory: Path) -> None:
    """Set apart what is damaged, and drop what nothing refers to; with no server at work here.

    Tables whose trees are damaged are built anew when the database is opened.
    """
    database = Database(directory)
    try:
        erasing = Erasing(database)
        quarantine = Quarantine(database, Attempts(database.log), erasing, database.now)
        runs = [run for (run,) in database.log.execute("SELECT DISTINCT run FROM key") if run]
        for run in runs:
            quarantine.examine([run], DamagedError("looked for"))
        with database.transaction(database.log):
            _discard_unused(database.log)
    finally:
        database.close()


def _discard_unused(connection: sqlite3.Connection) -> None:
    """Bodies that nothing refers to become trash; the sealer takes it away."""
    notes = connection.execute(
        "SELECT note FROM chunk UNION ALL SELECT note FROM lost WHERE note IS NOT NULL"
    ).fetchall()
    used = set(bodies_of(whole_notes([note for (note,) in notes])))
    there = {number for (number,) in connection.execute("SELECT id FROM body")}
    connection.execute(
        "INSERT OR IGNORE INTO trash SELECT value FROM json_each(?)",
        (json.dumps(sorted(there - used)),),
    )


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=30
    )
    connection.execute("PRAGMA query_only=ON")
    return connection
