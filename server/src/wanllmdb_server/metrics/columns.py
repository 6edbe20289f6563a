"""Columns: the rows of a batch, taken apart by key.

Numbers (booleans are 0 and 1) become arrays, everything else a list of objects. A nested dict is
flattened with "." into its keys, unless it calls itself something (`_type`): then it is one
object. What cannot be kept is refused value by value; the rest of the row stands. The same body
gives the same columns at any time, which is what makes replaying the log safe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wanllmdb_server.metrics.chunk import Stretch, join
from wanllmdb_server.metrics.pyramid import Ints

Rejection = tuple[int, str, str]  # position, code, detail


@dataclass(slots=True)
class Column:
    """The points of one key, in order of position."""

    position: Ints
    points: Stretch


@dataclass(slots=True)
class Object:
    """One value that is no number."""

    position: int
    step: int
    time: int
    key: str
    value: Any


@dataclass(slots=True)
class Columns:
    """What a batch says of points.

    Attributes:
        position: of every row, well-formed or not.
        numbers: a column for each key that has numbers, in order of appearance.
        objects: values that are no numbers, in order.
        rejected: (position, code, detail) of what is not kept.
    """

    position: Ints
    numbers: dict[str, Column] = field(default_factory=dict)
    objects: list[Object] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def after(columns: Columns, low: int) -> Columns:
    """Only what stands at positions above `low`."""
    if not len(columns.position) or columns.position[0] > low:
        return columns
    kept = Columns(columns.position[columns.position > low])
    for key, column in columns.numbers.items():
        first = int(np.searchsorted(column.position, low, "right"))
        if first < len(column.position):
            part = slice(first, None)
            kept.numbers[key] = Column(column.position[part], column.points[part])
    kept.objects = [each for each in columns.objects if each.position > low]
    kept.rejected = [each for each in columns.rejected if each[0] > low]
    return kept


def interleaved(columns: list[Column]) -> Column:
    """Columns of one key from rows of several layouts, as one by position."""
    if len(columns) == 1:
        return columns[0]
    position = np.concatenate([column.position for column in columns])
    order = np.argsort(position)
    return Column(position[order], join([column.points for column in columns])[order])
