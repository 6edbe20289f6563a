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
from typing import Any, Final, cast

import msgspec
import numpy as np

from wanllmdb.wire import (
    MAX_DEPTH,
    MAX_KEY_BYTES,
    ROW_KINDS,
    Batch,
    Excerpt,
    Kind,
    WireError,
    decode,
    excerpt_of,
    inflate,
    is_row,
    records,
)
from wanllmdb_server.domain.run import CONSOLE_PREFIX, SYSTEM_PREFIX
from wanllmdb_server.metrics import excerpts, stencil
from wanllmdb_server.metrics.chunk import Stretch, join
from wanllmdb_server.metrics.excerpts import Table
from wanllmdb_server.metrics.pyramid import Floats, Ints

EXACT: Final = 2.0**53  # integers beyond do not all fit a float64
TYPE_KEY: Final = "_type"
_LAYOUTS: Final = 32  # sets of keys in a batch; with more, value by value is as fast

Rejection = tuple[int, str, str]  # position, code, detail

_numbers = msgspec.msgpack.Decoder(list[tuple[int, int, tuple[int, int, dict[str, float]]]])


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
    content = inflate(batch.body)
    excerpt = excerpt_of(batch, content)
    if excerpt is not None:
        return _from_excerpt(excerpt)
    if batch.kinds == 1 << Kind.ROW:
        for quickly in (_from_like_rows, _from_numbers):
            columns = quickly(batch, content)
            if columns is not None:
                return columns
    return _one_by_one(batch)


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


_Rows = list[tuple[int, int, tuple[int, int, dict[str, float]]]]


def _from_like_rows(batch: Batch, content: bytes) -> Columns | None:
    """The usual batch, whose rows have the same keys and nothing but numbers; else None."""
    found = stencil.cut(content, batch.count)
    if found is None or (found.time < 0).any() or any(map(_bad_key, found.keys)):
        return None
    _check(batch, found.position)
    columns = Columns(found.position)
    for key, value in zip(found.keys, found.values, strict=True):
        columns.numbers[key] = Column(found.position, Stretch(found.step, found.time, value))
    return columns


def _from_numbers(batch: Batch, content: bytes) -> Columns | None:
    """A batch that holds rows of few layouts and nothing but numbers; else None."""
    try:
        found = _numbers.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return None
    layouts = _layouts(found)
    heads = _heads(found)
    if layouts is None or heads is None:
        return None
    _check(batch, heads[0])
    parts: dict[str, list[Column]] = {}
    for keys, rows in layouts.items():
        values = chain.from_iterable([found[at][2][2].values() for at in rows])
        table = np.fromiter(values, np.float64, len(rows) * len(keys)).reshape(len(rows), -1)
        if _is_beyond(table):
            return None
        position, step, time = heads if len(layouts) == 1 else heads[:, rows]
        for key, value in zip(keys, table.T.copy(), strict=True):
            parts.setdefault(key, []).append(Column(position, Stretch(step, time, value)))
    return Columns(heads[0], {key: _interleaved(columns) for key, columns in parts.items()})


def _layouts(found: _Rows) -> dict[tuple[str, ...], list[int]] | None:
    """The rows (by place) that have the same keys in the same order; None if it is no use."""
    layouts: dict[tuple[str, ...], list[int]] = {}
    for at, (_, kind, row) in enumerate(found):
        if kind != Kind.ROW:
            return None
        layouts.setdefault(tuple(row[2]), []).append(at)
    few = 0 < len(layouts) <= _LAYOUTS
    return layouts if few and not any(map(_bad_key, chain.from_iterable(layouts))) else None


def _heads(found: _Rows) -> Ints | None:
    """Positions, steps and times of all rows; None if one is out of bounds."""
    try:
        heads = np.array([(position, row[0], row[1]) for position, _, row in found], np.int64)
    except OverflowError:
        return None
    heads = heads.reshape(-1, 3).T.copy()
    return None if (heads[2] < 0).any() else heads


def _interleaved(columns: list[Column]) -> Column:
    """Columns of one key from rows of several layouts, as one by position."""
    if len(columns) == 1:
        return columns[0]
    position = np.concatenate([column.position for column in columns])
    order = np.argsort(position)
    return Column(position[order], join([column.points for column in columns])[order])


def _is_beyond(values: Floats) -> bool:
    """Whether an integer among the numbers may have lost digits."""
    size = np.abs(values)
    return bool(((size >= EXACT) & (size < np.inf)).any())


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


def _one_by_one(batch: Batch) -> Columns:
    """Any batch, record by record."""
    return _from_any((each.position, as_row(each.kind, each.payload)) for each in records(batch))


def _from_any(rows: Iterable[tuple[int, object]]) -> Columns:
    """Rows of any kind, value by value; None is no row."""
    positions: list[int] = []
    growing: dict[str, _Growing] = {}
    columns = Columns(np.empty(0, np.int64))
    for position, payload in rows:
        if payload is None:
            continue
        positions.append(position)
        if not is_row(payload):
            detail = "A row is [step, time, {key: value}] with integers of 64 bits."
            columns.rejected.append((position, "malformed-row", detail))
            continue
        step, time, values = cast("tuple[int, int, dict[str, Any]]", payload)
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
    columns.position = np.array(positions, np.int64)
    columns.numbers = {key: column.column() for key, column in growing.items()}
    return columns


def as_row(kind: int, payload: object) -> object:
    """What a record says as a row of the store: None if it is none, an empty list if malformed."""
    if kind == Kind.ROW:
        return payload
    if kind == Kind.CONSOLE:
        match payload:
            case [("stdout" | "stderr") as stream, int(line), int(time), str(text)]:
                return [line, time, {CONSOLE_PREFIX + stream: text}]
            case _:
                return []
    if kind == Kind.SYSTEM:
        keys = payload[2] if is_row(payload) else {"": 0}  # type: ignore[index]
        return payload if all(str(key).startswith(SYSTEM_PREFIX) for key in keys) else []
    return None


def _from_excerpt(excerpt: Excerpt) -> Columns:
    """The columns of a stretch of a spool's segment."""
    contents = excerpts.read(excerpt)
    others = [
        (position, as_row(kind, _decoded(payload)))
        for position, kind, payload in contents.others
        if kind in ROW_KINDS
    ]
    parts: dict[str, list[Column]] = {}
    positions: list[Ints] = []
    for table in excerpts.by_form(contents.tables):
        if not _from_table(table, parts):
            others += _unpacked(table)
            continue
        positions.append(table.position)
    if others:
        others.sort(key=lambda each: each[0])
        columns = _from_any(others)
        positions.append(columns.position)
        for key, column in columns.numbers.items():
            parts.setdefault(key, []).append(column)
    else:
        columns = Columns(np.empty(0, np.int64))
    for position in contents.torn:
        columns.rejected.append((position, "damaged", "Behind it, bytes hold no whole record."))
    for position in contents.nameless:
        columns.rejected.append((position, "unknown-form", "Nothing names the keys of this row."))
    columns.numbers = {key: _interleaved(found) for key, found in parts.items()}
    if positions:
        columns.position = (
            np.sort(np.concatenate(positions)) if len(positions) > 1 else positions[0]
        )
    return columns


def _from_table(table: Table, parts: dict[str, list[Column]]) -> bool:
    """Add a table's columns; False if it must be looked at value by value."""
    if (table.time < 0).any() or any(map(_bad_key, table.form.keys)):
        return False
    values: list[Floats] = list(table.values)
    for at, code in enumerate(table.form.types):
        if code == "q":
            whole = values[at].view(np.int64)
            if ((whole >= EXACT) | (whole <= -EXACT)).any():
                return False
            values[at] = whole.astype(np.float64)
    for key, value in zip(table.form.keys, values, strict=True):
        points = Stretch(table.step, table.time, value)
        parts.setdefault(key, []).append(Column(table.position, points))
    return True


def _unpacked(table: Table) -> list[tuple[int, object]]:
    """The rows of a table as rows of the wire."""
    columns = [
        (values.view(np.int64) if code == "q" else values).tolist()
        for code, values in zip(table.form.types, table.values, strict=True)
    ]
    heads = zip(table.position.tolist(), table.step.tolist(), table.time.tolist(), strict=True)
    rows = zip(*columns, strict=True)
    return [
        (position, [step, time, dict(zip(table.form.keys, row, strict=True))])
        for (position, step, time), row in zip(heads, rows, strict=True)
    ]


def _decoded(payload: bytes) -> object:
    try:
        return decode(payload)
    except WireError:
        return []


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
            scalar = value is None or isinstance(value, (float, int, str))
            fault = _bad_key(key)
            yield key, value, fault or (None if scalar else _bad_value(key, value, depth))


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
