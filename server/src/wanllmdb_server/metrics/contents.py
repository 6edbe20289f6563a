"""Contents: how many rows a run has in each part of the file, and the sum of their checks.

A part is a generation of its notes, the names of its keys, or its attempts. Who writes or
deletes rows of a part changes its entry in the same transaction. So rows that a disk has lost
are missed (`inspection`), which no check of rows that are there could tell.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wanllmdb_server.metrics import checks
from wanllmdb_server.metrics.segment import Notes, total_of

NAMES: Final = -1
ATTEMPTS: Final = -2
_NEWEST_GONE: Final = (0, -3)  # of no run


@dataclass(frozen=True, slots=True)
class Entry:
    """So many rows, and the sum of their checks."""

    n: int = 0
    total: int = 0

    def plus(self, other: Entry, sign: int = 1) -> Entry:
        """The rows of both, or, with -1, without those of the other."""
        return Entry(self.n + sign * other.n, checks.total((self.total, sign * other.total)))


def of_notes(notes: Notes) -> dict[int, Entry]:
    """The entries that notes of one run make, by generation."""
    generations = np.unique(notes["gen"]).tolist()
    return {each: _entry(notes[notes["gen"] == each]) for each in generations}


def _entry(notes: Notes) -> Entry:
    return Entry(len(notes), total_of(notes))


def of_names(names: Iterable[tuple[int, str, int]]) -> Entry:
    """The entry of names: (run, name, number)."""
    found = [checks.of_row(*each) for each in names]
    return Entry(len(found), checks.total(found))


def add(connection: sqlite3.Connection, run: int, part: int, more: Entry) -> None:
    """Rows were added to a part."""
    put(connection, run, part, _now(connection, run, part).plus(more))


def take(connection: sqlite3.Connection, run: int, part: int, less: Entry) -> None:
    """Rows were deleted of a part."""
    put(connection, run, part, _now(connection, run, part).plus(less, -1))


def put(connection: sqlite3.Connection, run: int, part: int, entry: Entry) -> None:
    """These are the rows of a part from now on."""
    if not entry.n:
        connection.execute("DELETE FROM contents WHERE run = ? AND part = ?", (run, part))
        return
    row = (run, part, entry.n, entry.total)
    connection.execute(
        'INSERT OR REPLACE INTO contents(run, part, n, total, "check") VALUES(?, ?, ?, ?, ?)',
        (*row, checks.of_row(*row)),
    )


def _now(connection: sqlite3.Connection, run: int, part: int) -> Entry:
    row = connection.execute(
        "SELECT n, total FROM contents WHERE run = ? AND part = ?", (run, part)
    ).fetchone()
    return Entry(*row) if row else Entry()


def fetch(
    connection: sqlite3.Connection, runs: Sequence[int]
) -> dict[tuple[int, int], Entry | None]:
    """The entries of runs, by run and part; None for one that is not what was written."""
    (content,) = connection.execute(
        'SELECT json_group_array(json_array(c.run, c.part, c.n, c.total, c."check"))'
        " FROM json_each(?) q CROSS JOIN contents c ON c.run = q.value",
        (json.dumps(list(runs)),),
    ).fetchone()
    return {
        (run, part): Entry(n, total) if check == checks.of_row(run, part, n, total) else None
        for run, part, n, total, check in json.loads(content)
    }


def newest_gone(connection: sqlite3.Connection) -> int:
    """The highest number of a body that was deleted."""
    return _now(connection, *_NEWEST_GONE).n


def put_newest_gone(connection: sqlite3.Connection, number: int) -> None:
    """A body of this number was deleted, and none of a higher one."""
    put(connection, *_NEWEST_GONE, Entry(number))
