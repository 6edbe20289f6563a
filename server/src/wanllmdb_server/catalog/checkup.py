"""Checkup of the catalog: whether its file is whole, and whether its rows fit together."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wanllmdb_server.catalog.catalog import HEAD
from wanllmdb_server.domain.finding import Finding

_TOLD: Final = 5

# The newest times that a server itself has written.
_NEWEST: Final = (
    "SELECT max(t) FROM (SELECT max(created_at) t FROM projects UNION ALL"
    " SELECT max(heartbeat_at) FROM runs UNION ALL SELECT max(stored_at) FROM blobs)"
)


@dataclass(slots=True)
class Known:
    """What the catalog knows that others refer to.

    Attributes:
        runs: numbers of runs, also of those that are being deleted.
        blobs: digests and sizes.
        newest: the latest time in it, in microseconds since the epoch.
        readable: whether it could be asked.
    """

    runs: set[int] = field(default_factory=set[int])
    blobs: dict[str, int] = field(default_factory=dict[str, int])
    newest: int = 0
    readable: bool = False


def look(path: Path, known: Known) -> Iterator[Finding]:
    """What is wrong with a catalog; `known` becomes what it knows."""
    log = path.with_name(f"{path.name}-wal")
    if not path.is_file():
        yield Finding("catalog-missing", str(path))
        if log.is_file() and log.stat().st_size:
            yield Finding("log-without-database", str(log))
        return
    uri = f"{path.absolute().as_uri()}?mode=rw"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=30)) as connection:
            connection.execute("PRAGMA query_only=ON")
            yield from _look(connection, known)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        yield Finding("catalog-damaged", f"{path}: {error}")


def _look(connection: sqlite3.Connection, known: Known) -> Iterator[Finding]:
    broken = [text for (text,) in connection.execute("PRAGMA integrity_check(5)") if text != "ok"]
    if broken:
        yield Finding("catalog-damaged", "; ".join(broken))
    (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if version > HEAD:
        yield Finding("catalog-newer", f"version {version}; this one knows {HEAD}")
        return
    dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
    for table, _, other, _ in dangling[:_TOLD]:
        yield Finding("catalog-dangling", f"a row of {table} refers to one of {other}")
    if len(dangling) > _TOLD:
        yield Finding("catalog-dangling", f"and {len(dangling) - _TOLD} more")
    for query in ("SELECT number FROM runs", "SELECT number FROM deleted_runs"):
        known.runs.update(number for (number,) in connection.execute(query))
    known.blobs.update(connection.execute("SELECT digest, size FROM blobs"))
    (newest,) = connection.execute(_NEWEST).fetchone()
    known.newest = newest or 0
    known.readable = True
