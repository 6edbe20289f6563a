"""Salvaging: a table whose tree is damaged is built anew from the rows that can be read.

The tables without which the store cannot work are looked at when it is opened: their rows are
few. What of them cannot be read is gone; what can be read is kept, and that rows are gone is
written down for people.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final

_logger = logging.getLogger(__name__)

# The small tables, with what orders their rows.
SMALL: Final = (
    ("batch", "id"),
    ("writer", "run, name"),
    ("attempt", "run, number"),
    ("attempt_writer", "run, writer"),
    ("contents", "run, part"),
    ("damaged", "id"),
    ("lost", "id"),
    ("released", "run"),
    ("erasing", "run"),
    ("trash", "body"),
)

EVERY_RUN: Final = 0  # what is lost may be of any


def broken(connection: sqlite3.Connection, table: str) -> str | None:
    """What is wrong with the tree of a table, None if nothing is."""
    try:
        rows = connection.execute(f"PRAGMA quick_check({table})").fetchall()
    except sqlite3.DatabaseError as error:
        return str(error)
    said = [text for (text,) in rows if text != "ok"]
    return said[0] if said else None


def salvage(connection: sqlite3.Connection, table: str, order: str, why: str, now: int) -> int:
    """Build a table anew from what of it can be read; returns how many rows that is."""
    statements = [
        sql
        for (sql,) in connection.execute(
            "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL"
            " ORDER BY type DESC",
            (table,),
        )
    ]
    rows = {repr(row): row for row in _readable(connection, table, order)}
    connection.execute("PRAGMA writable_schema = ON")  # the damaged tree is not walked
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("DELETE FROM sqlite_schema WHERE tbl_name = ?", (table,))
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA writable_schema = RESET")
    connection.execute("BEGIN IMMEDIATE")
    for statement in statements:
        connection.execute(statement)
    for row in rows.values():
        marks = ", ".join("?" * len(row))
        with contextlib.suppress(sqlite3.IntegrityError):  # of what is damaged, not all can be
            connection.execute(f"INSERT INTO {table} VALUES({marks})", row)
    connection.execute(
        "INSERT INTO lost(run, what, why, found) VALUES(?, ?, ?, ?)",
        (EVERY_RUN, f"rows of the table {table}", why, now),
    )
    connection.execute("COMMIT")
    _logger.error(
        "metrics: the table %s was damaged (%s); %d rows could be read", table, why, len(rows)
    )
    return len(rows)


def write_down_wal(connection: sqlite3.Connection, commits: int, now: int) -> None:
    """Say that commits of the write-ahead log were lost."""
    why = f"{commits} commits behind a damaged place of the write-ahead log cannot be read"
    connection.execute(
        "INSERT INTO lost(run, what, why, found) VALUES(?, ?, ?, ?)",
        (EVERY_RUN, "the end of the write-ahead log", why, now),
    )
    _logger.error("metrics: %s", why)


def _readable(connection: sqlite3.Connection, table: str, order: str) -> Iterator[Sequence[Any]]:
    """The rows that can be read from one end or the other."""
    columns = order.split(", ")
    down = ", ".join(f"{column} DESC" for column in columns)
    for way in (order, down):
        try:
            yield from connection.execute(f"SELECT * FROM {table} ORDER BY {way}")  # noqa: S608
        except (sqlite3.DatabaseError, UnicodeDecodeError):  # noqa: PERF203 - two ways
            continue
