"""Event files and what is in them, read without TensorFlow, TensorBoard or protobuf."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sdk import event_writer as made

from wanllmdb import event as events
from wanllmdb import protobuf
from wanllmdb.event_file import EventFile, framed, masked_checksum


def values(*parts: bytes) -> list[tuple[str, events.Content]]:
    return events.read_event(made.event(7, *parts)).values


def only(part: bytes) -> events.Content:
    [(_, content)] = values(part)
    return content


def test_a_checksum_is_that_of_the_format() -> None:
    # The check value of CRC-32C is E3069283.
    turned = (0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8
    assert masked_checksum(b"123456789") == turned & 0xFFFFFFFF


def test_records_are_read_as_they_get_there(tmp_path: Path) -> None:
    path = tmp_path / "events"
    whole = framed(b"one") + framed(b"two" * 100)
    file = EventFile(path)
    found: list[bytes] = []
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        found += file.records()
    assert found == [b"one", b"two" * 100]
    with path.open("ab") as more:
        more.write(framed(b"three"))
    assert list(file.records()) == [b"three"]


def test_what_follows_a_damaged_length_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(framed(b"one") + b"\xff" * 40)
    file = EventFile(path)
    assert list(file.records()) == [b"one"]
    assert file.is_broken


def test_a_file_that_is_gone_has_nothing_to_read(tmp_path: Path) -> None:
    assert list(EventFile(tmp_path / "no").records()) == []


@given(st.binary(max_size=200))
def test_bytes_that_are_no_event_are_refused_or_read_and_nothing_else(content: bytes) -> None:
    try:
        events.read_event(content)
    except (ValueError, struct.error):
        return


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_a_step_is_any_integer_of_64_bits(step: int) -> None:
    assert events.read_event(made.field(2, step)).step == step


def test_an_event_has_its_step_its_time_and_all_its_values() -> None:
    event = events.read_event(made.event(7, made.scalar("a", 0.5), made.scalar("b", math.inf)))
    assert (event.step, event.values) == (7, [("a", 0.5), ("b", math.inf)])
    assert event.time > 1e9


def test_what_an_event_says_besides_is_passed_over() -> None:
    graph = made.field(4, b"a graph") + made.field(9, made.field(1, "tag"))
    assert events.read_event(made.event(1, made.scalar("a", 1.0)) + graph).values == [("a", 1.0)]


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (1, struct.pack("<f", 0.5), 0.5),
        (2, struct.pack("<d", 0.1), 0.1),
        (3, struct.pack("<i", -3), -3),
        (9, struct.pack("<q", -(1 << 40)), -(1 << 40)),
        (10, b"\x01", True),
        (19, struct.pack("<e", 1.5), 1.5),
        (1, struct.pack("<2f", 1.0, 2.0), [1.0, 2.0]),
    ],
)
def test_a_scalar_may_be_the_bytes_of_a_tensor(kind: int, content: bytes, expected: object) -> None:
    assert (
        only(made.tensor("x", "scalars", made.field(1, kind) + made.field(4, content))) == expected
    )


@pytest.mark.parametrize(
    ("kind", "number", "packed", "expected"),
    [
        (1, 5, struct.pack("<f", 0.5), 0.5),
        (2, 6, struct.pack("<d", 0.1), 0.1),
        (9, 10, made.varint((1 << 64) - 5), -5),
        (19, 13, made.varint(0x3E00), 1.5),
    ],
)
def test_a_scalar_may_be_a_value_of_a_tensor(
    kind: int, number: int, packed: bytes, expected: object
) -> None:
    tensor = made.field(1, kind) + made.field(number, packed)
    assert only(made.tensor("x", "scalars", tensor)) == expected


def test_a_tensor_of_an_unknown_type_is_no_value() -> None:
    assert values(made.tensor("x", "scalars", made.field(1, 21) + made.field(4, b"??"))) == []


def test_a_text_has_the_tag_that_the_script_gave_it() -> None:
    tensor = made.field(1, 7) + made.field(8, "hello") + made.field(8, "there")
    part = made.tensor("note/text_summary", "text", tensor)
    assert values(part) == [("note", "hello\n\nthere")]


def test_images_are_the_files_that_were_written() -> None:
    tensor = made.field(1, 7) + b"".join(made.field(8, each) for each in ("3", "2", "png", "PNG"))
    assert only(made.tensor("x", "images", tensor)) == events.Pictures([b"png", b"PNG"], 3, 2)
    assert only(made.image("x", b"png")) == events.Pictures([b"png"], 3, 2)


def test_a_histogram_has_the_buckets_that_were_written() -> None:
    part = made.histogram("x", [1.0, 2.0, 3.0], [0.0, 4.0, 5.0], least=1.2, greatest=2.9)
    assert only(part) == events.Counts([4.0, 5.0], [1.0, 2.0, 3.0])


def test_buckets_without_an_end_end_where_the_values_do() -> None:
    huge = 1.7976931348623157e308
    part = made.histogram("x", [-huge, 0.0, huge], [1.0, 2.0, 3.0], least=-7.0, greatest=9.0)
    assert only(part) == events.Counts([1.0, 2.0, 3.0], [-7.0, -7.0, 0.0, 9.0])


def test_a_histogram_of_many_buckets_keeps_its_count_and_its_ends() -> None:
    limits = [float(each) for each in range(1, 1601)]
    content = only(made.histogram("x", limits, [1.0] * 1600, least=0.5, greatest=1600.0))
    assert isinstance(content, events.Counts)
    assert len(content.counts) <= events.MAX_BINS
    assert len(content.edges) == len(content.counts) + 1
    assert (sum(content.counts), content.edges[0], content.edges[-1]) == (1600.0, 0.5, 1600.0)


def test_a_histogram_may_be_a_tensor() -> None:
    rows = struct.pack("<6d", 0.0, 1.0, 3.0, 1.0, 2.0, 4.0)
    part = made.tensor("x", "histograms", made.field(1, 2) + made.field(4, rows))
    assert only(part) == events.Counts([3.0, 4.0], [0.0, 1.0, 2.0])


def test_what_a_plugin_wrote_that_nobody_knows_is_said() -> None:
    part = made.tensor("x", "mesh", made.field(1, 1) + made.field(4, struct.pack("<f", 1.0)))
    assert only(part) == events.Unknown("mesh")


def test_hyperparameters_are_told_apart_by_their_types() -> None:
    def pair(name: str, value: bytes) -> bytes:
        return made.field(1, made.field(1, name) + made.field(2, value))

    chosen = pair("lr", made.field(2, 0.1)) + pair("opt", made.field(3, "adam"))
    said = made.field(3, chosen + pair("amp", made.field(4, 1)))
    plugin = made.field(1, made.field(1, "hparams") + made.field(2, said))
    part = made.field(1, made.field(1, "_hparams_/session_start_info") + made.field(9, plugin))
    assert only(part) == events.Choice({"lr": 0.1, "opt": "adam", "amp": True})


def test_a_message_that_ends_within_a_field_is_none() -> None:
    with pytest.raises(ValueError, match="ends within"):
        list(protobuf.fields(made.field(1, b"abc")[:-1]))
    with pytest.raises(ValueError, match="does not end"):
        list(protobuf.fields(b"\xff" * 11))
