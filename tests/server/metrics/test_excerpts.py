"""Excerpts of a spool come apart as the same rows would, written out one by one."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from wanllmdb import frame, segment, wire
from wanllmdb.frame import census
from wanllmdb.moulds import Moulds
from wanllmdb.spool import Spool
from wanllmdb.wire import Excerpt, Kind
from wanllmdb_server.metrics import decoding
from wanllmdb_server.metrics.columns import Columns

Row = tuple[int, int, dict[str, Any]]
KINDS = ["train", "val", "text", "big", "system", "console"]


class Writing:
    """Frames one after another, as a spool writes them, without a disk."""

    def __init__(self) -> None:
        self.content = b""
        self.listed: list[tuple[int, int, bytes]] = []
        self.moulds = Moulds()
        self.ends: list[int] = []

    def add(self, kind: int, payload: bytes) -> None:
        self.content += frame.frame(kind, payload, len(self.ends) + 1)
        self.ends.append(len(self.content))

    def record(self, kind: Kind, payload: Any) -> None:
        self.add(kind, wire.encode(payload))
        self.listed.append((len(self.content), kind, wire.encode(payload)))

    def row(self, step: int, time: int, values: dict[str, Any]) -> None:
        mould = self.moulds.fitting(values)
        form = self.moulds.wanted(values) if mould is None else None
        if form is not None:
            mould = self.moulds.cast(form)
            self.add(Kind.FORM, frame.declaration(mould.number, form))
            self.moulds.keep(mould)
        if mould is None:
            self.record(Kind.ROW, [step, time, values])
            return
        self.add(Kind.VALUES, mould.payload(step, time, values.values()))
        self.listed.append((len(self.content), Kind.ROW, wire.encode([step, time, values])))

    def excerpt(self) -> Excerpt:
        forms: dict[int, frame.Form] = {}
        frame.learn(forms, self.content)
        return Excerpt(0, 0, self.content, forms)


def as_excerpt(writing: Writing) -> Columns:
    excerpt = writing.excerpt()
    packed = wire.pack_excerpt(0, excerpt, census(excerpt.content))
    return decoding.take_apart(wire.unpack("w", packed))


def one_by_one(writing: Writing) -> Columns:
    return decoding.take_apart(wire.unpack("w", wire.pack(0, writing.listed)))


def said(found: Columns) -> dict[str, Any]:
    """All of it in Python's own words, so that two can be compared."""
    return {
        "position": found.position.tolist(),
        "rejected": sorted(found.rejected),
        "objects": [(o.position, o.step, o.time, o.key, o.value) for o in found.objects],
        "numbers": {
            key: [
                column.position.tolist(),
                column.points.step.tolist(),
                column.points.time.tolist(),
                [repr(value) for value in column.points.value.tolist()],
                None if column.points.extra is None else column.points.extra.tolist(),
            ]
            for key, column in sorted(found.numbers.items())
        },
    }


def written(kinds: list[str], chance: random.Random) -> Writing:
    writing = Writing()
    for step, kind in enumerate(kinds):
        value = chance.choice([chance.random(), math.nan, math.inf, -0.0, 1e300])
        if kind == "train":
            writing.row(step, step * 7, {"loss": value, "lr": 0.1, "epoch": step // 3})
        elif kind == "val":
            writing.row(step, step * 7, {"val/loss": value, "loss": 2.0})
        elif kind == "text":
            writing.row(step, step * 7, {"loss": value, "note": "WLSP\x01 is no frame"})
        elif kind == "big":
            writing.row(step, step * 7, {"seen": 2**53 + 1 + step, "lr": 0.2})
        elif kind == "system":
            writing.record(Kind.SYSTEM, [step, step, {"system/cpu": value}])
        else:
            writing.record(Kind.CONSOLE, ["stdout", step, step, f"line {step}"])
    return writing


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=60), st.integers(1, 12), st.randoms())
def test_any_mixture_of_rows_comes_apart_as_if_written_out(
    kinds: list[str], repeat: int, chance: random.Random
) -> None:
    writing = written([kind for kind in kinds for _ in range(repeat)], chance)
    assert said(as_excerpt(writing)) == said(one_by_one(writing))


@pytest.mark.parametrize("flip", range(3, 4000, 37))
def test_a_flipped_byte_costs_at_most_the_row_it_hits_and_no_value_is_wrong(flip: int) -> None:
    writing = written(["train"] * 60, random.Random(1))
    whole = said(one_by_one(writing))
    content = bytearray(writing.content)
    if flip >= len(content):
        flip %= len(content)
    content[flip] ^= 0x10
    excerpt = writing.excerpt()
    damaged = Excerpt(0, 0, bytes(content), excerpt.forms)
    packed = wire.pack_excerpt(0, damaged, census(damaged.content))
    found = said(decoding.take_apart(wire.unpack("w", packed)))
    missing = set(whole["position"]) - set(found["position"])
    assert len(missing) <= 1
    assert set(found["position"]) <= set(whole["position"])
    for key, (positions, *rest) in whole["numbers"].items():
        kept = [at for at, position in enumerate(positions) if position not in missing]
        expected = [[each[at] for at in kept] if each else each for each in (positions, *rest)]
        assert found["numbers"][key] == expected
    torn_last = bool(missing) and max(missing) == len(content)
    codes = [code for _, code, _ in found["rejected"]]
    assert codes == ["damaged"] * len(codes)
    assert len(codes) == 1 or torn_last


def test_a_row_whose_form_nothing_names_is_refused_alone() -> None:
    writing = written(["train"] * 20, random.Random(1))
    excerpt = Excerpt(0, 0, writing.content, {})
    packed = wire.pack_excerpt(0, excerpt, census(excerpt.content))
    found = decoding.take_apart(wire.unpack("w", packed))
    assert [code for _, code, _ in found.rejected] == ["unknown-form"] * 19
    assert len(found.position) == 1  # the first row has its keys with it


HOSTILE: Mapping[str, tuple[int, Any]] = {
    "an offset below nothing": (-1, {}),
    "an offset that does not end where the batch does": (7, {}),
    "a type that there is not": (0, {0: (["a"], "x")}),
    "fewer types than keys": (0, {0: (["a", "b"], "d")}),
    "a key twice": (0, {0: (["a", "a"], "dd")}),
    "no keys": (0, {0: ([], "")}),
}


@pytest.mark.parametrize("head", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_head_that_lies_is_no_batch(head: tuple[int, Any]) -> None:
    content = written(["train"] * 3, random.Random(1)).content
    packed = wire.encode(head)
    inner = b"WLSB" + len(packed).to_bytes(4, "little") + packed + content
    body = zstandard.ZstdCompressor().compress(inner)
    batch = wire.unpack("w", wire.encode((1, 0, len(content), 3, 1 << Kind.VALUES, body)))
    with pytest.raises(wire.WireError):
        decoding.take_apart(batch)


def test_a_segment_of_a_real_spool_comes_apart_whole(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path / "r", {"run": "r", "project": "p"}, writer="w")
    row = {"x": 0.5, "n": 1}
    for step in range(1000):
        values = {**row, "x": step / 2, "n": step}
        mould = spool.mould(values)
        if mould is None:
            spool.append(Kind.ROW, wire.encode([step, step, values]))
        else:
            spool.append_values(mould, step, step, values.values())
    spool.close()
    [path] = (tmp_path / "r").glob("*.seg")
    with segment.SegmentReader(path) as reader:
        content = reader.excerpt(1 << 30)
        excerpt = Excerpt(0, reader.offset, content, reader.forms())
    packed = wire.pack_excerpt(0, excerpt, census(content))
    found = decoding.take_apart(wire.unpack("w", packed))
    assert found.rejected == []
    assert np.array_equal(found.numbers["x"].points.value, np.arange(1000) / 2)
    assert np.array_equal(found.numbers["n"].points.value, np.arange(1000.0))
    assert np.array_equal(found.numbers["n"].points.step, np.arange(1000))
