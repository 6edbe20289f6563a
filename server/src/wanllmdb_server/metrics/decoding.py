"""Decoding: the body of a batch as columns, each kind of body in the quickest way that fits it.

An excerpt of a spool is read as tables (`excerpts`); a list of records as one form where all are
alike (`stencil`), as numbers where they are nothing else, and value by value (`cells`) where
nothing quicker is right. The answers are the same.
"""

from __future__ import annotations

from itertools import chain
from typing import Final

import msgspec
import numpy as np
from zstandard import ZstdError, frame_content_size

from wanllmdb.wire import (
    ROW_KINDS,
    Batch,
    Excerpt,
    Kind,
    WireError,
    decode,
    excerpt_of,
    inflate,
    records,
)
from wanllmdb_server.metrics import excerpts, handful, sections, shapes, stencil
from wanllmdb_server.metrics.cells import EXACT, as_row, bad_key, from_rows
from wanllmdb_server.metrics.chunk import Stretch
from wanllmdb_server.metrics.columns import Column, Columns, interleaved
from wanllmdb_server.metrics.excerpts import Table
from wanllmdb_server.metrics.handful import Handful
from wanllmdb_server.metrics.pyramid import Floats, Ints

_AT_ONCE: Final = 16 * 1024  # bytes of a body,
_UNPACKED_AT_ONCE: Final = 64 * 1024  # and of what it holds
_LAYOUTS: Final = 32  # sets of keys in a batch; with more, value by value is as fast

_numbers = msgspec.msgpack.Decoder(list[tuple[int, int, tuple[int, int, dict[str, float]]]])


def take_apart(batch: Batch) -> Columns:
    """The columns of a batch.

    Raises:
        WireError: the body is damaged, or disagrees with the batch's numbers.
    """
    content = inflate(batch.body)
    rows = shapes.rows_of(batch, content)
    columns = None if rows is None else shapes.columns_of(rows, content)
    if columns is not None:
        return columns
    excerpt = excerpt_of(batch, content)
    if excerpt is not None:
        return sections.columns_of(excerpt) or _from_excerpt(excerpt, batch.writer)
    if batch.kinds == 1 << Kind.ROW:
        for quickly in (_from_like_rows, _from_numbers):
            columns = quickly(batch, content)
            if columns is not None:
                return columns
    return _one_by_one(batch)


def at_once(batch: Batch) -> Handful | Columns | None:
    """What a small batch holds, if that is known in the time that it takes to ask somebody else.

    None where it takes longer, or there is something to be said against the batch.
    """
    if len(batch.body) > _AT_ONCE:
        return None
    try:
        if not 0 <= frame_content_size(batch.body) <= _UNPACKED_AT_ONCE:
            return None
        content = inflate(batch.body)
    except (WireError, ZstdError):
        return None
    rows = shapes.rows_of(batch, content)
    if rows is None:
        if batch.kinds == 1 << Kind.VALUES:
            return _in_sections(batch, content)
        few = batch.count <= handful.ROWS and batch.kinds == 1 << Kind.ROW
        return handful.from_list(batch, content) if few else None
    if rows.count <= handful.ROWS:
        return handful.from_excerpt(rows, content)
    return shapes.columns_of(rows, content)


def _in_sections(batch: Batch, content: bytes) -> Columns | None:
    """The rows of an excerpt of several forms, if they stand form by form."""
    try:
        excerpt = excerpt_of(batch, content)
    except WireError:
        return None
    return None if excerpt is None else sections.columns_of(excerpt)


def _one_by_one(batch: Batch) -> Columns:
    """Any batch, record by record."""
    return from_rows(
        (each.position, as_row(each.kind, each.payload, batch.writer)) for each in records(batch)
    )


def _from_excerpt(excerpt: Excerpt, writer: str) -> Columns:
    """The columns of a stretch of a spool's segment."""
    contents = excerpts.read(excerpt)
    others = [
        (position, as_row(kind, _decoded(payload), writer))
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
        columns = from_rows(others)
        positions.append(columns.position)
        for key, column in columns.numbers.items():
            parts.setdefault(key, []).append(column)
    else:
        columns = Columns(np.empty(0, np.int64))
    for position in contents.torn:
        columns.rejected.append((position, "damaged", "Bytes before it hold no whole record."))
    for position in contents.nameless:
        columns.rejected.append((position, "unknown-form", "Nothing names the keys of this row."))
    columns.numbers = {key: interleaved(found) for key, found in parts.items()}
    if positions:
        columns.position = (
            np.sort(np.concatenate(positions)) if len(positions) > 1 else positions[0]
        )
    return columns


def _from_table(table: Table, parts: dict[str, list[Column]]) -> bool:
    """Add a table's columns; False if it must be looked at value by value."""
    if (table.time < 0).any() or any(map(bad_key, table.form.keys)):
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


_Rows = list[tuple[int, int, tuple[int, int, dict[str, float]]]]


def _from_like_rows(batch: Batch, content: bytes) -> Columns | None:
    """The usual batch, whose rows have the same keys and nothing but numbers; else None."""
    found = stencil.cut(content, batch.count)
    if found is None or (found.time < 0).any() or any(map(bad_key, found.keys)):
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
    return Columns(heads[0], {key: interleaved(columns) for key, columns in parts.items()})


def _layouts(found: _Rows) -> dict[tuple[str, ...], list[int]] | None:
    """The rows (by place) that have the same keys in the same order; None if it is no use."""
    layouts: dict[tuple[str, ...], list[int]] = {}
    for at, (_, kind, row) in enumerate(found):
        if kind != Kind.ROW:
            return None
        layouts.setdefault(tuple(row[2]), []).append(at)
    few = 0 < len(layouts) <= _LAYOUTS
    return layouts if few and not any(map(bad_key, chain.from_iterable(layouts))) else None


def _heads(found: _Rows) -> Ints | None:
    """Positions, steps and times of all rows; None if one is out of bounds."""
    try:
        heads = np.array([(position, row[0], row[1]) for position, _, row in found], np.int64)
    except OverflowError:
        return None
    heads = heads.reshape(-1, 3).T.copy()
    return None if (heads[2] < 0).any() else heads


def _is_beyond(values: Floats) -> bool:
    """Whether an integer among the numbers may have lost digits."""
    size = np.abs(values)
    return bool(((size >= EXACT) & (size < np.inf)).any())


def _check(batch: Batch, position: Ints) -> None:
    """The same agreement that `wire.records` asks for."""
    agrees = len(position) == batch.count and int(position[-1]) == batch.end
    if not agrees or int(position[0]) <= batch.start or (np.diff(position) <= 0).any():
        raise WireError("bad-position", "The records do not agree with the batch's own numbers.")
