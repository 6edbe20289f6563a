"""Backup of the metric database while others write to it.

Bodies never change and their numbers are never given twice: they are copied into packs, a few
in each short look at the database, and those that are in a pack of the last backup are not
copied again. What is left is small: in one look at one moment of the database, its other tables
are copied, and the bodies that came since. So nobody waits, the write-ahead log begins anew in
between, and a second backup costs what is new.

A pack is `WPK1`, how many bodies there are, (number, bytes) of each, and the bodies.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server import storing
from wanllmdb_server.domain.backup import BackupError
from wanllmdb_server.metrics import chunk
from wanllmdb_server.metrics.checkpoints import PAGE
from wanllmdb_server.metrics.database import NAME
from wanllmdb_server.storing import Piece, Progress

PACKS: Final = "packs"
STATE: Final = "state"
_MAGIC: Final = b"WPK1"
_PACK_BYTES: Final = 32 << 20
_LOOK_BYTES: Final = 4 << 20  # read in one look at the database
_LOOK: Final = 2048  # bodies, likewise
_FEW_BYTES: Final = 32 << 20  # that came meanwhile: so few are copied in the last look
_PASSES: Final = 5
_WASTE: Final = 2  # a pack is used again if one in so many of its bytes is still wanted

# Bodies that somebody refers to. What is trash may be gone in a moment, and was never needed.
_WANTED: Final = "SELECT b.id FROM body b LEFT JOIN trash t ON t.body = b.id WHERE t.body IS NULL"


@dataclass(slots=True)
class Copied:
    """What was copied of the metric database."""

    packs: list[Piece] = field(default_factory=list[Piece])
    state: Piece | None = None
    counts: dict[str, int] = field(default_factory=dict[str, int])
    damaged: list[str] = field(default_factory=list[str])


def copy(
    directory: Path, target: Path, known: Iterable[Piece], progress: Progress = storing.nothing
) -> Copied:
    """Copy the metric database in a directory into a backup.

    Args:
        directory: of the metric store; others may be at work in it.
        target: folder of the backup.
        known: packs that are in it already.
        progress: told of the bytes of bodies.
    """
    with contextlib.closing(_open(directory / NAME)) as connection:
        return _Copying(connection, target, known, progress).run()


def size_of(directory: Path) -> int:
    """About how many bytes there are to be copied."""
    with contextlib.suppress(FileNotFoundError):
        return (directory / NAME).stat().st_size
    return 0


class _Copying:
    def __init__(
        self,
        connection: sqlite3.Connection,
        target: Path,
        known: Iterable[Piece],
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._target = target
        self._progress = progress
        self._copied = Copied()
        self._held: set[int] = set()
        self._old: dict[Piece, dict[int, int]] = {}
        for piece in known:
            with contextlib.suppress(BackupError, OSError):  # then its bodies are copied again
                self._old[piece] = dict(contents(target / piece.path))

    def run(self) -> Copied:
        self._keep_packs()
        for _ in range(_PASSES):
            missing = self._missing()
            self._pack(missing)
            if sum(missing.values()) <= _FEW_BYTES:
                break
        self._connection.execute("BEGIN")
        try:
            self._copied.state = self._state()
            self._pack(self._missing())
            self._count()
        finally:
            self._connection.execute("ROLLBACK")
        return self._copied

    def _keep_packs(self) -> None:
        """Use the packs again of which enough is still wanted."""
        wanted = {number for (number,) in self._connection.execute(_WANTED)}
        for piece, sizes in self._old.items():
            live = sum(size for number, size in sizes.items() if number in wanted)
            if live * _WASTE >= sum(sizes.values()) > 0:
                self._copied.packs.append(piece)
                self._held |= sizes.keys()

    def _missing(self) -> dict[int, int]:
        """The bodies, with their sizes, that are in no pack."""
        numbers = [n for (n,) in self._connection.execute(_WANTED) if n not in self._held]
        return dict(
            self._connection.execute(
                "SELECT b.id, length(b.b) FROM json_each(?) q CROSS JOIN body b ON b.id = q.value",
                (json.dumps(numbers),),
            )
        )

    def _pack(self, missing: Mapping[int, int]) -> None:
        """Write packs of these bodies; those that are gone by now are not needed any more."""
        for numbers in _groups(missing, _PACK_BYTES, len(missing)):
            bodies = list(self._bodies({number: missing[number] for number in numbers}))
            if not bodies:
                continue
            heads = np.array([(number, len(body)) for number, body in bodies], "<i8")
            head = _MAGIC + len(bodies).to_bytes(4, "little") + heads.tobytes()
            content = [head, *(body for _, body in bodies)]
            self._copied.packs.append(storing.store(self._target, PACKS, ".pack", content))
            self._held |= {number for number, _ in bodies}

    def _bodies(self, sizes: Mapping[int, int]) -> Iterator[tuple[int, bytes]]:
        for numbers in _groups(sizes, _LOOK_BYTES, _LOOK):
            rows = self._connection.execute(
                "SELECT b.id, b.b FROM json_each(?) q CROSS JOIN body b ON b.id = q.value",
                (json.dumps(numbers),),
            ).fetchall()
            for number, body in rows:
                if not chunk.is_whole(body, number):
                    self._copied.damaged.append(f"body {number} of the metric database")
                self._progress(len(body))
                yield number, body

    def _state(self) -> Piece:
        """Copy all tables but the bodies, as of the moment of the transaction."""
        folder = self._target / STATE
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / ".draft.db"
        draft.unlink(missing_ok=True)
        connection = self._connection
        schema = connection.execute(
            "SELECT name, type, sql FROM main.sqlite_schema WHERE sql IS NOT NULL"
            " AND name NOT LIKE 'sqlite_%' ORDER BY type DESC"
        ).fetchall()
        (version,) = connection.execute("PRAGMA main.user_version").fetchone()
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as made:
            for pragma in (f"page_size={PAGE}", "auto_vacuum=INCREMENTAL", "journal_mode=OFF"):
                made.execute(f"PRAGMA {pragma}").fetchall()
            made.execute("PRAGMA synchronous=OFF")
            for _, _, sql in schema:
                made.execute(sql)
            made.execute(f"PRAGMA user_version={version}")
            made.execute("CREATE TABLE wanted(body INTEGER PRIMARY KEY)")
            made.execute("BEGIN")
            for name, kind, _ in schema:
                if kind == "table" and name not in {"body", "trash"}:
                    _copy_rows(connection, made, name)
            made.executemany("INSERT INTO wanted VALUES(?)", connection.execute(_WANTED))
            made.execute("COMMIT")
        return storing.adopt(self._target, STATE, ".db", draft)

    def _count(self) -> None:
        points, runs = self._connection.execute(
            "SELECT (SELECT ifnull(sum(n), 0) FROM chunk),"
            " (SELECT count(*) FROM (SELECT run FROM writer GROUP BY run))"
        ).fetchone()
        (batches,) = self._connection.execute("SELECT count(*) FROM batch").fetchone()
        self._copied.counts = {"runs": runs, "sealed_points": points, "batches": batches}


def restore(source: Path, packs: Iterable[Piece], state: Piece, directory: Path) -> None:
    """Build a metric store in a directory from a backup whose files were verified.

    Raises:
        BackupError: a body is in none of the packs.
    """
    directory.mkdir(parents=True, mode=0o700)
    path = directory / NAME
    with path.open("wb") as file:
        for part in storing.read(source / state.path):
            file.write(part)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF").fetchall()
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        wanted = {number for (number,) in connection.execute("SELECT body FROM wanted")}
        for pack in packs:
            rows = [each for each in bodies(source / pack.path) if each[0] in wanted]
            connection.executemany("INSERT OR REPLACE INTO body(id, b) VALUES(?, ?)", rows)
            wanted -= {number for number, _ in rows}
        if wanted:
            raise BackupError(f"{len(wanted)} bodies are in no pack of the backup.")
        connection.execute("DROP TABLE wanted")
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL").fetchall()


def contents(path: Path) -> list[tuple[int, int]]:
    """(number, bytes) of each body in a pack."""
    with path.open("rb") as file:
        return [(number, size) for number, size in _head(file.read(8), file.read).tolist()]


def bodies(path: Path) -> Iterator[tuple[int, bytes]]:
    """The bodies in a pack."""
    with path.open("rb") as file:
        for number, size in _head(file.read(8), file.read).tolist():
            yield number, file.read(size)


def _head(begin: bytes, read: Callable[[int], bytes]) -> NDArray[np.int64]:
    size = int.from_bytes(begin[4:], "little") * 16
    heads = read(size)
    if begin[:4] != _MAGIC or len(heads) < size:
        raise BackupError("A pack of the backup is none.")
    return np.frombuffer(heads, "<i8").reshape(-1, 2)


def _copy_rows(source: sqlite3.Connection, made: sqlite3.Connection, table: str) -> None:
    rows = source.execute(f"SELECT * FROM main.{table}")  # noqa: S608 - of the schema
    marks = ", ".join("?" * len(rows.description))
    made.executemany(f"INSERT INTO {table} VALUES({marks})", rows)


def _groups(sizes: Mapping[int, int], room: int, most: int) -> Iterator[list[int]]:
    """Numbers whose sizes fit a room together, at most so many."""
    group: list[int] = []
    left = room
    for number, size in sizes.items():
        if group and (size > left or len(group) >= most):
            yield group
            group, left = [], room
        group.append(number)
        left -= size
    if group:
        yield group


def _open(path: Path) -> sqlite3.Connection:
    """The database as others have it open; nothing is written to it."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=30
    )
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA cache_size=-4096")
    return connection
