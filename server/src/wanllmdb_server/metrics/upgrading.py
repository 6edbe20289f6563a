"""Upgrading: a metric database of an earlier version becomes one of this version, at once or not.

What has no checks is given them as it is found: from then on it cannot change unseen.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import numpy as np

from wanllmdb_server.crash_points import crash_point
from wanllmdb_server.data_dir import DataDirError
from wanllmdb_server.metrics import checks, contents
from wanllmdb_server.metrics.attempts import entry_of
from wanllmdb_server.metrics.segment import NOTE, sign

VERSION: Final = 2
_CHECKED: Final = 1  # since this version rows bear checks: what is wrong now stays wrong
_ADDED: Final = (
    ("writer", "rows INT"),
    ("writer", "points INT"),
    ("writer", "refused INT"),
    ("writer", '"check" INT'),
    ("batch", "attempt INT NOT NULL DEFAULT 0"),
    ("batch", '"check" INT'),
    ("damaged", "attempt INT NOT NULL DEFAULT 0"),
    ("damaged", '"check" INT'),
    ("key", '"check" INT'),
)


class NewerStoreError(DataDirError):
    """The metric database was written by a newer version; this one must not touch it."""


def upgrade(connection: sqlite3.Connection, schema: str) -> None:
    """Bring a database to this version; one that is new gets its tables.

    Raises:
        NewerStoreError: it is of a later version.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise NewerStoreError(
            f"The metric database was written by a newer wanLLMDB (version {version} of the file). "
            "Install that version or a later one."
        )
    if version == VERSION:
        return
    connection.create_function("row_check", -1, checks.of_row, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in schema.split(";")[:-1]:
            connection.execute(statement)
        crash_point("layout.made")
        _add_columns(connection)
        if version < _CHECKED:
            _add_checks(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _add_columns(connection: sqlite3.Connection) -> None:
    for table, column in _ADDED:
        rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
        if column.split()[0].strip('"') not in {name for _, name, *_ in rows}:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def _add_checks(connection: sqlite3.Connection) -> None:
    connection.execute(
        'UPDATE writer SET "check" = row_check(run, name, position, rows, points, refused)'
    )
    connection.execute('UPDATE key SET "check" = row_check(run, name, id)')
    for number, run, attempt, *span, records, body in connection.execute(
        "SELECT id, run, attempt, low, first, last, records, body FROM batch"
    ).fetchall():
        check = checks.of_batch(number, run, attempt, (span[0], span[1], span[2]), records, body)
        connection.execute('UPDATE batch SET "check" = ? WHERE id = ?', (check, number))
    for (run,) in connection.execute("SELECT DISTINCT run FROM key").fetchall():
        names = connection.execute("SELECT run, name, id FROM key WHERE run = ?", (run,))
        contents.put(connection, run, contents.NAMES, contents.of_names(names.fetchall()))
    for (run,) in connection.execute("SELECT DISTINCT run FROM attempt").fetchall():
        contents.put(connection, run, contents.ATTEMPTS, entry_of(connection, run))
    for (run,) in connection.execute("SELECT DISTINCT run FROM chunk").fetchall():
        _sign_notes(connection, run)


def _sign_notes(connection: sqlite3.Connection, run: int) -> None:
    """Give the notes of a run their checks; one that was damaged before stays so."""
    signed: list[Any] = [np.empty(0, NOTE)]
    for *place, content, last in connection.execute(
        "SELECT key, kind, gen, part, note, last FROM chunk WHERE run = ?", (run,)
    ).fetchall():
        if len(content) != NOTE.itemsize or np.bitwise_xor.reduce(np.frombuffer(content, "<i8")):
            continue
        note = sign(np.frombuffer(content, NOTE).copy())
        signed.append(note)
        connection.execute(
            "UPDATE chunk SET note = ?, last = ?"
            " WHERE run = ? AND key = ? AND kind = ? AND gen = ? AND part = ?",
            (note.tobytes(), None if last is None else checks.guarded(last), run, *place),
        )
    for generation, entry in contents.of_notes(np.concatenate(signed)).items():
        contents.put(connection, run, generation, entry)
