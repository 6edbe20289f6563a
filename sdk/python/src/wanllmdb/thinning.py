"""Thinning: of many rows the values that say most, each where it was logged.

Of every key a bucket of rows keeps its lowest value, its highest, its last, and the first that
is no number; of what is no number at all, the last. Nothing is averaged, moved or invented: a
value that is kept stands in a row of its own step and time, with the other kept ones of that
row. A row costs about as much as to write it, the end of a bucket what it keeps.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wanllmdb import frame, wire
from wanllmdb.frame import Form
from wanllmdb.wire import Kind

_NUMBERS: Final = frozenset({int, float, bool})

# Which form the rows of this number have; None if nobody knows.
FormOf = Callable[[int], Form | None]

# A key of the row, or the keys from the outermost mapping to a value.
Path = str | tuple[str, ...]


@dataclass(frozen=True)
class Thinned:
    """What is left of a bucket.

    Attributes:
        frames: in the order of the rows.
        rows: of which nothing is kept.
        values: that are not kept, of rows of which something is.
    """

    frames: list[bytes]
    rows: int
    values: int


@dataclass(slots=True)
class Row:
    """A row, taken apart. `content` is its frame."""

    content: bytes
    step: int
    time: int
    values: dict[Path, Any]
    index: int = 0


def read(content: bytes, form_of: FormOf) -> Row | None:
    """The row that a frame holds; None if it cannot be read."""
    payload = frame.payload_of(content)
    try:
        if content[frame.KIND_AT] == Kind.VALUES:
            form = form_of(int.from_bytes(payload[:2], "little"))
            if form is None:
                return None
            step, time, values = form.row(payload)
            return Row(content, step, time, values)  # type: ignore[arg-type]  flat: all are paths
        said = wire.decode(payload)
    except (wire.WireError, struct.error):
        return None
    if not wire.is_row(said):
        return None
    step, time, values = said
    return Row(content, step, time, dict(_leaves(values, ())))


class Bucket:
    """Rows, of which few are kept. One thread at a time may use it.

    Attributes:
        rows: how many came.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._extremes: dict[Path, _Extremes] = {}

    def add(self, row: Row) -> None:
        """Look at a row."""
        row.index = self.rows
        self.rows += 1
        known = self._extremes
        for path, value in row.values.items():
            try:
                extremes = known[path]
            except KeyError:
                extremes = known[path] = _Extremes()
            extremes.last = row
            if type(value) in _NUMBERS:
                # Of numbers the first comes here as no number does: it compares with nothing.
                if not extremes.lowest <= value:
                    extremes.lower(value, row)
                if not extremes.highest >= value:
                    extremes.higher(value, row)

    def empty(self) -> Thinned:
        """What is left of the rows that came."""
        kept: dict[int, tuple[Row, set[Path]]] = {}
        for path, extremes in self._extremes.items():
            for row in extremes.rows():
                kept.setdefault(row.index, (row, set()))[1].add(path)
        gone = self.rows - len(kept)
        values = sum(len(row.values) - len(paths) for row, paths in kept.values())
        frames = [_part(*kept[index]) for index in sorted(kept)]
        self.rows = 0
        self._extremes = {}
        return Thinned(frames, gone, values)


_NOTHING: Final = float("nan")


class _Extremes:
    """Which rows of a bucket say most about one key."""

    __slots__ = ("high", "highest", "last", "low", "lowest", "odd")

    def __init__(self) -> None:
        self.lowest: float = _NOTHING
        self.highest: float = _NOTHING
        self.low: Row | None = None
        self.high: Row | None = None
        self.odd: Row | None = None  # the first that is NaN
        self.last: Row | None = None

    def lower(self, value: float, row: Row) -> None:
        if value == value:
            self.lowest, self.low = value, row
        elif self.odd is None:
            self.odd = row

    def higher(self, value: float, row: Row) -> None:
        if value == value:
            self.highest, self.high = value, row

    def rows(self) -> Iterator[Row]:
        return (row for row in (self.low, self.high, self.odd, self.last) if row is not None)


def _leaves(values: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[Path, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value and "_type" not in value:
            yield from _leaves(value, (*above, key))
        else:
            yield ((*above, key) if above else key), value


def _part(row: Row, paths: set[Path]) -> bytes:
    """A row with some of its values. It is the same row: its number stays."""
    if len(paths) == len(row.values):
        return row.content
    values: dict[str, Any] = {}
    for path, value in row.values.items():
        if path in paths:
            *above, key = (path,) if isinstance(path, str) else path
            inner = values
            for each in above:
                inner = inner.setdefault(each, {})
            inner[key] = value
    payload = wire.encode((row.step, row.time, values))
    return frame.frame(Kind.ROW, payload, frame.HEAD.unpack_from(row.content)[3])
