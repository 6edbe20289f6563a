"""Columns: the rows of a batch, taken apart by key.

Numbers (booleans are 0 and 1) become arrays, everything else a list of objects. A nested dict is
flattened with "." into its keys, unless it calls itself something (`_type`): then it is one
object. What cannot be kept is refused value by value; the rest of the row stands. The same body
gives the same columns at any time, which is what makes replaying the log safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import msgspec
import numpy as np

from wanllmdb.wire import MAX_DEPTH, MAX_KEY_BYTES, Batch, Kind, WireError, inflate, is_row, records
from wanllmdb_server.metrics.chunk import Stretch
from wanllmdb_server.metrics.pyramid import Ints

EXACT: Final = 2.0**53  # integers beyond do not all fit a float64
TYPE_KEY: Final = "_type"

Rejection = tuple[int, str, str]  # position, code, detail

_uniform = msgspec.msgpack.Decoder(list[tuple[int, int, tuple[int, int, dict[str, float]]]])


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


def take_apart(batch: Batch) -> Columns:
    """The columns of a batch.

    Raises:
        WireError: the body is damaged, or disagrees with the batch's numbers.
    """
    if batch.kinds == 1 << Kind.ROW:
        columns = _from_uniform(batch)
        if columns is not None:
            return columns
    return _from_any(batch)


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


def _from_uniform(batch: Batch) -> Columns | None:
    """The usual batch, where every row has the same keys and only numbers; None if it is not."""
    try:
        found = _uniform.decode(inflate(batch.body))
    except (msgspec.DecodeError, RecursionError):
        return None
    if not found:
        return None
    keys = list(found[0][2][2])
    if any(kind != Kind.ROW or list(row[2]) != keys for _, kind, row in found):
        return None
    n = len(found)
    try:
        position = np.fromiter([each[0] for each in found], np.int64, n)
        step = np.fromiter([row[0] for _, _, row in found], np.int64, n)
        time = np.fromiter([row[1] for _, _, row in found], np.int64, n)
    except OverflowError:
        return None
    values = np.fromiter(chain.from_iterable(row[2].values() for _, _, row in found), np.float64)
    if time.min() < 0 or any(_bad_key(key) for key in keys) or _is_beyond(values).any():
        return None
    _check(batch, position)
    table = np.ascontiguousarray(values.reshape(n, len(keys)).T)
    columns = Columns(position)
    for key, value in zip(keys, table, strict=True):
        columns.numbers[key] = Column(position, Stretch(step, time, value))
    return columns


def _is_beyond(values: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    size = np.abs(values)
    return (size >= EXACT) & (size < np.inf)


def _check(batch: Batch, position: Ints) -> None:
    """The same agreement that `wire.records` asks for."""
    agrees = len(position) == batch.count and int(position[-1]) == batch.end
    if not agrees or int(position[0]) <= batch.start or (np.diff(position) <= 0).any():
        raise WireError("bad-position", "The records do not agree with the batch's own numbers.")


@dataclass(slots=True)
class _Growing:
    position: list[int] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    extra: dict[int, int] = field(default_factory=dict)

    def column(self) -> Column:
        n = len(self.position)
        extra = None
        if self.extra:
            extra = np.zeros(n, np.int64)
            extra[list(self.extra)] = list(self.extra.values())
        points = Stretch(
            np.array(self.step, np.int64),
            np.array(self.time, np.int64),
            np.array(self.value, np.float64),
            extra,
        )
        return Column(np.array(self.position, np.int64), points)


def _from_any(batch: Batch) -> Columns:
    """Any batch, value by value."""
    rows: list[int] = []
    growing: dict[str, _Growing] = {}
    columns = Columns(np.empty(0, np.int64))
    for position, kind, payload in records(batch):
        if kind != Kind.ROW:
            continue
        rows.append(position)
        if not is_row(payload):
            detail = "A row is [step, time, {key: value}] with integers of 64 bits."
            columns.rejected.append((position, "malformed-row", detail))
            continue
        step, time, values = payload
        for key, value, fault in _leaves("", values, 0):
            if fault is not None:
                columns.rejected.append((position, *fault))
            elif isinstance(value, (int, float)):
                column = growing.get(key)
                if column is None:
                    column = growing[key] = _Growing()
                _add(column, position, step, time, value)
            else:
                columns.objects.append(Object(position, step, time, key, value))
    columns.position = np.array(rows, np.int64)
    columns.numbers = {key: column.column() for key, column in growing.items()}
    return columns


def _add(column: _Growing, position: int, step: int, time: int, value: float) -> None:
    real = float(value)
    if isinstance(value, int) and abs(real) >= EXACT and int(real) != value:
        column.extra[len(column.value)] = value - int(real)
    column.position.append(position)
    column.step.append(step)
    column.time.append(time)
    column.value.append(real)


_Leaf = tuple[str, Any, tuple[str, str] | None]


def _leaves(prefix: str, values: dict[Any, Any], depth: int) -> Iterator[_Leaf]:
    """(key, value, fault) of each value, nested dicts flattened."""
    for name, value in values.items():
        if not isinstance(name, str):
            yield "", None, ("bad-key", f"A key is text, not {type(name).__name__}.")
            continue
        key = f"{prefix}{name}"
        if isinstance(value, dict) and value and TYPE_KEY not in value and depth < MAX_DEPTH:
            yield from _leaves(f"{key}.", value, depth + 1)
        else:
            yield key, value, _bad_key(key) or _bad_value(key, value, depth)


def _bad_key(key: str) -> tuple[str, str] | None:
    if len(key) * 4 > MAX_KEY_BYTES and len(key.encode()) > MAX_KEY_BYTES:
        return "bad-key", f"A key has at most {MAX_KEY_BYTES} bytes: {key[:40]}…"
    return None


def _bad_value(key: str, value: object, depth: int) -> tuple[str, str] | None:
    """Whether a value is nested deeper, or holds other things, than can be kept."""
    level = [value]
    while level:
        if any(not _is_known(each) for each in level):
            return "bad-value", f"The value of {key[:40]} holds what JSON has no word for."
        level = [inner for each in level for inner in _inside(each)]
        depth += bool(level)
        if depth > MAX_DEPTH:
            return "too-deep", f"The value of {key[:40]} is nested deeper than {MAX_DEPTH}."
    return None


def _is_known(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(name, str) for name in value)
    return value is None or isinstance(value, (float, int, str, list))


def _inside(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
