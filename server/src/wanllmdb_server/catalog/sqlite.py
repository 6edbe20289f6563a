"""What SQLite alone needs: one writer at a time, and the pragmas of a durable server.

The only file with SQL that another database would not understand.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

from wanllmdb_server.domain.pattern import compiled

BUSY_TIMEOUT_MS: Final = 5000
WRITING: Final = "wanllmdb_writing"  # execution option of a connection that will write


_PASSING: Final = (
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR),  # a quota is told as the second
)


def is_passing(error: BaseException | None) -> bool:
    """Whether the fault goes away when others are done, or the disk has room again."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _PASSING


def prepare(engine: Engine) -> None:
    """Give each connection its pragmas, and let transactions begin as what they will be.

    FULL sync: what the catalog acknowledged outlives a power cut. A transaction that will
    write takes the write lock at once (BEGIN IMMEDIATE), so it never fails in its middle
    because another one was quicker.
    """

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            "cache_size = -16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        # Python's own patterns can be made to take for ever; these cannot.
        connection.create_function("regexp", 2, _matches, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _matches(pattern: str, text: object) -> bool:
    """What `text REGEXP pattern` says."""
    return isinstance(text, str) and compiled(pattern).found_in(text)
