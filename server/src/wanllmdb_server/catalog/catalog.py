"""Catalog: the relational store of accounts, projects and runs. One task, one transaction.

`with catalog.reading() as connection` and `with catalog.writing() as connection` are the only
ways in: the transaction is committed when the block ends and rolled back when it raises.
Every method may be called from any thread and blocks; callers on an event loop go by a thread.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from wanllmdb_server.catalog import sqlite
from wanllmdb_server.crash_points import crash_point
from wanllmdb_server.data_dir import DataDirError
from wanllmdb_server.domain.errors import UnavailableError

HEAD: Final = "0009"  # the newest migration; a test compares it with the folder

_log = logging.getLogger(__name__)
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class NewerCatalogError(DataDirError):
    """The catalog was written by a newer version of the server; this one must not touch it."""


class Catalog:
    """The database of everything that is not a point and not a blob."""

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], int],
        listening_since: Callable[[], int] | None = None,
    ) -> None:
        """Open the catalog at an SQLAlchemy URL.

        Args:
            url: where it is.
            clock: gives microseconds since the epoch.
            listening_since: since when everybody has been there who hears of runs, where that
                is not this process alone.
        """
        self.clock = clock
        self._opened = clock()
        self._listening_since = listening_since or (lambda: self._opened)
        # So often runs were deleted: what was found before may be another run of that name.
        self.deletions = 0
        self._engine = _engine(url)
        self._sqlite = self._engine.dialect.name == "sqlite"
        if self._sqlite:
            sqlite.prepare(self._engine)
        # SQLite has one writer. Waiting for a lock in our own process is fair and wakes at
        # once; SQLite's busy handler sleeps and lets newcomers overtake.
        self._turn = threading.Lock() if self._sqlite else contextlib.nullcontext()

    @property
    def since(self) -> int:
        """Before that, nobody listened to anybody; silence from then says nothing."""
        return self._listening_since()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in one transaction that only reads."""
        with _told_apart(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in one transaction that may write, committed at the end of the block."""
        with _told_apart(), self._turn, self._engine.connect() as connection:
            connection = connection.execution_options(**{sqlite.WRITING: True})
            with connection.begin():
                yield connection
                crash_point("catalog.written")
            crash_point("catalog.durable")

    def migrate(self) -> None:
        """Bring the tables to the newest version; does nothing when they are there already.

        Raises:
            NewerCatalogError: they are of a version that this server does not know.
        """
        if self.version() != HEAD:
            from wanllmdb_server.catalog.migrations import upgrade  # Alembic: only when needed

            with self.writing() as connection:
                upgrade.to_head(connection)
                crash_point("migration.written")
            crash_point("migration.durable")

    def version(self) -> str | None:
        """The migration at which the tables are, None for an empty database."""
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.scalar(text("SELECT version_num FROM alembic_version"))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """A database that is busy or full is a matter of time, not of the request."""
    try:
        yield
    except OperationalError as error:
        if sqlite.is_passing(error.orig):
            _log.warning("catalog: %s", error.orig)
            raise UnavailableError(
                "The catalog is busy or its disk is full.", code="catalog-unavailable"
            ) from error
        raise


def _engine(url: str) -> Engine:
    options: dict[str, Any] = {}
    if make_url(url).get_backend_name() == "sqlite":
        options["connect_args"] = {"check_same_thread": False}
    return create_engine(
        url,
        json_serializer=lambda value: _encode(value).decode(),
        json_deserializer=_decode,
        pool_size=16,
        max_overflow=48,
        **options,
    )
