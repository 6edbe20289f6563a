"""What an outbox does at the seams: between segments, after a restart, beside a late write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.sdk.test_outbox_model import RUN, MemorySink

from wanllmdb import frame, journal, segment, wire
from wanllmdb.outbox import METRIC_BYTES, PACE_SECONDS, Outbox
from wanllmdb.spool import Spool


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool.create(tmp_path / "r", {"run": "r"}, writer="w")


def an_outbox(spool: Spool, clock: Clock) -> Outbox:
    return Outbox(
        spool.directory, "w", live=lambda: not spool.closed, adopt=spool.append, clock=clock
    )


def log(spool: Spool, *steps: int) -> None:
    for step in steps:
        spool.append(wire.Kind.ROW, wire.encode([step, 0, {"x": 0.5}]))


def test_a_write_that_arrives_after_its_segment_was_left_is_appended_anew(
    spool: Spool, clock: Clock
) -> None:
    sink, outbox = MemorySink(), an_outbox(spool, clock)
    log(spool, 0, 1)
    outbox.send(sink, RUN)
    late = os.open(journal.segments(spool.directory, "w")[0], os.O_WRONLY | os.O_APPEND)
    spool.roll()
    log(spool, 2)
    for _ in range(2):
        outbox.fill()
        clock.now += 1
    os.write(late, frame.frame(wire.Kind.ROW, wire.encode([3, 0, {"x": 0.5}]), 3))
    os.close(late)
    outbox.send(sink, RUN)
    assert sink.rows == [0, 1, 2]
    spool.close()
    while not outbox.finish():
        outbox.send(sink, RUN)
    assert sink.rows == [0, 1, 2, 3]


def test_a_write_that_arrives_while_its_segment_settles_keeps_its_place(
    spool: Spool, clock: Clock
) -> None:
    sink, outbox = MemorySink(), an_outbox(spool, clock)
    log(spool, 0)
    late = os.open(journal.segments(spool.directory, "w")[0], os.O_WRONLY | os.O_APPEND)
    spool.roll()
    outbox.fill()
    os.write(late, frame.frame(wire.Kind.ROW, wire.encode([1, 0, {"x": 0.5}]), 2))
    os.close(late)
    log(spool, 2)
    for _ in range(3):
        clock.now += 1
        outbox.fill()
        outbox.send(sink, RUN)
    assert sink.rows == [0, 1, 2]


def test_a_restart_between_two_segments_begins_at_the_start_of_the_second(
    spool: Spool, clock: Clock
) -> None:
    sink, outbox = MemorySink(), an_outbox(spool, clock)
    log(spool, *range(20))
    spool.roll()
    for _ in range(2):
        outbox.fill()
        clock.now += 1
    outbox.send(sink, RUN)
    outbox.close()
    journal.segments(spool.directory, "w")[0].unlink()
    log(spool, *range(20, 25))
    again = an_outbox(spool, clock)
    again.fill()
    again.send(sink, RUN)
    assert sink.rows == list(range(25))


def test_the_newest_segment_that_is_acknowledged_stays_until_the_next_is_too(
    spool: Spool, clock: Clock
) -> None:
    sink, outbox = MemorySink(), an_outbox(spool, clock)
    log(spool, *range(20))
    spool.roll()
    for _ in range(2):
        outbox.fill()
        clock.now += 1
    outbox.send(sink, RUN)
    sink.rows, sink.position = [], 0
    log(spool, 20)
    for _ in range(5):
        clock.now += 1
        outbox.fill()
        outbox.send(sink, RUN)
    assert sink.rows == list(range(21))
    assert outbox.gaps == 0
    assert [segment.number_of(path) for path in journal.segments(spool.directory, "w")] == [1]


def test_a_full_batch_is_due_and_holds_no_more(spool: Spool, clock: Clock) -> None:
    sink, outbox = MemorySink(), an_outbox(spool, clock)
    for step in range(400):
        spool.append(wire.Kind.ROW, wire.encode([step, 0, {"x": "y" * 1000}]))
    outbox.fill()
    assert outbox.is_due(0.0, metrics=100_000, seconds=100.0)
    outbox.send(sink, RUN)
    size = frame.FRAME_BYTES + len(wire.encode([200, 0, {"x": "y" * 1000}]))
    assert len(sink.rows) == wire.MAX_BATCH_BYTES // size
    assert not outbox.is_due(0.0, metrics=1, seconds=0.0), "nothing is known to wait"


def test_a_thousand_metrics_are_counted_by_what_they_take(spool: Spool, clock: Clock) -> None:
    outbox = an_outbox(spool, clock)
    log(spool, *range(10))
    outbox.fill()
    metrics = outbox.waiting // METRIC_BYTES
    assert outbox.waiting == journal.segments(spool.directory, "w")[0].stat().st_size
    assert outbox.is_due(0.0, metrics=metrics, seconds=100.0)
    assert not outbox.is_due(0.0, metrics=metrics + 1, seconds=100.0)


def test_batches_that_are_not_full_keep_a_second_between_them(spool: Spool, clock: Clock) -> None:
    outbox = an_outbox(spool, clock)
    log(spool, *range(100))
    outbox.fill()
    outbox.send(MemorySink(), RUN)
    log(spool, *range(100))
    outbox.fill()
    assert not outbox.is_due(PACE_SECONDS - 0.01, metrics=1, seconds=100.0)
    assert outbox.is_due(PACE_SECONDS, metrics=1, seconds=100.0)
    assert outbox.is_due(0.5, metrics=1, seconds=0.5), "somebody watches"


def test_the_rest_of_a_segment_that_has_ended_is_due_at_once(spool: Spool, clock: Clock) -> None:
    outbox = an_outbox(spool, clock)
    log(spool, 0, 1)
    outbox.fill()
    assert not outbox.is_due(0.0, metrics=1000, seconds=100.0)
    spool.roll()
    outbox.fill()
    assert outbox.is_due(0.0, metrics=1000, seconds=100.0)


def test_a_journal_that_is_fully_acknowledged_is_gone_with_its_last_record(
    spool: Spool, clock: Clock
) -> None:
    sink, outbox = MemorySink(), an_outbox(spool, clock)
    log(spool, 0)
    outbox.fill()
    outbox.send(sink, RUN)
    assert not outbox.finish(), "the writer still lives"
    log(spool, 1)
    spool.close()
    assert not outbox.finish(), "the last record is not sent"
    outbox.send(sink, RUN)
    assert outbox.finish()
    assert sink.rows == [0, 1]
    assert not spool.directory.exists()
