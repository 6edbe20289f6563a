"""Bulk: many rows in few statements.

A statement for each row gives up Python's lock each time, and gets it back late on a busy server;
one that is told all rows as JSON spends more on taking that apart than on the rows. So rows are
bound as they are, as many in a statement as is usual and SQLite allows, whatever its version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

_SIZES: Final = (64, 16, 4, 1)  # rows in a statement; few sizes, so that SQLite knows them all
_MAX_BOUND: Final = 999  # values, before SQLite 3.32


class Insert:
    """A statement that inserts rows of one width, as many as there are.

    Args:
        before: the statement up to its rows.
        width: of each row.
        behind: what comes behind the rows.
    """

    def __init__(self, before: str, width: int, behind: str = "") -> None:
        row = f"({', '.join('?' * width)})"
        self._statements = [
            (size, f"{before} VALUES {', '.join([row] * size)}{behind}")
            for size in _SIZES
            if size * width <= _MAX_BOUND
        ]

    def run(self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert these rows, in their order."""
        at, left = 0, len(rows)
        for size, statement in self._statements:
            while left >= size:
                values = tuple(chain.from_iterable(rows[at : at + size]))
                connection.execute(statement, values)
                at, left = at + size, left - size
