"""Migrating: catalogs of every former version with rows in them, and a process that dies migrating.

Run as a module it reads orders, one a line: a catalog and a number. For each it forks a process
that brings the catalog to the newest version and gets SIGKILL when it begins the statement of
that number; the exit status is printed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import event

from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.migrations import upgrade

ROWS = 3  # in every table


def versions() -> list[str]:
    """Every version that there was, the oldest first."""
    script = ScriptDirectory.from_config(upgrade.configuration())
    return [each.revision for each in reversed(list(script.walk_revisions()))]


def make(path: Path, version: str) -> None:
    """A catalog of a version, with rows in every table."""
    catalog = Catalog(f"sqlite:///{path}", clock=lambda: 0)
    with catalog.writing() as connection:
        command.upgrade(upgrade.configuration(connection), version)
    catalog.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for table in _tables(connection):
            _fill(connection, table)
        connection.commit()
        assert not connection.execute("PRAGMA foreign_key_check").fetchall()


def content(path: Path) -> dict[tuple[str, str], list[Any]]:
    """What stands in each column of each table, row after row."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {
            (table, column): [
                value
                for (value,) in connection.execute(
                    f'SELECT "{column}" FROM "{table}" ORDER BY 1'  # noqa: S608 - of our tables
                )
            ]
            for table in _tables(connection)
            for column, *_ in _columns(connection, table)
        }


def schema(path: Path) -> list[tuple[Any, ...]]:
    """The tables and indexes as SQLite has them, and the version."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        said = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name")
        found = [(kind, name, " ".join((sql or "").split())) for kind, name, sql in said]
        if any(name == "alembic_version" for _, name, _ in found):
            found += connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return found


def integrity(path: Path) -> str:
    """What SQLite finds when it looks at every page; "ok"."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


def _tables(connection: sqlite3.Connection) -> Iterator[str]:
    """All tables but Alembic's, those first that others refer to."""
    left = {
        name: {row[2] for row in connection.execute(f'PRAGMA foreign_key_list("{name}")')} - {name}
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite_%' AND name != 'alembic_version' ORDER BY name"
        ).fetchall()
    }
    while left:
        ready = [name for name, others in left.items() if not others & left.keys()]
        assert ready, f"tables refer to each other in a circle: {left}"
        for name in ready:
            del left[name]
            yield name


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    return [(row[1], row[2]) for row in connection.execute(f'PRAGMA table_info("{table}")')]


def _fill(connection: sqlite3.Connection, table: str) -> None:
    columns = _columns(connection, table)
    referring = {
        row[3]: (row[2], row[4])
        for row in connection.execute(f'PRAGMA foreign_key_list("{table}")')
        if row[2] != table
    }
    places = ", ".join("?" * len(columns))
    for number in range(ROWS):
        values: list[Any] = []
        for name, kind in columns:
            if name in referring:
                other, key = referring[name]
                row = connection.execute(
                    f'SELECT "{key}" FROM "{other}" ORDER BY 1 LIMIT 1 OFFSET {number}'  # noqa: S608
                ).fetchone()
                values.append(row[0])
            else:
                values.append(_value(name, kind, number))
        names = ", ".join(f'"{name}"' for name, _ in columns)
        connection.execute(f'INSERT INTO "{table}"({names}) VALUES({places})', values)


def _value(column: str, kind: str, number: int) -> Any:
    """What stands in a column in a row: something of its kind, another in each row."""
    if kind in {"INTEGER", "BIGINT", "SMALLINT"}:
        return number + 1
    if kind == "BOOLEAN":
        return number % 2
    if kind in {"FLOAT", "REAL"} or kind.startswith("NUMERIC"):
        return number / 3
    if kind == "JSON":
        return json.dumps({column: [number, None, "ü"]})
    if kind == "BLOB":
        return bytes([number, 0, 255])
    if kind.startswith("VARCHAR"):
        return f"{column}-{number}-ü"[-int(kind[8:-1]) :]
    assert kind == "TEXT", kind
    return f"{column} of row {number}\n"


# The process that dies.


def main() -> None:
    """Die as often as is asked for."""
    for line in sys.stdin:
        path, number = json.loads(line)
        pid = os.fork()
        if not pid:
            _migrate(path, number)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


def _migrate(path: str, number: int) -> None:
    signal.alarm(30)
    catalog = Catalog(f"sqlite:///{path}", clock=lambda: 0)
    begun, count = False, 0

    def traced(statement: str) -> None:
        nonlocal begun, count
        begun = begun or statement.startswith("BEGIN IMMEDIATE")
        count += begun
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(catalog._engine, "connect")
    def trace(connection: sqlite3.Connection, _: Any) -> None:
        connection.set_trace_callback(traced)

    try:
        catalog.migrate()
    finally:
        os._exit(0 if catalog.version() else 1)


if __name__ == "__main__":
    main()
