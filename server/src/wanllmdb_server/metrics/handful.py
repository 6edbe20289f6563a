"""Handful: a few rows of one form, as numbers of Python.

A script that logs now and then sends a row or two at a time, and two hundred of them send many
such batches. For so few rows, arrays cost more than they save: they stay as they are read until
there are many of them (`memtable`), or somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zlib import crc32

import msgspec
import numpy as np

from wanllmdb.frame import RESIDUE
from wanllmdb.wire import Batch, Kind
from wanllmdb_server.metrics.cells import EXACT, bad_key
from wanllmdb_server.metrics.chunk import Stretch
from wanllmdb_server.metrics.columns import Column, Columns
from wanllmdb_server.metrics.shapes import Rows

ROWS: Final = 16  # at most
_MAX_INT: Final = (1 << 63) - 1

_listed = msgspec.msgpack.Decoder(list[tuple[int, int, tuple[int, int, dict[str, float]]]])


@dataclass(slots=True)
class Handful:
    """Rows of one form, in order.

    Attributes:
        keys: of every row; each can be a key of a run.
        positions: of the rows.
        rows: step, time and the value of each key.
    """

    keys: tuple[str, ...]
    positions: list[int]
    rows: list[tuple[float, ...]]

    def columns(self) -> Columns:
        """The same as columns."""
        position = np.array(self.positions, np.int64)
        points = stretches(len(self.keys), self.rows)
        columns = Columns(position)
        for key, each in zip(self.keys, points, strict=True):
            columns.numbers[key] = Column(position, each)
        return columns


def stretches(width: int, rows: list[tuple[float, ...]]) -> list[Stretch]:
    """The points of each of `width` keys in rows of (step, time, *values)."""
    step = np.array([row[0] for row in rows], np.int64)
    time = np.array([row[1] for row in rows], np.int64)
    flat = np.array([row[2:] for row in rows], np.float64)
    values = np.ascontiguousarray(flat.reshape(len(rows), width).T)
    return [Stretch(step, time, value) for value in values]


def from_excerpt(rows: Rows, content: bytes) -> Handful | None:
    """The rows, if all are whole, of the form that they seem to be of, and plain numbers."""
    shape, begin, _, first = rows
    found = Handful(shape.keys, [], [])
    view = memoryview(content)
    size = shape.size
    for at in range(begin, len(content), size):
        magic, version, length, _, kind, number, *row, _ = shape.unpack(content, at)
        if (magic, version, length, kind, number) != shape.head or row[1] < 0:
            return None
        if crc32(view[at : at + size]) != RESIDUE:
            return None
        if shape.whole and any(not -EXACT < row[2 + place] < EXACT for place in shape.whole):
            return None
        found.positions.append(first + at - begin)
        found.rows.append(tuple(row))
    return found


def from_list(batch: Batch, content: bytes) -> Handful | None:
    """The rows of a list of records that are rows of the same keys and numbers."""
    try:
        listed = _listed.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return None
    if len(listed) != batch.count or not listed or listed[-1][0] != batch.end:
        return None
    found = Handful(tuple(listed[0][2][2]), [], [])
    if not found.keys:
        return None
    last = batch.start
    for position, kind, (step, time, values) in listed:
        fits = last < position and -_MAX_INT <= step <= _MAX_INT and 0 <= time <= _MAX_INT
        if not fits or kind != Kind.ROW or tuple(values) != found.keys:
            return None
        found.positions.append(position)
        found.rows.append((step, time, *values.values()))
        last = position
    if any(map(bad_key, found.keys)) or any(map(_is_beyond, found.rows)):
        return None
    return found


def _is_beyond(row: tuple[float, ...]) -> bool:
    """Whether an integer among the values may have lost digits."""
    return any(EXACT <= abs(value) < float("inf") for value in row[2:])
