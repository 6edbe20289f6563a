"""Ordering: chosen runs in an order of several keys, and where in it a page begins.

Numbers come before texts, and both before nothing, in either direction; see `domain.rank`.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import numpy as np

from wanllmdb_server.catalog.column import NO_TEXT, Column, Ints
from wanllmdb_server.domain import rank
from wanllmdb_server.domain.filter import TEXT_COLUMNS, Sort
from wanllmdb_server.domain.query import Field
from wanllmdb_server.domain.rank import Rank, Value
from wanllmdb_server.services.run_search.choice import Chosen


def field_of(sort: Sort) -> Field:
    """What a sort looks at."""
    if sort.part != "column":
        return Field(sort.part, sort.key)
    if sort.key == "duration":
        return Field("duration")
    return Field("text" if sort.key in TEXT_COLUMNS else "time", sort.key)


class Ordered:
    """Chosen runs in their order."""

    def __init__(self, chosen: Chosen, sorts: Sequence[Sort]) -> None:
        self._columns = [chosen.column(field_of(sort)) for sort in sorts]
        self._down = [sort.descending for sort in sorts]
        self._numbers = chosen.roster.numbers
        keys: list[Ints | np.ndarray] = []
        for column, down in zip(self._columns, self._down, strict=True):
            keys += _keys(column, chosen.rows, down=down)
        last = chosen.rows if not self._down[0] else -chosen.rows
        self.rows = chosen.rows[np.lexsort((last, *reversed(keys)))]

    def behind(self, last: Rank) -> int:
        """How many runs come up to the last one that was shown, which may be gone by now."""
        return bisect.bisect_left(
            range(len(self.rows)),
            True,
            key=lambda at: rank.follows(self.rank(at), last, self._down),
        )

    def rank(self, at: int) -> Rank:
        """The rank of the run at this place."""
        row = int(self.rows[at])
        values = tuple(_value(column, row) for column in self._columns)
        return Rank(int(self._numbers[row]), values)


def _keys(column: Column, rows: Ints, *, down: bool) -> list[Ints | np.ndarray]:
    """What rows are ordered by, first comes first."""
    text, number = column.text[rows], column.number[rows]
    worded = text != NO_TEXT
    group = np.where(worded, 1, np.where(np.isnan(number), 2, 0))
    sign = -1 if down else 1
    keys: list[Ints | np.ndarray] = [group, sign * np.where(group == 0, number, 0.0)]
    if worded.any():
        ranks = column.texts.ranks()
        keys.append(sign * np.where(worded, ranks[np.where(worded, text, 0)], 0))
    return keys


def _value(column: Column, row: int) -> Value:
    value = column.value(row)
    return Value(text=value) if isinstance(value, str) else Value(value)
