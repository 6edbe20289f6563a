"""F04: a cut or corrupted spool costs the records that were hit, and no others.

What lies before the damage is intact, what follows it is read again, and the damage is
counted. Every segment here holds rows as `log()` writes them: some with their keys, most as
VALUES of a form that the segment names.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.sdk.journals import keep
from tests.sdk.test_outbox_model import RUN, MemorySink

from wanllmdb import frame, journal, segment, wire
from wanllmdb.outbox import Outbox
from wanllmdb.sink import Ack
from wanllmdb.spool import Spool

PAGE = 4096


class Row(NamedTuple):
    """A row, and which bytes of the segment are its own."""

    begin: int
    end: int
    step: int
    values: dict[str, Any]


class Intact:
    """The only segment of a journal, as its writer left it."""

    def __init__(self, root: Path, rows: int) -> None:
        self.directory = root / "r"
        spool = Spool.create(self.directory, {"run": "r"}, writer="w")
        for step in range(rows):
            keep(spool, step, values_of(step))
        spool.close()
        [self.path] = journal.segments(self.directory, "w")
        self.content = self.path.read_bytes()
        self.rows = list(self._rows())
        assert [row.step for row in self.rows] == list(range(rows))

    def _rows(self) -> Iterator[Row]:
        with segment.SegmentReader(self.path) as reader:
            lengths = {each.position: len(each.payload) for each in reader.frames()}
        for position, kind, payload in segment.records(self.path):
            if kind == wire.Kind.ROW:
                begin = position - lengths[position] - frame.FRAME_BYTES
                yield Row(begin, position, payload[0], payload[2])

    def beside(self, begin: int, end: int) -> list[int]:
        """The steps of the rows of which no byte lies between two offsets."""
        return [row.step for row in self.rows if row.end <= begin or row.begin >= end]


def values_of(step: int) -> dict[str, Any]:
    if step % 11 == 10:
        return {"val/loss": step / 4, "val/acc": 0.5, "epoch": step}
    if step % 17 == 16:
        return {"loss": 0.5, f"note-{step}": "WLSP\x01 is no frame"}
    return {"loss": step / 2, "lr": 1e-3, "seen": step}


def read(path: Path) -> list[int]:
    """The steps that can be read, in order; every value must be the one that was logged."""
    found: list[int] = []
    for _, kind, payload in segment.records(path):
        if kind == wire.Kind.ROW:
            step, _, values = payload
            assert values == values_of(step), f"step {step}"
            found.append(step)
    return found


def sent(directory: Path) -> tuple[list[int], int]:
    """The steps that arrive when the journal is drained, and how often damage was counted."""
    sink = MemorySink()
    outbox = Outbox(directory, "w", live=lambda: False)
    while not outbox.finish():
        outbox.send(sink, RUN)
    for step, values in zip(sink.rows, sink.values, strict=True):
        assert values == values_of(step), f"step {step}"
    return sink.rows, outbox.damaged


def refill(intact: Intact, content: bytes) -> None:
    """The journal again, with these bytes as its segment."""
    intact.directory.mkdir(exist_ok=True)
    intact.path.write_bytes(content)


def test_a_cut_at_every_byte_keeps_every_row_before_it(tmp_path: Path) -> None:
    intact = Intact(tmp_path, 24)
    for cut in range(len(intact.content)):
        whole = [row.step for row in intact.rows if row.end <= cut]
        refill(intact, intact.content[:cut])
        assert read(intact.path) == whole, f"cut at {cut}"
        assert sent(intact.directory)[0] == whole, f"cut at {cut}"


@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
def test_a_flip_of_every_byte_costs_the_row_it_hits_and_is_counted(
    tmp_path: Path, bits: int
) -> None:
    intact = Intact(tmp_path, 24)
    for at in range(len(intact.content)):
        damaged = bytearray(intact.content)
        damaged[at] ^= bits
        refill(intact, damaged)
        beside = intact.beside(at, at + 1)
        assert len(beside) >= len(intact.rows) - 1
        assert read(intact.path) == beside, f"flip at {at}"
        assert sent(intact.directory) == (beside, 1), f"flip at {at}"


@pytest.mark.parametrize("fill", ["zeros", "noise"])
def test_a_page_that_is_overwritten_costs_the_rows_on_it(tmp_path: Path, fill: str) -> None:
    intact = Intact(tmp_path, 1500)
    noise = random.Random(4)
    assert len(intact.content) > 20 * PAGE
    for start in range(0, len(intact.content) - PAGE, PAGE):
        junk = bytes(PAGE) if fill == "zeros" else noise.randbytes(PAGE)
        refill(intact, intact.content[:start] + junk + intact.content[start + PAGE :])
        beside = intact.beside(start, start + PAGE)
        assert read(intact.path) == beside, f"page at {start}"
        assert sent(intact.directory) == (beside, 1), f"page at {start}"


def test_a_first_page_of_zeros_costs_nothing_of_the_mebibytes_that_follow(tmp_path: Path) -> None:
    intact = Intact(tmp_path, 60_000)
    assert len(intact.content) > 3 << 20
    refill(intact, bytes(PAGE) + intact.content[PAGE:])
    beside = intact.beside(0, PAGE)
    assert read(intact.path) == beside
    assert sent(intact.directory) == (beside, 1)


@pytest.mark.parametrize("length", [1, 13, 18, 100, PAGE, 300_000])
def test_garbage_at_the_end_costs_nothing_and_what_follows_it_is_read(
    tmp_path: Path, length: int
) -> None:
    intact = Intact(tmp_path, 40)
    first, rest = intact.content[: intact.rows[19].end], intact.content[intact.rows[19].end :]
    for garbage in (bytes(length), os.urandom(length), (b"WLSP\x01" * length)[:length]):
        refill(intact, intact.content + garbage)
        assert read(intact.path) == list(range(40))
        assert sent(intact.directory) == (list(range(40)), 1)
        refill(intact, first + garbage + rest)
        assert read(intact.path) == list(range(40))
        assert sent(intact.directory) == (list(range(40)), 1)


class Watching(MemorySink):
    """Remembers what kinds of record came, as the whole of a batch says and as they are picked."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: set[int] = set()
        self.picked: list[wire.Record] = []

    def send(self, owner: str, project: str, run: str, writer: str, content: bytes) -> Ack:
        batch = wire.unpack(writer, content)
        self.kinds.update(record.kind for record in wire.records(batch))
        self.picked += wire.picked(batch, {wire.Kind.FINISH})
        return super().send(owner, project, run, writer, content)


def test_a_frame_inside_a_value_is_never_taken_for_a_record(tmp_path: Path) -> None:
    form = frame.declaration(0, frame.Form(("lr", "loss"), "dd"))
    finish = wire.encode({"exit_code": 0, "time_us": 0, "logged": 0, "lost": 0})
    forged = frame.frame(wire.Kind.FINISH, finish, 1) + frame.frame(wire.Kind.FORM, form, 1)
    spool = Spool.create(tmp_path / "r", {"run": "r"}, writer="w")
    for step in range(3000):
        keep(spool, step, {f"text-{step}": forged})
        keep(spool, step, {"loss": 1.0, "lr": 2.0})
    spool.close()
    sink, outbox = Watching(), Outbox(tmp_path / "r", "w", live=lambda: False)
    while not outbox.finish():
        outbox.send(sink, RUN)
    assert sink.kinds == {wire.Kind.ROW, wire.Kind.TALLY}
    assert sink.picked == []
    assert [values for values in sink.values if "lr" in values] == [{"loss": 1.0, "lr": 2.0}] * 3000
    assert outbox.damaged == 0
