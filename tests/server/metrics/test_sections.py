"""Sections: an excerpt whose forms stand one behind the other is read as any other is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanllmdb import wire
from wanllmdb.frame import Form
from wanllmdb.wire import Excerpt
from wanllmdb_server.domain.block import Block
from wanllmdb_server.metrics import decoding, sections
from wanllmdb_server.metrics.columns import Columns
from wanllmdb_server.metrics.framing import framed


def batch_of(number: list[int], times: list[int] | None = None) -> wire.Batch:
    keys = tuple(f"k{n}" for n in range(max(number) + 1))
    count = np.arange(len(number))
    time = None if times is None else np.array(times)
    block = Block("r", keys, np.array(number), count, time, np.sqrt(count))
    return framed("w", 0, 5, block, 7).batch


def excerpt_of(batch: wire.Batch) -> Excerpt:
    excerpt = wire.excerpt_of(batch, wire.inflate(batch.body))
    assert excerpt is not None
    return excerpt


def said(columns: Columns) -> object:
    found = {}
    for key, column in columns.numbers.items():
        points = column.points
        arrays = (column.position, points.step, points.time, points.value)
        found[key] = [array.tolist() for array in arrays]
    return columns.position.tolist(), found, columns.rejected


NUMBERS = st.lists(st.integers(0, 3), max_size=60).map(lambda found: [0, 1, *found])


@given(NUMBERS)
def test_sections_are_read_quickly_as_they_are_slowly(number: list[int]) -> None:
    batch = batch_of(number, list(range(len(number))))
    excerpt = excerpt_of(batch)
    found = sections.columns_of(excerpt)
    assert found is not None
    slowly = decoding._from_excerpt(excerpt, "w")
    assert said(found) == said(slowly)
    at_once = decoding.at_once(batch)
    assert isinstance(at_once, Columns)
    assert said(at_once) == said(decoding.take_apart(batch)) == said(found)


@pytest.mark.parametrize("at", [0, 5, 13, 14, 20, 30, 42, 43 * 7 + 3])
def test_what_is_damaged_is_left_to_those_who_look_closer(at: int) -> None:
    excerpt = excerpt_of(batch_of([0, 1] * 10))
    content = bytearray(excerpt.content)
    content[at] ^= 1
    assert sections.columns_of(replace(excerpt, content=bytes(content))) is None


def test_other_excerpts_are_left_to_others() -> None:
    excerpt = excerpt_of(batch_of([0, 1] * 10))
    frames = [excerpt.content[at : at + 43] for at in range(0, len(excerpt.content), 43)]
    mixed = b"".join(frames[at] for at in (0, 10, 1, 11))
    assert sections.columns_of(replace(excerpt, content=mixed)) is None
    assert sections.columns_of(replace(excerpt, content=excerpt.content[:-1])) is None
    for forms in (
        {0: Form(("a",), "d")},
        {0: Form(("a",), "d"), 2: Form(("b",), "d")},
        {0: Form(("a",), "d"), 1: Form(("a",), "d")},
        {0: Form(("a",), "d"), 1: Form(("b",), "q")},
        {0: Form(("a",), "d"), 1: Form(("b" * 2000,), "d")},
        {0: Form(("a",), "d"), 1: Form(("b", "c"), "dd")},
    ):
        assert sections.columns_of(replace(excerpt, forms=forms)) is None
    assert sections.columns_of(excerpt_of(batch_of([0, 1] * 10, [-1] * 20))) is None
