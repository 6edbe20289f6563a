"""Shapes and handfuls: the quick ways to read a batch say what the slow one says."""

from __future__ import annotations

import random
import struct
from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from wanllmdb import frame, wire
from wanllmdb.frame import Form
from wanllmdb.wire import Batch, Excerpt, Kind
from wanllmdb_server.metrics import decoding, shapes
from wanllmdb_server.metrics.cells import as_row, from_rows
from wanllmdb_server.metrics.columns import Columns
from wanllmdb_server.metrics.handful import Handful

T0 = 1_700_000_000_000_000
FLOATS = st.floats(width=64, allow_nan=True)
INTEGERS = st.one_of(st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1))


def excerpt(
    rows: list[tuple[int, int, list[Any]]], types: str, *, offset: int = 0, number: int = 0
) -> Batch:
    """A batch of rows (step, time, values) of one form, as the bytes of a segment."""
    form = Form(tuple(f"key {n}" for n in range(len(types))), types)
    frames = [
        frame.frame(
            frame.VALUES_KIND, struct.pack(f"<Hqq{types}", number, step, time, *values), count
        )
        for count, (step, time, values) in enumerate(rows)
    ]
    content = b"".join(frames)
    found = Excerpt(3, offset, content, {number: form})
    return wire.unpack("w", wire.pack_excerpt(found.begin, found, frame.census(content)))


def slowly(batch: Batch) -> Columns:
    """What the batch holds, record by record and value by value."""
    return from_rows(
        (each.position, as_row(each.kind, each.payload, "w")) for each in wire.records(batch)
    )


def quickly(batch: Batch) -> Columns | None:
    found = decoding.at_once(batch)
    return found.columns() if isinstance(found, Handful) else found


def told(columns: Columns) -> Any:
    """Everything that columns say, bit for bit."""
    numbers = {
        key: (
            column.position.tolist(), column.points.step.tolist(), column.points.time.tolist(),
            column.points.value.view(np.int64).tolist(),
            None if column.points.extra is None else column.points.extra.tolist(),
        )
        for key, column in columns.numbers.items()
    }  # fmt: skip
    return columns.position.tolist(), numbers, columns.objects, columns.rejected


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    types = draw(st.text("dq", min_size=1, max_size=4))
    value = {"d": FLOATS, "q": INTEGERS}
    row = st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.one_of(st.just(T0), st.integers(-1, 2**63 - 1)),
        st.tuples(*(value[code] for code in types)).map(list),
    )
    rows = draw(st.lists(row, min_size=1, max_size=40))
    offset = draw(st.sampled_from([0, 127, 128, 255, 256, 65_536, 2**32, 2**39]))
    return excerpt(rows, types, offset=offset, number=draw(st.integers(0, 65535)))


@given(batch=batches())
@settings(max_examples=150, deadline=None)
def test_rows_of_one_form_are_read_quickly_as_they_are_slowly(batch: Batch) -> None:
    slow = told(slowly(batch))
    found = quickly(batch)
    if found is not None:
        assert told(found) == slow
    assert told(decoding.take_apart(batch)) == slow


@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(2**63), 2**64 - 1),
            st.integers(-1, 2**64 - 1),
            st.dictionaries(
                st.text(max_size=3), st.one_of(FLOATS, INTEGERS, st.booleans()), max_size=3
            ),
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=150, deadline=None)
def test_listed_rows_are_read_quickly_as_they_are_slowly(rows: list[Any]) -> None:
    records = [(at, int(Kind.ROW), wire.encode(row)) for at, row in enumerate(rows, 1)]
    batch = wire.unpack("w", wire.pack(0, records))
    found = quickly(batch)
    if found is not None:
        assert told(found) == told(slowly(batch))


@pytest.mark.parametrize("count", [1, 2, 16, 17, 100, 700])
def test_the_usual_batch_is_read_quickly(count: int) -> None:
    rows = [(n, T0 + n, [n / 7, n]) for n in range(count)]
    batch = excerpt(rows, "dq", offset=1000)
    body = decoding.at_once(batch)
    if count < 700:
        assert isinstance(body, Handful if count <= 16 else Columns)
    content = wire.inflate(batch.body)
    found = shapes.rows_of(batch, content)
    assert found is not None
    assert found.count == count
    columns = shapes.columns_of(found, content)
    assert columns is not None
    assert told(columns) == told(slowly(batch))


@pytest.mark.parametrize("count", [3, 60])
def test_a_byte_that_is_not_as_it_was_written_is_noticed(count: int) -> None:
    chance = random.Random(count)
    batch = excerpt([(n, T0 + n, [n / 7, n]) for n in range(count)], "dq")
    content = wire.inflate(batch.body)
    begin = content.index(frame.MAGIC)
    places = [*range(begin, min(begin + 120, len(content))),
              *(chance.randrange(begin, len(content)) for _ in range(200))]  # fmt: skip
    for at in places:
        damaged = bytearray(content)
        damaged[at] ^= 1 << chance.randrange(8)
        body = zstandard.ZstdCompressor().compress(bytes(damaged))
        assert decoding.at_once(replace(batch, body=body)) is None
        found = decoding.take_apart(replace(batch, body=body))
        assert len(found.position) < count or found.rejected


@given(sizes=st.integers(1, 200), count=st.integers(0, 50), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_the_checksum_of_whole_frames_does_not_depend_on_what_is_in_them(
    sizes: int, count: int, seed: int
) -> None:
    chance = random.Random(seed)
    parts = []
    for _ in range(count):
        part = chance.randbytes(sizes)
        parts.append(part + crc32(part).to_bytes(4, "little"))
    assert crc32(b"".join(parts)) == shapes.checksum(sizes + 4, count)


def test_a_head_that_is_not_the_usual_one_is_left_to_others() -> None:
    batch = excerpt([(1, T0, [1.0])], "d")
    content = wire.inflate(batch.body)
    assert shapes.rows_of(batch, content) is not None
    for changed in (
        content[:8] + b"\xdc\x00\x02" + content[9:],  # the same array, written longer
        content[:8] + b"\x92\xff" + content[10:],  # before the beginning
        content[:4] + b"\xff\xff\xff\xff" + content[8:],
        content[:4] + b"\x01\x00\x00\x00" + content[8:],
        content[:9],
        content + b"x",
        b"",
    ):
        assert shapes.rows_of(batch, changed) is None
    many = {n: Form(("a",), "d") for n in range(2)}
    both = Excerpt(3, 0, content[content.index(frame.MAGIC) :], many)
    two = wire.unpack("w", wire.pack_excerpt(both.begin, both, frame.census(both.content)))
    assert shapes.rows_of(two, wire.inflate(two.body)) is None


def test_a_body_that_swells_is_not_unpacked_on_the_way() -> None:
    batch = excerpt([(1, T0, [1.0])], "d")
    bomb = zstandard.ZstdCompressor().compress(bytes(10_000_000))
    assert len(bomb) < 16_000
    assert decoding.at_once(replace(batch, body=bomb)) is None
