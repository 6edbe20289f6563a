"""Database: the one SQLite file that holds the log and the chunks, and who may write it when.

    batch   the log: bodies as they came, until their points are in chunks
    writer  how far each writer of a run is durable, and what was taken of it up to there
    attempt which attempts a run was logged in, if there was more than one (`succession`)
    attempt_writer  and who is known to belong to which
    key     names of series, numbered within a run by their first appearance
    chunk   a note about each series in each segment (`segment.NOTE`)
    body    all big bytes and nothing else
    contents how many rows there are of the three before, so that one that is gone is missed
    damaged batches that could not be read back when the log was replayed, kept for people
    lost    notes whose points could not be read back, kept for people too (`quarantine`)
    released how many points of a run were deleted because nobody wanted to keep them (`releasing`)
    erasing runs that were deleted, and are still being taken away (`erasing`)
    trash   bodies that nothing refers to (any more, or yet); swept in the background

Two threads write, one at a time (`write`): the log's and the sealer's. Any number read, each
with a connection of its own. `swap` is held where points leave the memtable and become chunks,
and for the moment in which a reader takes hold of both, so that it sees every point once.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from wanllmdb_server import storing
from wanllmdb_server.crash_points import crash_point
from wanllmdb_server.metrics import salvaging, upgrading, wal
from wanllmdb_server.metrics.checkpoints import PAGE, SOON, Checkpoints
from wanllmdb_server.metrics.store import DamagedStoreError, StoreFullError

NAME: Final = "metrics-0.db"
_BUSY_MS: Final = 10_000  # how long a statement waits for another process's lock
_LATER_CODES: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS batch(id INTEGER PRIMARY KEY, run INT NOT NULL, low INT NOT NULL,
    first INT NOT NULL, last INT NOT NULL, records INT NOT NULL, body BLOB NOT NULL,
    attempt INT NOT NULL DEFAULT 0, "check" INT);
DROP INDEX IF EXISTS batch_run;
CREATE TABLE IF NOT EXISTS writer(run INT, name TEXT, position INT NOT NULL,
    rows INT, points INT, refused INT, "check" INT, PRIMARY KEY(run, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS key(run INT, name TEXT, id INT NOT NULL, "check" INT,
    PRIMARY KEY(run, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunk(run INT, key INT, kind INT, gen INT, part INT, n INT NOT NULL,
    note BLOB NOT NULL, last BLOB, PRIMARY KEY(run, key, kind, gen, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS body(id INTEGER PRIMARY KEY, b BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS damaged(id INTEGER PRIMARY KEY, run INT, low INT, first INT, last INT,
    records INT, body BLOB, attempt INT NOT NULL DEFAULT 0, "check" INT);
CREATE TABLE IF NOT EXISTS attempt(run INT, number INT, at INT NOT NULL, after INT,
    until INT, copied INT, PRIMARY KEY(run, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempt_writer(run INT, writer TEXT, number INT NOT NULL,
    PRIMARY KEY(run, writer)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents(run INT, part INT, n INT NOT NULL, total INT NOT NULL,
    "check" INT NOT NULL, PRIMARY KEY(run, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lost(id INTEGER PRIMARY KEY, run INT NOT NULL, key INT, name TEXT,
    first INT, last INT, points INT, what TEXT NOT NULL, why TEXT NOT NULL, found INT NOT NULL,
    note BLOB);
CREATE TABLE IF NOT EXISTS released(run INTEGER PRIMARY KEY, points INT NOT NULL);
CREATE TABLE IF NOT EXISTS erasing(run INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS trash(body INTEGER PRIMARY KEY);
"""


def _now() -> int:
    return time.time_ns() // 1000


class Database:
    """The file, its two writing connections and the locks around them.

    Args:
        directory: where the file is, or will be.
        max_bytes: of the file, None for as large as the disk.
        now: microseconds since the epoch.
        checkpoint: bytes of the write-ahead log, from which on it is moved into the file.
    """

    def __init__(
        self,
        directory: Path,
        *,
        max_bytes: int | None = None,
        now: Callable[[], int] = _now,
        checkpoint: int = SOON,
    ) -> None:
        storing.make(directory)
        self.path = directory / NAME
        self.write = threading.Lock()
        self.swap = threading.Lock()
        self._max_bytes = max_bytes
        self.now = now
        self._others: list[sqlite3.Connection] = []
        behind = wal.look(self.path).behind
        if behind:
            wal.set_apart(self.path, now())
        self.log = self._connect_to_write()
        self._make_usable(behind, now)
        self.sealing = self._connect_to_write()
        # A power cut may undo the last sealing: its points are then in the log again. The
        # log's next sync, and every checkpoint, makes all before it durable, in this order.
        self.sealing.execute("PRAGMA synchronous=NORMAL")
        self.checkpoints = Checkpoints(
            self.path.with_name(f"{NAME}-wal"), self.writer(), self.write, soon=checkpoint
        )
        self.checkpoints.start()

    def _make_usable(self, behind: int, now: Callable[[], int]) -> None:
        """Bring the file to this version, and mend what nothing works without.

        Raises:
            DamagedStoreError: that cannot be done.
        """
        try:
            upgrading.upgrade(self.log, _SCHEMA)
            for table, order in salvaging.SMALL:
                why = salvaging.broken(self.log, table)
                if why is not None:
                    salvaging.salvage(self.log, table, order, why, now())
            if behind:
                salvaging.write_down_wal(self.log, behind, now())
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            self.log.close()
            raise DamagedStoreError(
                f"The metric database {self.path} cannot be opened: {error}. "
                "`wanllmdb doctor` says what is damaged; `wanllmdb restore` brings back a backup."
            ) from error

    def writer(self) -> sqlite3.Connection:
        """One more connection that may write, in a `transaction`; closed with the database."""
        connection = self._connect_to_write()
        self._others.append(connection)
        return connection

    def _connect_to_write(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000
        )
        for pragma in (
            f"page_size={PAGE}",
            "auto_vacuum=INCREMENTAL",
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=0",  # `checkpoints` does it, so that no ack waits for it
            "journal_size_limit=67108864",
            "cache_size=-16384",
            # Some are built to write zeros over all that is deleted: twice the work for the log.
            "secure_delete=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if self._max_bytes is not None:
            connection.execute(f"PRAGMA max_page_count={max(self._max_bytes // PAGE, 1)}")
        return connection

    def reader(self) -> sqlite3.Connection:
        """A connection that can only read; closed with the database."""
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=10,
        )
        connection.execute("PRAGMA cache_size=-8192")
        connection.execute("PRAGMA mmap_size=1073741824")
        self._others.append(connection)
        return connection

    @contextlib.contextmanager
    def transaction(self, connection: sqlite3.Connection) -> Iterator[None]:
        """All that is written inside becomes durable at the end, or nothing does.

        Raises:
            StoreFullError: there is no room for it, or the disk does not take it.
        """
        self.checkpoints.room()
        with self.write:
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield
                if connection.in_transaction:
                    connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF in _LATER_CODES:
                    raise StoreFullError(f"The metric store cannot write: {error}.") from error
                raise
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def synced(self, connection: sqlite3.Connection) -> Iterator[None]:
        """What `sealing` commits inside outlives a power cut, as what `log` commits always does."""
        connection.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            connection.execute("PRAGMA synchronous=NORMAL")

    def empty_log(self) -> None:
        """Move all of the write-ahead log into the file and cut it, unless somebody reads it."""
        self.sealing.execute("PRAGMA busy_timeout=0")  # never wait for readers: try again later
        try:
            with self.write:
                self.sealing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                crash_point("checkpoint.emptied")
        finally:
            self.sealing.execute(f"PRAGMA busy_timeout={_BUSY_MS}")

    def wal_bytes(self) -> int:
        """Size of the write-ahead log."""
        with contextlib.suppress(FileNotFoundError):
            return self.path.with_name(f"{NAME}-wal").stat().st_size
        return 0

    def close(self) -> None:
        """Close all connections; the last one empties the write-ahead log."""
        self.checkpoints.close()
        for connection in (*self._others, self.sealing, self.log):
            connection.close()
