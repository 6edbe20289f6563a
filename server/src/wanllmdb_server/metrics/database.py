"""Database: the one SQLite file that holds the log and the chunks, and who may write it when.

    batch   the log: bodies as they came, until their points are in chunks
    writer  how far each writer of a run is durable
    key     names of series, numbered within a run by their first appearance
    chunk   a note about each series in each segment (`segment.NOTE`)
    body    all big bytes and nothing else
    damaged batches that could not be read back when the log was replayed, kept for people
    trash   bodies that nothing refers to (any more, or yet); swept in the background

Two threads write, one at a time (`write`): the log's and the sealer's. Any number read, each
with a connection of its own. `swap` is held where points leave the memtable and become chunks,
and for the moment in which a reader takes hold of both, so that it sees every point once.

Lists go in and out of SQLite as one JSON text or one blob: a statement that steps through a
thousand rows gives up Python's lock a thousand times, and gets it back late on a busy server.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from wanllmdb_server.metrics.memtable import Kept, RunTable
from wanllmdb_server.metrics.segment import NOTE, NUMBER, Notes, Segment, bodies_of, read_notes
from wanllmdb_server.metrics.store import StoreFullError

NAME: Final = "metrics-0.db"
PAGE: Final = 8192
_LATER_CODES: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS batch(id INTEGER PRIMARY KEY, run INT NOT NULL, low INT NOT NULL,
    first INT NOT NULL, last INT NOT NULL, records INT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS batch_run ON batch(run);
CREATE TABLE IF NOT EXISTS writer(run INT, name TEXT, position INT NOT NULL,
    PRIMARY KEY(run, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS key(run INT, name TEXT, id INT NOT NULL,
    PRIMARY KEY(run, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunk(run INT, key INT, kind INT, gen INT, part INT, n INT NOT NULL,
    note BLOB NOT NULL, last BLOB, PRIMARY KEY(run, key, kind, gen, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS body(id INTEGER PRIMARY KEY, b BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS damaged(id INTEGER PRIMARY KEY, run INT, low INT, first INT, last INT,
    records INT, body BLOB);
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
        self.sealing = self._connect_to_write()

    def _connect_to_write(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=10
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

    def wal_bytes(self) -> int:
        """Size of the write-ahead log."""
        with contextlib.suppress(FileNotFoundError):
            return self.path.with_name(f"{NAME}-wal").stat().st_size
        return 0

    def close(self) -> None:
        """Close all connections; the last one empties the write-ahead log."""
        for connection in (*self._readers, self.sealing, self.log):
            connection.close()


def insert_segment(connection: sqlite3.Connection, segment: Segment) -> None:
    """Write the bodies and the notes of a segment."""
    insert_bodies(connection, segment.bodies)
    if segment.notes:
        notes = np.concatenate(segment.notes)
        heads = np.stack([notes[name] for name in ("key", "kind", "gen", "part", "n")], axis=1)
        connection.execute(
            "INSERT INTO chunk(run, key, kind, gen, part, n, note) SELECT ?1,"
            " json_extract(e.value, '$[0]'), json_extract(e.value, '$[1]'),"
            " json_extract(e.value, '$[2]'), json_extract(e.value, '$[3]'),"
            " json_extract(e.value, '$[4]'), substr(?3, e.key * ?4 + 1, ?4) FROM json_each(?2) e",
            (int(notes["run"][0]), json.dumps(heads.tolist()), notes.tobytes(), NOTE.itemsize),
        )
    connection.executemany(
        "INSERT INTO chunk(run, key, kind, gen, part, n, note, last) VALUES(?,?,?,?,?,?,?,?)",
        [
            (*(int(note[name][0]) for name in ("run", "key", "kind", "gen", "part", "n")),
             note.tobytes(), last)
            for note, last in zip(segment.things, segment.last, strict=True)
        ],
    )  # fmt: skip


def insert_bodies(connection: sqlite3.Connection, bodies: Sequence[tuple[int, bytes]]) -> None:
    """Write bodies in one statement."""
    places: list[tuple[int, int, int]] = []
    at = 1
    for number, body in bodies:
        places.append((number, at, len(body)))
        at += len(body)
    connection.execute(
        "INSERT INTO body(id, b) SELECT json_extract(e.value, '$[0]'),"
        " substr(?2, json_extract(e.value, '$[1]'), json_extract(e.value, '$[2]'))"
        " FROM json_each(?1) e",
        (json.dumps(places), b"".join(body for _, body in bodies)),
    )


def fetch_bodies(connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, memoryview]:
    """Bodies by number."""
    found: dict[int, memoryview] = {}
    wanted = sorted(numbers)
    if not wanted:
        return found
    ids, lengths, content = connection.execute(
        "SELECT group_concat(b.id), group_concat(length(b.b)), CAST(group_concat(b.b, '') AS BLOB)"
        " FROM json_each(?) q CROSS JOIN body b ON b.id = q.value",
        (json.dumps(wanted),),
    ).fetchone()
    if ids is None:
        return found
    view, at = memoryview(content), 0
    for number, length in zip(ids.split(","), lengths.split(","), strict=True):
        found[int(number)] = view[at : at + int(length)]
        at += int(length)
    return found


_NOTES: Final = (
    "SELECT CAST(group_concat(c.note, '') AS BLOB) FROM json_each(?) q CROSS JOIN chunk c"
)
_OF_SERIES: Final = (
    _NOTES + " ON c.run = json_extract(q.value, '$[0]') AND c.key = json_extract(q.value, '$[1]')"
)
_OF_RUNS: Final = _NOTES + " ON c.run = q.value"


def fetch_notes(connection: sqlite3.Connection, series: Sequence[tuple[int, int]]) -> Notes:
    """The notes about (run, key)s, in their order, oldest segment first."""
    return _fetch(connection, _OF_SERIES, series)


def fetch_run_notes(connection: sqlite3.Connection, runs: Sequence[int]) -> Notes:
    """All notes about runs, run after run, key after key, oldest segment first."""
    return _fetch(connection, _OF_RUNS, runs)


def _fetch(connection: sqlite3.Connection, statement: str, wanted: Sequence[object]) -> Notes:
    try:
        (content,) = connection.execute(statement, (json.dumps(wanted),)).fetchone()
    except sqlite3.DataError:  # beyond what SQLite holds in one value
        half = len(wanted) // 2
        if not half:
            raise
        parts = wanted[:half], wanted[half:]
        return np.concatenate([_fetch(connection, statement, part) for part in parts])
    return read_notes(content or b"")


def fetch_keys(connection: sqlite3.Connection, runs: Sequence[int]) -> dict[tuple[int, int], str]:
    """Names of the sealed series of runs, by run and number."""
    columns = connection.execute(
        "SELECT json_group_array(k.run), json_group_array(k.id), json_group_array(k.name)"
        " FROM json_each(?) q CROSS JOIN key k ON k.run = q.value",
        (json.dumps(runs),),
    ).fetchone()
    run, number, name = map(msgspec.json.decode, columns)
    return dict(zip(zip(run, number, strict=True), name, strict=True))


def fetch_numbers(connection: sqlite3.Connection, key: str, runs: Sequence[int]) -> dict[int, int]:
    """The number of one key in each of the runs that have sealed points of it."""
    (content,) = connection.execute(
        "SELECT json_group_array(json_array(k.run, k.id)) FROM json_each(?) q"
        " CROSS JOIN key k ON k.run = q.value AND k.name = ?",
        (json.dumps(runs), key),
    ).fetchone()
    return dict(json.loads(content))


def fetch_last(connection: sqlite3.Connection, notes: Notes) -> list[bytes]:
    """The last value of each chunk of objects; empty if it is too long to stand beside the note."""
    places = np.stack([notes[name] for name in ("run", "key", "kind", "gen", "part")], axis=1)
    (content,) = connection.execute(
        "SELECT json_group_array(hex(c.last)) FROM json_each(?) q CROSS JOIN chunk c"
        " ON c.run = json_extract(q.value, '$[0]') AND c.key = json_extract(q.value, '$[1]')"
        " AND c.kind = json_extract(q.value, '$[2]') AND c.gen = json_extract(q.value, '$[3]')"
        " AND c.part = json_extract(q.value, '$[4]')",
        (json.dumps(places.tolist()),),
    ).fetchone()
    return [bytes.fromhex(each) for each in json.loads(content)]


def fetch_table(connection: sqlite3.Connection, run: int) -> RunTable:
    """What the memtable needs to know of the sealed points of a run."""
    sealed: dict[int, int] = {}
    segments: dict[int, int] = {}
    (content,) = connection.execute(
        "SELECT json_group_array(json_array(key, kind, gen, n)) FROM chunk WHERE run = ?", (run,)
    ).fetchone()
    for key, kind, generation, n in json.loads(content):
        segments[generation] = segments.get(generation, 0) + n
        if kind == NUMBER:
            sealed[key] = sealed.get(key, 0) + n
    names = sorted((number, name) for (_, number), name in fetch_keys(connection, [run]).items())
    keys = {name: Kept(number, sealed.get(number, 0)) for number, name in names}
    return RunTable(run, keys, segments)


def erase_run(connection: sqlite3.Connection, run: int) -> None:
    """Delete all there is of a run; its bodies become trash."""
    bodies = bodies_of(fetch_run_notes(connection, [run]))
    connection.execute(
        "INSERT OR IGNORE INTO trash SELECT value FROM json_each(?)", (json.dumps(bodies),)
    )
    for statement in (
        "DELETE FROM chunk WHERE run = ?",
        "DELETE FROM key WHERE run = ?",
        "DELETE FROM writer WHERE run = ?",
        "DELETE FROM batch WHERE run = ?",
        "DELETE FROM damaged WHERE run = ?",
    ):
        connection.execute(statement, (run,))
