"""What is appended to a spool is on the disk: from any thread, any process, any signal handler."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import kept_in

from wanllmdb import journal, segment, wire
from wanllmdb.keeper import Keeper
from wanllmdb.spool import Spool, new_writer

HEADER = {"run": "r1", "project": "digits", "owner": None}


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = a_spool(tmp_path / "r1")
    yield spool
    spool.close()


def a_spool(directory: Path, *, segment_bytes: int = 1 << 24) -> Spool:
    return Spool.create(directory, HEADER, writer=new_writer(), segment_bytes=segment_bytes)


def row(n: int) -> bytes:
    return wire.encode([n, 0, {"n": n}])


def steps(directory: Path, writer: str | None = None) -> list[int]:
    """The steps of all rows that can be read, writer by writer, in order."""
    return [
        wire.decode(frame.payload)[0]
        for each in ([writer] if writer else journal.writers(directory))
        for path in journal.segments(directory, each)
        for frame in segment.read_segment(path)
        if frame.kind == wire.Kind.ROW
    ]


def payloads(directory: Path, kind: int) -> list[Any]:
    """What all records of a kind say, writer by writer, in order."""
    return kept_in(directory, wire.Kind(kind))


def test_an_appended_record_is_read_back_before_anything_is_closed(spool: Spool) -> None:
    for n in range(100):
        assert spool.append(wire.Kind.ROW, row(n))
    assert steps(spool.directory) == list(range(100))
    assert spool.appended == 100
    assert spool.lost == {}


def test_the_run_record_is_the_first_of_every_writer(tmp_path: Path) -> None:
    run = wire.encode({"id": "r1", "project": "digits"})
    spool = Spool.create(tmp_path / "r1", HEADER, writer="w", run=run)
    spool.append(wire.Kind.ROW, row(0))
    frames = list(segment.read_segment(journal.segments(spool.directory, "w")[0]))
    assert [frame.kind for frame in frames] == [wire.Kind.RUN, wire.Kind.ROW]
    assert frames[0].payload == run
    spool.close()


def test_only_the_owner_may_look_into_the_directory(spool: Spool) -> None:
    spool.append(wire.Kind.ROW, row(0))
    assert spool.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in spool.directory.iterdir()} == {0o600}


def test_the_last_position_is_that_of_the_last_record(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", segment_bytes=100_000)
    for n in range(100):
        spool.append(wire.Kind.ROW, row(n))
        *_, last = segment.read_segment(journal.segments(spool.directory, spool.writer)[-1])
        assert spool.last_position == last.position
    spool.close()


def test_segments_follow_each_other_and_nothing_is_between(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", segment_bytes=1000)
    for n in range(200):
        spool.append(wire.Kind.ROW, row(n))
    paths = journal.segments(spool.directory, spool.writer)
    assert len(paths) > 5
    assert [segment.number_of(path) for path in paths] == list(range(len(paths)))
    assert all(segment.read_header(path)["run"] == "r1" for path in paths)
    assert steps(spool.directory) == list(range(200))
    spool.close()


def test_four_threads_and_a_signal_handler_lose_nothing(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", segment_bytes=20_000)
    extra = iter(range(1_000_000, 2_000_000))
    handled: list[int] = []

    def on_signal(*_: object) -> None:
        n = next(extra)
        if spool.append(wire.Kind.ROW, row(n)):
            handled.append(n)

    def work(first: int) -> None:
        for n in range(first, first + 3000):
            spool.append(wire.Kind.ROW, row(n))

    before = signal.signal(signal.SIGALRM, on_signal)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        threads = [threading.Thread(target=work, args=(k * 10_000,)) for k in range(1, 4)]
        for thread in threads:
            thread.start()
        work(0)
        for thread in threads:
            thread.join()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    found = steps(spool.directory)
    expected = {k * 10_000 + n for k in range(4) for n in range(3000)} | set(handled)
    assert handled, "no signal came"
    assert len(found) == len(set(found)) == len(expected)
    assert set(found) == expected
    assert spool.appended == len(expected)
    spool.close()


def test_fork_children_write_journals_of_their_own(tmp_path: Path) -> None:
    run = wire.encode({"id": "r1", "project": "digits"})
    spool = Spool.create(tmp_path / "r1", HEADER, writer=new_writer(), run=run)
    spool.append(wire.Kind.ROW, row(0))
    children = []
    for child in range(1, 9):
        pid = os.fork()
        if pid == 0:
            for n in range(500):
                spool.append(wire.Kind.ROW, row(child * 1000 + n))
            os._exit(0 if spool.appended == 501 else 1)
        children.append(pid)
    for n in range(1, 500):
        spool.append(wire.Kind.ROW, row(n))
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 8
    writers = journal.writers(spool.directory)
    assert len(writers) == 9
    found = steps(spool.directory)
    assert len(found) == len(set(found)) == 9 * 500
    assert steps(spool.directory, spool.writer) == list(range(500))
    for writer in set(writers) - {spool.writer}:
        first = journal.segments(spool.directory, writer)[0]
        assert segment.read_header(first)["parent"] == spool.writer
        assert next(segment.read_segment(first)).kind == wire.Kind.RUN
    spool.close()


def test_a_child_that_never_appends_leaves_nothing(spool: Spool) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert journal.writers(spool.directory) == [spool.writer]


def test_a_fork_while_a_segment_is_being_changed_does_not_hang_the_child(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", segment_bytes=500)
    done = threading.Event()

    def work() -> None:
        n = 0
        while not done.is_set():
            spool.append(wire.Kind.ROW, row(n))
            n += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(30):
            pid = os.fork()
            if pid == 0:
                signal.alarm(10)
                os._exit(0 if spool.append(wire.Kind.ROW, row(0)) else 1)
            assert os.waitpid(pid, 0)[1] == 0
    finally:
        done.set()
        thread.join()
    spool.close()


def test_the_lock_tells_who_lives(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1")
    ask = "import sys; from pathlib import Path; from wanllmdb import journal; " + (
        "sys.exit(journal.lock(Path(sys.argv[1]), sys.argv[2]) is None)"
    )
    command = [sys.executable, "-c", ask, str(spool.directory), spool.writer]
    assert subprocess.run(command, check=False).returncode == 1
    spool.close()
    assert subprocess.run(command, check=False).returncode == 0


def test_an_append_after_close_is_counted_and_harms_nobody(spool: Spool, tmp_path: Path) -> None:
    spool.append(wire.Kind.ROW, row(0))
    spool.close()
    with (tmp_path / "other").open("wb") as other:
        assert not spool.append(wire.Kind.ROW, row(1))
        assert os.fstat(other.fileno()).st_size == 0
    assert spool.lost == {"closed": 1}
    assert steps(spool.directory) == [0]


def test_a_record_beyond_the_limit_is_counted_and_told(spool: Spool) -> None:
    assert not spool.append(wire.Kind.ROW, b"x" * (wire.MAX_RECORD_BYTES + 1))
    assert spool.append(wire.Kind.ROW, row(1))
    spool.close()
    [path] = journal.segments(spool.directory, spool.writer)
    frames = list(segment.read_segment(path))
    assert [frame.kind for frame in frames] == [wire.Kind.ROW, wire.Kind.LOSS, wire.Kind.TALLY]
    assert wire.decode(frames[1].payload) == {"reason": "too-large", "count": 1, "detail": ""}
    assert wire.decode(frames[2].payload) == {
        "rows": 2,
        "logged": 2,
        "lost": {"too-large": 1},
    }
    assert spool.lost == {"too-large": 1}


def test_nonsense_is_counted_and_never_raised(spool: Spool) -> None:
    assert not spool.append(wire.Kind.ROW, None)  # type: ignore[arg-type]
    assert not spool.append(700, b"")
    assert spool.lost == {"unspoolable": 2}
    assert spool.appended == 0


def test_a_discarded_spool_leaves_no_trace(spool: Spool) -> None:
    spool.append(wire.Kind.ROW, row(0))
    spool.discard()
    assert not spool.directory.exists()


def test_a_descriptor_that_somebody_closed_is_replaced(spool: Spool) -> None:
    spool.append(wire.Kind.ROW, row(0))
    os.close(spool._pen.file.fd)
    for n in range(1, 4):
        spool.append(wire.Kind.ROW, row(n))
    assert spool.failing == "EBADF"
    spool._pen.outage.probe_at = 0.0
    spool.tend()
    assert spool.failing is None
    assert spool.append(wire.Kind.ROW, row(4))
    assert steps(spool.directory) == [0, 1, 2, 3, 4]


FULL_DISK = """
    import resource, sys, json
    sys.dont_write_bytecode = True  # under the limit it would be cut off, for all others
    from pathlib import Path
    from wanllmdb import wire
    from wanllmdb.spool import Spool

    directory, mode = Path(sys.argv[1]), sys.argv[2]
    spool = Spool.create(directory, {"run": "r1"}, writer="w")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if mode == "lost":
        spool._pen.outage.ring._limit = 30_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    on_disk = 0
    for n in range(3000):
        on_disk += spool.append(1, wire.encode([n, 0, {"n": n}]))
    failing = spool.failing
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    spool._pen.outage.probe_at = 0.0
    spool.tend()
    for n in range(3000, 3100):
        spool.append(1, wire.encode([n, 0, {"n": n}]))
    spool.close()
    print(json.dumps([failing, on_disk, spool.appended, spool.lost]))
"""


@pytest.mark.parametrize("mode", ["held", "lost"])
def test_a_full_disk_raises_nothing_and_every_record_is_kept_or_counted(
    tmp_path: Path, mode: str
) -> None:
    command = [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(tmp_path / "r1"), mode]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    failing, on_disk, appended, lost = json.loads(done.stdout)
    assert failing in {"EFBIG", "ENOSPC"}
    assert 0 < on_disk < 3000
    found = steps(tmp_path / "r1", "w")
    assert len(found) == len(set(found))
    assert set(range(3000, 3100)) <= set(found)
    assert len(found) + lost.get("disk", 0) == 3100
    losses = payloads(tmp_path / "r1", wire.Kind.LOSS)
    tallies = payloads(tmp_path / "r1", wire.Kind.TALLY)
    assert appended == len(found) + len(losses) + len(tallies)
    assert sum(loss["count"] for loss in losses) == lost.get("disk", 0)
    assert (mode == "lost") == bool(losses)
    assert tallies == [{"rows": 3100, "logged": 3100, "lost": lost}]


def test_a_file_limit_while_a_segment_begins_keeps_the_old_one(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", segment_bytes=2000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        kept = [spool.append(wire.Kind.ROW, row(n)) for n in range(200)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert all(kept)
    assert spool.appended == 200
    assert steps(spool.directory) == list(range(200))
    spool.close()


def test_a_journal_without_its_mark_begins_at_the_start(tmp_path: Path) -> None:
    assert journal.read_mark(tmp_path, "w") == journal.Mark()
    journal.write_mark(tmp_path, "w", journal.Mark(5, 9))
    assert journal.read_mark(tmp_path, "w") == journal.Mark(5, 9)
    path = tmp_path / "w.ack"
    content = path.read_bytes()
    assert len(content) == 32
    for at in range(32):
        damaged = bytearray(content)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        assert journal.read_mark(tmp_path, "w") == journal.Mark(), f"byte {at}"
        path.write_bytes(content[:at])
        assert journal.read_mark(tmp_path, "w") == journal.Mark(), f"cut at {at}"


def test_a_segment_that_grew_old_is_followed_by_the_next(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.append(wire.Kind.ROW, row(0))
    spool.tend()
    assert len(journal.segments(spool.directory, spool.writer)) == 1
    monkeypatch.setattr("wanllmdb.pen.SEGMENT_SECONDS", 0.0)
    spool.tend()
    assert len(journal.segments(spool.directory, spool.writer)) == 2
    spool.tend()
    assert len(journal.segments(spool.directory, spool.writer)) == 2, "an empty one stays"
    spool.append(wire.Kind.ROW, row(1))
    assert steps(spool.directory) == [0, 1]


def test_a_keeper_tends_the_spool_until_it_is_closed(spool: Spool) -> None:
    keeper = Keeper(spool, seconds=0.001)
    keeper.start()
    spool.append(wire.Kind.ROW, row(0))
    os.close(spool._pen.file.fd)
    spool.append(wire.Kind.ROW, row(1))
    end = time.monotonic() + 10
    while spool.failing and time.monotonic() < end:
        time.sleep(0.01)
    assert spool.failing is None
    assert steps(spool.directory) == [0, 1]
    spool.close()
    assert keeper._thread is not None
    keeper._thread.join(10)
    assert not keeper._thread.is_alive()


def test_syncing_beside_four_threads_that_change_segments_disturbs_none(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "r1", segment_bytes=2000)

    def work(first: int) -> None:
        for n in range(first, first + 500):
            spool.append(wire.Kind.ROW, row(n))

    threads = [threading.Thread(target=work, args=(k * 1000,)) for k in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        spool.sync()
    for thread in threads:
        thread.join()
    assert sorted(steps(spool.directory)) == [k * 1000 + n for k in range(4) for n in range(500)]
    spool.close()
