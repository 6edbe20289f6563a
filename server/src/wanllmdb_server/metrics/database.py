"""Database: the one SQLite file that holds the log and the chunks, and who may write it when.

    batch   the log: bodies as they came, until their points are in chunks
    writer  how far each writer of a run is durable, and what was taken of it up to there
    attempt which attempts a run was logged in, if there was more than one (`succession`)
    attempt_writer  and who is known to belong to which
    key     names of series, numbered within a run by their first appearance
    chunk   a note about each series in each segment (`segment.NOTE`)
    body    all big bytes and nothing else
    damaged batches that could not be read back when the log was replayed, kept for people
    trash   bodies that nothing refers to (any more, or yet); swept in the background

Two threads write, one at a time (`write`): the log's and the sealer's. Any number read, each
with a connection of its own. `swap` is held where points leave the memtable and become chunks,
and for the moment in which a reader takes hold of both, so that it sees every point once.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wanllmdb_server.metrics.store import StoreFullError

NAME: Final = "metrics-0.db"
PAGE: Final = 8192
_BUSY_MS: Final = 10_000  # how long a statement waits for another process's lock
_LATER_CODES: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS batch(id INTEGER PRIMARY KEY, run INT NOT NULL, low INT NOT NULL,
    first INT NOT NULL, last INT NOT NULL, records INT NOT NULL, body BLOB NOT NULL,
    attempt INT NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS batch_run ON batch(run);
CREATE TABLE IF NOT EXISTS writer(run INT, name TEXT, position INT NOT NULL,
    rows INT, points INT, refused INT, PRIMARY KEY(run, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS key(run INT, name TEXT, id INT NOT NULL,
    PRIMARY KEY(run, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunk(run INT, key INT, kind INT, gen INT, part INT, n INT NOT NULL,
    note BLOB NOT NULL, last BLOB, PRIMARY KEY(run, key, kind, gen, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS body(id INTEGER PRIMARY KEY, b BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS damaged(id INTEGER PRIMARY KEY, run INT, low INT, first INT, last INT,
    records INT, body BLOB, attempt INT NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS attempt(run INT, number INT, at INT NOT NULL, after INT,
    until INT, copied INT, PRIMARY KEY(run, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempt_writer(run INT, writer TEXT, number INT NOT NULL,
    PRIMARY KEY(run, writer)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trash(body INTEGER PRIMARY KEY);
"""


class Database:
    """The file, its two writing connections and the locks around them.

    Args:
        directory: where the file is, or will be.
        max_bytes: of the file, None for as large as the disk.
    """

    def __init__(self, directory: Path, *, max_bytes: int | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / NAME
        self.write = threading.Lock()
        self.swap = threading.Lock()
        self._max_bytes = max_bytes
        self._readers: list[sqlite3.Connection] = []
        self.log = self._connect_to_write()
        self.log.executescript(_SCHEMA)
        _add_totals(self.log)
        _add_attempts(self.log)
        self.sealing = self._connect_to_write()
        # A power cut may undo the last sealing: its points are then in the log again. The
        # log's next sync, and every checkpoint, makes all before it durable, in this order.
        self.sealing.execute("PRAGMA synchronous=NORMAL")

    def _connect_to_write(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000
        )
        for pragma in (
            f"page_size={PAGE}",
            "auto_vacuum=INCREMENTAL",
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=0",  # the sealer does it, so that no ack waits for it
            "journal_size_limit=67108864",
            "cache_size=-16384",
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
        self._readers.append(connection)
        return connection

    @contextlib.contextmanager
    def transaction(self, connection: sqlite3.Connection) -> Iterator[None]:
        """All that is written inside becomes durable at the end, or nothing does.

        Raises:
            StoreFullError: there is no room for it, or the disk does not take it.
        """
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

    def checkpoint(self) -> None:
        """Move what is durable in the write-ahead log to its place in the file."""
        _, frames, moved = self.sealing.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if moved < frames:
            with self.write:  # the little that came meanwhile; then the log begins anew
                self.sealing.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def empty_log(self) -> None:
        """Move all of the write-ahead log into the file and cut it, unless somebody reads it."""
        self.sealing.execute("PRAGMA busy_timeout=0")  # never wait for readers: try again later
        try:
            with self.write:
                self.sealing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self.sealing.execute(f"PRAGMA busy_timeout={_BUSY_MS}")

    def wal_bytes(self) -> int:
        """Size of the write-ahead log."""
        with contextlib.suppress(FileNotFoundError):
            return self.path.with_name(f"{NAME}-wal").stat().st_size
        return 0

    def close(self) -> None:
        """Close all connections; the last one empties the write-ahead log."""
        for connection in (*self._readers, self.sealing, self.log):
            connection.close()


def _add_totals(connection: sqlite3.Connection) -> None:
    """Give the writers of an older file the columns that it lacks; what they took is not known."""
    known = {name for _, name, *_ in connection.execute("PRAGMA table_info(writer)")}
    for name in ("rows", "points", "refused"):
        if name not in known:
            connection.execute(f"ALTER TABLE writer ADD COLUMN {name} INT")


def _add_attempts(connection: sqlite3.Connection) -> None:
    """Give the batches of an older file the attempt that they are of: all of the first."""
    for table in ("batch", "damaged"):
        known = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
        if "attempt" not in known:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN attempt INT NOT NULL DEFAULT 0")
