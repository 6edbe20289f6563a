"""Many rows in few statements are the rows that were given, in their order."""

from __future__ import annotations

import sqlite3

import pytest

from wanllmdb_server.metrics.bulk import Insert


@pytest.mark.parametrize("count", [0, 1, 3, 4, 63, 64, 65, 512, 1001])
def test_all_rows_arrive_in_order(count: int) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE kept(a INT, b TEXT, c BLOB)")
    rows = [(number, f"n\0{number}", bytes([number % 256])) for number in range(count)]
    Insert("INSERT INTO kept(a, b, c)", 3).run(connection, rows)
    assert connection.execute("SELECT a, b, c FROM kept ORDER BY rowid").fetchall() == rows


def test_what_is_there_becomes_what_is_given() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE kept(a INT PRIMARY KEY, b INT)")
    behind = " ON CONFLICT(a) DO UPDATE SET b = excluded.b"
    insert = Insert("INSERT INTO kept(a, b)", 2, behind)
    insert.run(connection, [(number, 0) for number in range(100)])
    insert.run(connection, [(number, number) for number in range(50, 150)])
    found = connection.execute("SELECT a, b FROM kept ORDER BY a").fetchall()
    assert found == [(n, n if n >= 50 else 0) for n in range(150)]


def test_rows_too_wide_for_many_in_a_statement_go_one_by_one() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(f"CREATE TABLE kept({', '.join(f'c{n}' for n in range(300))})")
    rows = [tuple(range(at, at + 300)) for at in range(5)]
    Insert("INSERT INTO kept", 300).run(connection, rows)
    assert connection.execute("SELECT * FROM kept").fetchall() == rows
