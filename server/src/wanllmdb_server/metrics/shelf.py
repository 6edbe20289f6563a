"""Shelf: bodies fetched together and opened as they are asked for, each once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from wanllmdb_server.metrics import chunk
from wanllmdb_server.metrics.chunk import DamagedError, Stretch, Thing
from wanllmdb_server.metrics.pyramid import Bins, Floats, Ints
from wanllmdb_server.metrics.segment import OBJECT, Notes
from wanllmdb_server.metrics.statements import fetch_bodies

T = TypeVar("T")


class Shelf:
    """Some bodies, by number."""

    def __init__(self, connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
        self._raw = fetch_bodies(connection, numbers)
        self._axes: dict[int, tuple[Ints, Ints]] = {}
        self._values: dict[int, tuple[Floats, Ints | None]] = {}
        self._bins: dict[int, Bins] = {}
        self._things: dict[int, list[Thing]] = {}

    def _body(self, number: int) -> memoryview:
        try:
            return self._raw.pop(number)
        except KeyError:
            raise DamagedError(f"Body {number} of the metric store is missing.", number) from None

    def _decoded(self, decode: Callable[[memoryview, int], T], number: int) -> T:
        body = self._body(number)
        try:
            return decode(body, number)
        except DamagedError as error:
            raise DamagedError(f"Body {number}: {error}", number) from error

    def axis(self, number: int) -> tuple[Ints, Ints]:
        """The steps and times in a body."""
        if number not in self._axes:
            self._axes[number] = self._decoded(chunk.decode_axis, number)
        return self._axes[number]

    def values(self, number: int) -> tuple[Floats, Ints | None]:
        """The values in a body."""
        if number not in self._values:
            self._values[number] = self._decoded(chunk.decode_values, number)
        return self._values[number]

    def bins(self, number: int) -> Bins:
        """The bins in a body."""
        if number not in self._bins:
            self._bins[number] = self._decoded(chunk.decode_bins, number)
        return self._bins[number]

    def things(self, number: int) -> list[Thing]:
        """The objects in a body."""
        if number not in self._things:
            self._things[number] = self._decoded(chunk.decode_objects, number)
        return self._things[number]

    def stretches(self, notes: Notes) -> list[Stretch]:
        """The points that each note is about."""
        places = (notes[name].tolist() for name in ("axis", "axis_at", "body", "at", "n"))
        return [self._stretch(*place) for place in zip(*places, strict=True)]

    def _stretch(self, axis: int, axis_at: int, body: int, at: int, n: int) -> Stretch:
        step, time = self.axis(axis)
        value, extra = self.values(body)
        return Stretch(
            step[axis_at : axis_at + n],
            time[axis_at : axis_at + n],
            value[at : at + n],
            None if extra is None else extra[at : at + n],
        )


def point_bodies(notes: Notes) -> set[int]:
    """The bodies that hold the points, numbers or objects, which notes are about."""
    axes = notes["axis"][notes["kind"] != OBJECT]
    return set(np.concatenate([axes, notes["body"]]).tolist())
