"""A disk that keeps rows waiting is written by a thread; a busy processor is no slow disk."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.sdk.journals import keep, kept_in

from wanllmdb import frame, wire
from wanllmdb.buffer import RING_BYTES, Buffer
from wanllmdb.spool import Spool
from wanllmdb.stall import STALL_SECONDS, Stalls, seconds_waited
from wanllmdb.tally import Tally

HEADER = {"run": "r1", "project": "digits", "owner": None}


class Clock:
    """Seconds that go on when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Disk:
    """Takes what is written, when it may, and as much as it may."""

    def __init__(self) -> None:
        self.content = b""
        self.room = 1 << 30
        self.go = threading.Event()
        self.go.set()

    def write(self, content: bytes) -> int:
        self.go.wait(10)
        taken = content[: self.room]
        if content and not taken:
            raise OSError(28, "no room")
        self.room -= len(taken)
        self.content += taken
        return len(taken)


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.go.set()


def a_buffer(
    disk: Disk, refused: Callable[[list[bytes], OSError], None] = lambda *_: None
) -> Buffer:
    return Buffer(disk.write, Tally(), Stalls(), refused)


def frame_of(n: int, size: int = 100) -> bytes:
    return frame.frame(wire.Kind.ROW, bytes([n % 256]) * size, n)


def test_waiting_for_a_file_is_measured() -> None:
    assert seconds_waited(lambda: time.sleep(0.12)) > 0.1


def test_waiting_for_the_interpreter_is_no_wait_for_a_disk() -> None:
    """Another thread holds the interpreter's lock for 0.3 s; the write itself takes no time."""
    hold = ctypes.PyDLL(None).usleep
    began, nowhere = threading.Event(), os.open(os.devnull, os.O_WRONLY)
    waits: list[float] = []

    def compute() -> None:
        began.set()
        hold(300_000)

    def write() -> None:
        thread.start()
        began.wait()
        os.write(nowhere, b"")

    thread = threading.Thread(target=compute)
    start = time.monotonic()
    waits.append(seconds_waited(write))
    assert time.monotonic() - start > 0.25
    assert waits[0] <= STALL_SECONDS
    thread.join()
    os.close(nowhere)


def test_a_disk_is_slow_when_it_kept_waiting_twice_in_a_minute() -> None:
    clock = Clock()
    waits = iter([0.0, 0.1, 0.04, 0.2, 0.0])

    def measure(call: Callable[[], object]) -> float:
        call()
        return next(waits)

    stalls = Stalls(clock=clock, measure=measure)
    seen: list[bool] = []
    for _ in range(5):
        stalls.timed(lambda: None)
        seen.append(stalls.many)
        clock.now += 10
    assert seen == [False, False, False, True, True]
    assert not stalls.none
    clock.now += 60
    assert stalls.none
    assert not stalls.many


def test_nobody_waits_for_a_disk_that_hangs_and_nothing_is_lost_when_it_goes_on(
    disk: Disk,
) -> None:
    disk.go.clear()
    buffer = a_buffer(disk)
    buffer.begin()
    frames = [frame_of(n) for n in range(1000)]
    began = time.monotonic()
    for each in frames:
        assert not buffer.hold(each)
    assert time.monotonic() - began < 1.0
    assert not buffer.wait(0.05)
    disk.go.set()
    assert buffer.wait(5)
    buffer.end()
    assert disk.content == b"".join(frames)


def test_what_the_ring_cannot_hold_is_counted(disk: Disk) -> None:
    disk.go.clear()
    tally = Tally()
    buffer = Buffer(disk.write, tally, Stalls(), lambda *_: None)
    big = frame_of(1, 1 << 20)
    for _ in range(6):
        tally.number(wire.Kind.ROW)
        buffer.hold(big)
    assert tally.rows == 6
    assert tally.lost == {"slow-disk": 6 - RING_BYTES // len(big)}
    buffer.give_up()
    assert tally.lost == {"slow-disk": 6}


def test_the_frames_that_a_full_disk_did_not_take_whole_are_given_back_in_order(
    disk: Disk,
) -> None:
    back: list[bytes] = []
    frames = [frame_of(n) for n in range(10)]
    disk.room = len(b"".join(frames[:4])) + 5
    buffer = a_buffer(disk, lambda refused, _: back.extend(refused))
    for each in frames:
        buffer.hold(each)
    buffer.begin()
    assert buffer.wait(5)
    buffer.end()
    assert back == frames[4:]


def test_a_slow_disk_is_said_once_written_by_a_thread_and_returned_to(tmp_path: Path) -> None:
    words: list[str] = []
    spool = Spool.create(tmp_path / "r1", HEADER, writer="w", tell=words.append)
    slow, stalls = spool._pen.slow, spool._pen.slow._stalls
    clock = Clock()
    stalls._clock = clock
    stalls._measure = lambda call: (call(), 0.1)[1]
    for _ in range(200):  # twice is enough, unless this disk is slow just now and somebody asks
        spool.tend()
        if spool.failing:
            break
        time.sleep(0.02)
    assert spool.failing == "slow"
    assert [line.split(":")[0] for line in words] == [f"the disk of {tmp_path / 'r1'} is slow"]
    assert "WANLLMDB_SPOOL_DIR" in words[0]
    for n in range(500):
        keep(spool, n, {"loss": float(n)})
    assert slow.wait(5)
    stalls._measure = lambda call: (call(), 0.0)[1]
    clock.now += 61
    spool.tend()
    assert spool.failing is None
    for n in range(500, 600):
        keep(spool, n, {"loss": float(n)})
    spool.close()
    assert sorted(row[0] for row in kept_in(spool.directory, wire.Kind.ROW)) == list(range(600))
    assert kept_in(spool.directory, wire.Kind.TALLY) == [{"rows": 600, "logged": 600, "lost": {}}]


def test_a_journal_ends_whole_while_a_thread_writes_it(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path / "r1", HEADER, writer="w")
    spool._pen.slow._buffer.begin()
    spool.tend()
    for n in range(5000):
        keep(spool, n, {"loss": float(n)})
    spool.close()
    assert len(kept_in(spool.directory, wire.Kind.ROW)) == 5000
    [tally] = kept_in(spool.directory, wire.Kind.TALLY)
    assert tally == {"rows": 5000, "logged": 5000, "lost": {}}


def test_an_empty_write_waits_for_the_write_that_is_under_way(tmp_path: Path) -> None:
    """What `slowness` rests on, seen on this machine: a write to a file locks it."""
    path = tmp_path / "x"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    began = threading.Event()
    took: list[float] = []

    def write() -> None:
        began.set()
        start = time.monotonic()
        os.write(fd, bytes(1 << 28))
        took.append(time.monotonic() - start)

    thread = threading.Thread(target=write)
    thread.start()
    began.wait()
    time.sleep(0.005)
    start = time.monotonic()
    os.write(fd, b"")
    waited = time.monotonic() - start
    thread.join()
    os.close(fd)
    path.unlink()
    if took[0] < 0.05:
        pytest.skip(f"256 MiB were written in {took[0]:.3f} s: there was nothing to wait for")
    assert waited > 0.5 * (took[0] - 0.02)
