"""Thinning: of many rows the values that say most, each where it was logged.

Of every key a bucket of rows keeps its lowest value, its highest, its last, and the first that
is no number; of what is no number at all, the last. Nothing is averaged, moved or invented: a
value that is kept stands in a row of its own step and time, with the other kept ones of that
row. Rows of step 0 are kept whole. Pure: frames in, frames out.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from wanllmdb import frame, wire
from wanllmdb.frame import Form
from wanllmdb.wire import Kind

_NUMBERS: Final = frozenset({int, float, bool})

# Which form the rows of this number have; None if nobody knows.
FormOf = Callable[[int], Form | None]

# The keys from the outermost mapping to a value.
Path = tuple[str, ...]


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


class _Row(NamedTuple):
    """A row of a bucket, taken apart."""

    step: int
    time: int
    values: dict[Path, Any]


def thin(frames: Sequence[bytes], form_of: FormOf) -> Thinned:
    """Thin a bucket; what cannot be read is kept as it is."""
    rows = [_read(each, form_of) for each in frames]
    kept = _kept(rows)
    left: list[bytes] = []
    gone = values = 0
    for content, row, paths in zip(frames, rows, kept, strict=True):
        if row is None or len(paths) == len(row.values):
            left.append(content)
        elif paths:
            left.append(_part(content, row, paths))
            values += len(row.values) - len(paths)
        else:
            gone += 1
    return Thinned(left, gone, values)


def _kept(rows: Iterable[_Row | None]) -> list[set[Path]]:
    """Of each row the values that are kept."""
    extremes: dict[Path, _Extremes] = {}
    kept: list[set[Path]] = []
    for index, row in enumerate(rows):
        kept.append(set())
        if row is None:
            continue
        for path, value in row.values.items():
            known = extremes.get(path)
            if known is None:
                known = extremes[path] = _Extremes()
            known.see(index, value)
        if row.step == 0:
            kept[index].update(row.values)
    for path, known in extremes.items():
        for index in known.rows():
            kept[index].add(path)
    return kept


class _Extremes:
    """Which rows of a bucket say most about one key."""

    __slots__ = ("_high", "_highest", "_last", "_low", "_lowest", "_nan")

    def __init__(self) -> None:
        self._low = self._high = self._nan = self._last = -1
        self._lowest: Any = None
        self._highest: Any = None

    def see(self, index: int, value: Any) -> None:
        self._last = index
        if type(value) not in _NUMBERS:
            return
        if value != value:  # as NaN alone is
            self._nan = index if self._nan < 0 else self._nan
            return
        if self._low < 0 or value < self._lowest:
            self._low, self._lowest = index, value
        if self._high < 0 or value > self._highest:
            self._high, self._highest = index, value

    def rows(self) -> Iterator[int]:
        return (each for each in (self._low, self._high, self._nan, self._last) if each >= 0)


def _read(content: bytes, form_of: FormOf) -> _Row | None:
    payload = frame.payload_of(content)
    try:
        if content[frame.KIND_AT] == Kind.VALUES:
            form = form_of(int.from_bytes(payload[:2], "little"))
            said = form.row(payload) if form is not None else None
        else:
            said = wire.decode(payload)
    except (wire.WireError, struct.error):
        return None
    if said is None or not wire.is_row(list(said)):
        return None
    step, time, values = said
    return _Row(step, time, dict(_leaves(values, ())))


def _leaves(values: Mapping[str, Any], above: Path) -> Iterator[tuple[Path, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value and "_type" not in value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _part(content: bytes, row: _Row, paths: set[Path]) -> bytes:
    """A row with some of its values. It is the same row: its number stays."""
    values: dict[str, Any] = {}
    for path, value in row.values.items():
        if path in paths:
            inner = values
            for key in path[:-1]:
                inner = inner.setdefault(key, {})
            inner[path[-1]] = value
    payload = wire.encode((row.step, row.time, values))
    return frame.frame(Kind.ROW, payload, frame.HEAD.unpack_from(content)[3])
