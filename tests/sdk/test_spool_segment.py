"""Bytes of a segment that were cut, flipped or overwritten cost what was hit, and no more."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sdk.journals import keep

from wanllmdb import frame, segment, wire
from wanllmdb.segment import SegmentReader, read_header, read_segment
from wanllmdb.spool import Spool

PAYLOADS = [wire.encode([n, 1_700_000_000_000_000 + n, {"loss": n * 0.5}]) for n in range(8)]


def a_segment(directory: Path, payloads: list[bytes], *, number: int = 3) -> Path:
    path = directory / segment.segment_name("w", number)
    frames = [frame.frame(wire.Kind.ROW, each, n) for n, each in enumerate(payloads, 1)]
    path.write_bytes(segment.header({"run": "r1", "writer": "w"}) + b"".join(frames))
    return path


def read(path: Path) -> list[bytes]:
    return [each.payload for each in read_segment(path)]


def test_what_was_framed_is_read_at_its_position(tmp_path: Path) -> None:
    path = a_segment(tmp_path, PAYLOADS)
    frames = list(read_segment(path))
    assert [each.payload for each in frames] == PAYLOADS
    assert {each.kind for each in frames} == {wire.Kind.ROW}
    assert frames[-1].position == 3 << wire.SEGMENT_SHIFT | path.stat().st_size
    assert [each.position for each in frames] == sorted({each.position for each in frames})
    assert read_header(path) == {"run": "r1", "writer": "w"}


def test_reading_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = a_segment(tmp_path, PAYLOADS)
    with SegmentReader(path) as reader:
        frames = reader.frames()
        first = [next(frames).payload, next(frames).payload]
        offset = reader.offset
    rest = [each.payload for each in read_segment(path, offset)]
    assert first + rest == PAYLOADS


def test_a_cut_at_any_byte_keeps_every_whole_record_before_it(tmp_path: Path) -> None:
    path = a_segment(tmp_path, PAYLOADS)
    content = path.read_bytes()
    ends = [each.position & 0xFFFFFFFFFF for each in read_segment(path)]
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        whole = sum(end <= cut for end in ends)
        assert read(path) == PAYLOADS[:whole], f"cut at {cut}"


def test_a_cut_record_that_is_completed_later_is_read_then(tmp_path: Path) -> None:
    path = a_segment(tmp_path, PAYLOADS)
    content = path.read_bytes()
    for cut in range(1, len(content)):
        path.write_bytes(content[:cut])
        with SegmentReader(path) as reader:
            before = [each.payload for each in reader.frames()]
            with path.open("ab") as file:
                file.write(content[cut:])
            after = [each.payload for each in reader.frames()]
            assert before + after == PAYLOADS, f"cut at {cut}"
            assert reader.damaged == 0


def test_a_flipped_bit_costs_at_most_the_record_it_hits(tmp_path: Path) -> None:
    path = a_segment(tmp_path, PAYLOADS)
    content = path.read_bytes()
    for at in range(len(content)):
        for bit in (0x01, 0x80, 0xFF):
            damaged = bytearray(content)
            damaged[at] ^= bit
            path.write_bytes(damaged)
            found = read(path)
            assert len(found) >= len(PAYLOADS) - 1, f"flip at {at}"
            assert [each for each in PAYLOADS if each in found] == found, f"flip at {at}"


def test_damage_in_the_middle_is_counted(tmp_path: Path) -> None:
    path = a_segment(tmp_path, PAYLOADS)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with SegmentReader(path) as reader:
        assert len(list(reader.frames())) == len(PAYLOADS) - 1
        assert reader.damaged == 1


def test_a_damaged_page_costs_the_records_on_it(tmp_path: Path) -> None:
    payloads = [wire.encode([n, 0, {"x": os.urandom(40)}]) for n in range(400)]
    path = a_segment(tmp_path, payloads)
    content = path.read_bytes()
    ends = [each.position & 0xFFFFFFFFFF for each in read_segment(path)]
    begins = [ends[0] - frame.FRAME_BYTES - len(payloads[0]), *ends]
    for junk in (bytes(4096), os.urandom(4096)):
        for start in range(4096, len(content) - 4096, 4096):
            path.write_bytes(content[:start] + junk + content[start + 4096 :])
            beside = [
                payload
                for payload, begin, end in zip(payloads, begins, ends, strict=False)
                if end <= start or begin >= start + 4096
            ]
            assert read(path) == beside


def test_garbage_longer_than_any_record_is_passed_over(tmp_path: Path) -> None:
    path = a_segment(tmp_path, PAYLOADS[:4])
    with path.open("ab") as file:
        file.write(b"WLSP" + os.urandom(5 * segment.WINDOW_BYTES // 2))
        for payload in PAYLOADS[4:]:
            file.write(frame.frame(wire.Kind.ROW, payload, 0))
    assert read(path) == PAYLOADS


def test_a_record_inside_a_torn_record_of_claimed_length_is_not_swallowed(tmp_path: Path) -> None:
    path = a_segment(tmp_path, PAYLOADS[:1])
    torn = frame.frame(wire.Kind.ROW, b"x" * 1000, 0)[:100]
    with path.open("ab") as file:
        file.write(torn + frame.frame(wire.Kind.ROW, PAYLOADS[1], 0))
    assert read(path) == PAYLOADS[:2]


def test_a_segment_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = a_segment(tmp_path, PAYLOADS)
    content = bytearray(path.read_bytes())
    length = int.from_bytes(content[6:8], "little")
    content[4] = 9
    check = segment.CHECK.pack(segment.crc32(bytes(content[: 8 + length])))
    content[8 + length : 12 + length] = check
    path.write_bytes(content)
    with SegmentReader(path) as reader:
        assert list(reader.frames()) == []
        assert reader.foreign


@given(
    payloads=st.lists(st.binary(max_size=200), max_size=12),
    junk=st.binary(max_size=300),
    where=st.integers(min_value=0, max_value=4000),
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_overwritten_no_record_is_invented(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes], junk: bytes, where: int
) -> None:
    path = a_segment(tmp_path_factory.mktemp("s"), payloads)
    content = path.read_bytes()
    where %= len(content) + 1
    path.write_bytes(content[:where] + junk + content[where + len(junk) :])
    found = read(path)
    left = list(payloads)
    for each in found:
        assert each in left
        left.remove(each)


SHAPES: list[dict[str, Any]] = [{"loss": 0.5}, {"loss": 0.5, "seen": 7}, {"note": "text"}]


class Layout(NamedTuple):
    """A frame of a segment: where it lies, and what it is."""

    begin: int
    end: int
    kind: int
    form: int  # what it declares, or refers to; -1 for others


def a_spool_segment(directory: Path, shapes: list[int]) -> tuple[Path, list[Layout]]:
    """A segment as a spool leaves it: rows of these shapes, row n with step n."""
    spool = Spool.create(directory / "r", {"run": "r1"}, writer="w")
    for step, shape in enumerate(shapes):
        keep(spool, step, SHAPES[shape])
    spool.close()
    [path] = (directory / "r").glob("*.seg")
    layout = []
    for each in read_segment(path):
        begin = each.position - len(each.payload) - frame.FRAME_BYTES
        form = -1
        if each.kind == wire.Kind.VALUES:
            form = int.from_bytes(each.payload[:2], "little")
        elif each.kind == wire.Kind.FORM:
            form = wire.decode(each.payload)["id"]
        layout.append(Layout(begin, each.position, each.kind, form))
    return path, layout


def rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    return [
        (payload[0], payload[2])
        for _, kind, payload in segment.records(path)
        if kind == wire.Kind.ROW
    ]


def readable(layout: list[Layout], whole: Callable[[Layout], bool]) -> list[int]:
    """The steps that can be read when these frames are whole."""
    named = {each.form for each in layout if each.kind == wire.Kind.FORM and whole(each)}
    found = [each for each in layout if each.kind in {wire.Kind.ROW, wire.Kind.VALUES}]
    return [
        step
        for step, each in enumerate(found)
        if whole(each) and (each.kind == wire.Kind.ROW or each.form in named)
    ]


shapes_of_rows = st.lists(st.sampled_from(range(len(SHAPES))), min_size=1, max_size=40)


@given(shapes=shapes_of_rows, cut=st.integers(min_value=0, max_value=10_000))
@settings(max_examples=100, deadline=None)
def test_a_cut_keeps_exactly_the_rows_before_it_whatever_was_logged(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[int], cut: int
) -> None:
    path, layout = a_spool_segment(tmp_path_factory.mktemp("s"), shapes)
    content = path.read_bytes()
    cut %= len(content) + 1
    path.write_bytes(content[:cut])
    expected = readable(layout, lambda each: each.end <= cut)
    assert rows(path) == [(step, SHAPES[shapes[step]]) for step in expected]


@given(
    shapes=shapes_of_rows,
    damage=st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=10_000),
            st.one_of(st.binary(min_size=1, max_size=300), st.integers(1, 400).map(bytes)),
        ),
        min_size=1,
        max_size=4,
    ),
)
@settings(max_examples=200, deadline=None)
def test_damage_anywhere_costs_exactly_the_frames_that_it_changed(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[int], damage: list[tuple[int, bytes]]
) -> None:
    path, layout = a_spool_segment(tmp_path_factory.mktemp("s"), shapes)
    content = path.read_bytes()
    damaged = bytearray(content)
    for at, junk in damage:
        at %= len(content)
        damaged[at : at + len(junk)] = junk[: len(content) - at]
    path.write_bytes(damaged)
    expected = readable(
        layout, lambda each: damaged[each.begin : each.end] == content[each.begin : each.end]
    )
    assert rows(path) == [(step, SHAPES[shapes[step]]) for step in expected]


@given(shapes=shapes_of_rows, sizes=st.lists(st.integers(1, 400), max_size=200))
@settings(max_examples=50, deadline=None)
def test_a_segment_that_grows_byte_by_byte_is_handed_out_whole_and_once(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[int], sizes: list[int]
) -> None:
    path, layout = a_spool_segment(tmp_path_factory.mktemp("s"), shapes)
    content = path.read_bytes()
    path.write_bytes(b"")
    found: list[int] = []
    excerpts: list[bytes] = []
    with SegmentReader(path) as reader, SegmentReader(path) as cutter, path.open("ab", 0) as file:
        written = 0
        for size in [*sizes, len(content)]:
            file.write(content[written : written + size])
            written += size
            found += [each.position for each in reader.frames()]
            while excerpt := cutter.excerpt(200):
                cutter.skip(len(excerpt))
                excerpts.append(excerpt)
        assert reader.damaged == cutter.damaged == 0
    assert found == [each.end for each in layout]
    assert b"".join(excerpts) == content[layout[0].begin :]


def test_forms_are_named_again_at_doubling_distances_and_twice_at_the_start(
    tmp_path: Path,
) -> None:
    path, _ = a_spool_segment(tmp_path, [0] * 40_000)
    at = [each.position for each in read_segment(path) if each.kind == wire.Kind.FORM]
    assert at[0] < at[1] < 1024
    assert len(at) == 2 + 8
    assert 8 * 1024 < at[2] < 9 * 1024
    assert all(1.9 < after / before < 2.1 for before, after in itertools.pairwise(at[2:]))


def test_a_new_segment_names_every_form_twice_before_its_first_row(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path / "r", {"run": "r1"}, writer="w", segment_bytes=10_000)
    for step in range(1000):
        keep(spool, step, SHAPES[step % 2])
    spool.close()
    paths = sorted((tmp_path / "r").glob("*.seg"))
    assert len(paths) > 2
    for path in paths[1:]:
        first = [each.kind for each in read_segment(path)][:5]
        assert first == [wire.Kind.FORM] * 4 + [wire.Kind.VALUES]
        with SegmentReader(path) as reader:
            assert {form.keys for form in reader.forms().values()} == {("loss",), ("loss", "seen")}
