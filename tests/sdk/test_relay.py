"""What a dead process left behind is found, sent once, and removed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sdk.stub_server import KEY, Fault, StubServer

from wanllmdb import burial, frame, journal, relay, segment, wire
from wanllmdb.http import Timeouts
from wanllmdb.relay import Progress, leftovers, sync
from wanllmdb.sink import HttpSink
from wanllmdb.spool import Spool, new_writer


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


def a_run(root: Path, run: str, rows: int, *, segment_bytes: int = 1 << 24) -> Spool:
    """A journal of `rows` rows that was closed, as an offline run leaves it."""
    spool = Spool.create(
        root / run,
        {"run": run, "project": "digits"},
        writer=new_writer(),
        run=wire.encode({"id": run, "project": "digits", "config": {"lr": 0.1}}),
        segment_bytes=segment_bytes,
    )
    for n in range(rows):
        spool.append(wire.Kind.ROW, wire.encode([n, 0, {"x": n * 0.5}]))
    spool.close()
    return spool


def a_sink(server: StubServer, timeouts: Timeouts | None = None) -> HttpSink:
    return HttpSink(server.url, KEY, timeouts=timeouts)


def stored(server: StubServer, run: str) -> list[int]:
    return [row[0] for row in server.records(run, wire.Kind.ROW)]


def test_every_journal_that_nobody_writes_is_sent_and_removed(
    server: StubServer, tmp_path: Path
) -> None:
    for run, rows in (("a", 10), ("b", 2000), ("c", 0)):
        a_run(tmp_path, run, rows)
    told: list[Progress] = []
    found = leftovers(tmp_path)
    assert [each.run["id"] for each in found] == ["a", "b", "c"]
    report = sync(found, a_sink(server), told.append)
    # With a RUN and a TALLY each.
    assert (report.sent, report.finished, report.failures) == (2010 + 6, 3, [])
    assert report.runs == {f"{server.url}/local/digits/{run}" for run in "abc"}
    assert {each.url for each in told} == report.runs
    assert stored(server, "b") == list(range(2000))
    assert server.runs["local", "digits", "a"]["config"] == {"lr": 0.1}
    assert list(tmp_path.iterdir()) == []
    assert leftovers(tmp_path) == []


def test_a_second_sync_sends_nothing(server: StubServer, tmp_path: Path) -> None:
    a_run(tmp_path, "a", 10)
    found = leftovers(tmp_path)
    assert sync(found, a_sink(server)).sent == 12
    assert sync(found, a_sink(server)).sent == 0
    assert stored(server, "a") == list(range(10))


def test_a_living_process_keeps_its_journal(server: StubServer, tmp_path: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        from wanllmdb import wire
        from wanllmdb.spool import Spool
        run = wire.encode({"id": "a", "project": "digits"})
        spool = Spool.create(Path(sys.argv[1]) / "a", {"run": "a"}, writer="w", run=run)
        spool.append(1, wire.encode([0, 0, {"x": 1.0}]))
        print("ready", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert leftovers(tmp_path) == []
        process.kill()
    found = leftovers(tmp_path)
    assert len(found) == 1
    assert sync(found, a_sink(server)).sent == 3, "with its last word, which is said here"
    assert server.records("a", wire.Kind.TALLY) == [burial.LAST_WORD]


def test_another_hosts_journal_is_left_alone_unless_asked(
    server: StubServer, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    run = wire.encode({"id": "a", "project": "digits"})
    content = segment.header({"run": "a", "host": "another"}) + frame.frame(wire.Kind.RUN, run, 1)
    (tmp_path / "a" / segment.segment_name("w", 0)).write_bytes(content)
    assert leftovers(tmp_path) == []
    assert sync(leftovers(tmp_path, any_host=True), a_sink(server)).sent == 2, "with a last word"


def test_a_journal_is_let_go_also_where_a_process_that_just_began_holds_its_lock(
    tmp_path: Path,
) -> None:
    facts = {"run": "a", "project": "digits"}
    spool = Spool.create(tmp_path / "a", facts, writer=new_writer(), run=wire.encode({"id": "a"}))
    assert spool._lock_fd is not None
    begun = subprocess.Popen(["sleep", "60"], pass_fds=[spool._lock_fd])
    assert leftovers(tmp_path) == []
    spool.close()
    assert len(leftovers(tmp_path)) == 1
    begun.kill()
    begun.wait()


def test_an_interrupted_sync_goes_on_where_it_stopped(server: StubServer, tmp_path: Path) -> None:
    a_run(tmp_path, "a", 30_000, segment_bytes=400_000)
    count = 0

    def stopped() -> bool:
        nonlocal count
        count += 1
        return count > 3

    first = sync(leftovers(tmp_path), a_sink(server), stopped=stopped)
    assert 0 < first.sent < 30_002
    assert first.failures[0][1] == "interrupted"
    numbers = [segment.number_of(path) for path in (tmp_path / "a").glob("*.seg")]
    assert min(numbers) > 0, "acknowledged segments are removed on the way"
    rest = sync(leftovers(tmp_path), a_sink(server))
    assert first.sent + rest.sent == 30_002
    assert stored(server, "a") == list(range(30_000))


def test_a_server_that_goes_away_leaves_the_rest_for_another_time(
    server: StubServer, tmp_path: Path
) -> None:
    a_run(tmp_path, "a", 100)
    server.stop()
    slept: list[float] = []
    report = sync(leftovers(tmp_path), a_sink(server), sleep=slept.append)
    assert report.sent == 0
    assert "refused" in report.failures[0][1]
    assert len(slept) == relay.ATTEMPTS - 1
    server.start()
    assert sync(leftovers(tmp_path), a_sink(server)).sent == 102


@pytest.mark.parametrize("kind", ["cut", "lost", "reset", "hang"])
def test_answers_that_are_lost_double_nothing(
    server: StubServer, tmp_path: Path, kind: str
) -> None:
    a_run(tmp_path, "a", 5000)
    server.faults.extend([Fault(kind)] * 2)
    quick = Timeouts(connect=0.3, read=0.3) if kind == "hang" else None
    assert not sync(leftovers(tmp_path), a_sink(server, quick), sleep=lambda _: None).failures
    assert stored(server, "a") == list(range(5000))


@pytest.mark.parametrize("where", [0, frame.HEAD_BYTES])
def test_damage_costs_what_it_hit_and_is_counted(
    server: StubServer, tmp_path: Path, where: int
) -> None:
    spool = a_run(tmp_path, "a", 100)
    [path] = journal.segments(spool.directory, spool.writer)
    content = bytearray(path.read_bytes())
    *_, fiftieth = (each for each in segment.read_segment(path) if each.payload[1:2] == b"\x31")
    content[(fiftieth.position & 0xFFFFFFFF) + where] ^= 0xFF  # in the row after it
    path.write_bytes(content[:-5])
    report = sync(leftovers(tmp_path), a_sink(server))
    # A row was damaged; the TALLY was cut, and another one was said in its place.
    assert report.sent == 101, "a RUN, 99 rows and a TALLY"
    assert server.records("a", wire.Kind.TALLY) == [burial.LAST_WORD]
    assert report.damaged == 2
    assert stored(server, "a") == [step for step in range(100) if step != 50]


def test_a_journal_of_a_later_version_stays_as_it_is(server: StubServer, tmp_path: Path) -> None:
    spool = a_run(tmp_path, "a", 10)
    [path] = journal.segments(spool.directory, spool.writer)
    content = bytearray(path.read_bytes())
    end = 8 + int.from_bytes(content[6:8], "little")
    content[4] = 9
    content[end : end + 4] = segment.CHECK.pack(segment.crc32(bytes(content[:end])))
    path.write_bytes(content)
    [leftover] = leftovers(tmp_path)
    report = sync([leftover], a_sink(server))
    assert report.failures[0][1] == "it is written in a later version of this format"
    assert path.read_bytes() == content


def test_a_refused_run_is_kept_and_says_why(server: StubServer, tmp_path: Path) -> None:
    spool = a_run(tmp_path, "a", 10)
    server.keys.clear()
    report = sync(leftovers(tmp_path), a_sink(server))
    assert report.failures[0][1] == "It is wrong-key."
    assert journal.segments(spool.directory, spool.writer)


def test_without_its_first_segment_a_journal_still_finds_its_run(
    server: StubServer, tmp_path: Path
) -> None:
    spool = a_run(tmp_path, "a", 1000, segment_bytes=20_000)
    journal.segments(spool.directory, spool.writer)[0].unlink()
    report = sync(leftovers(tmp_path), a_sink(server))
    assert not report.failures
    assert stored(server, "a")[-1] == 999


def test_a_fork_childs_journal_joins_the_run_that_was_new(
    server: StubServer, tmp_path: Path
) -> None:
    code = """
        import os, sys
        from pathlib import Path
        from wanllmdb import wire
        from wanllmdb.spool import Spool
        run = wire.encode({"id": "a", "project": "digits", "resume": "never"})
        spool = Spool.create(Path(sys.argv[1]) / "a", {"run": "a"}, writer="w", run=run)
        spool.append(1, wire.encode([0, 0, {"x": 1.0}]))
        if os.fork() == 0:
            spool.append(1, wire.encode([1, 0, {"x": 1.0}]))
            os._exit(0)
        os.wait()
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], check=True)
    report = sync(leftovers(tmp_path), a_sink(server))
    assert not report.failures
    assert sorted(stored(server, "a")) == [0, 1]


def test_a_background_sync_spares_the_present_run(server: StubServer, tmp_path: Path) -> None:
    spool = a_run(tmp_path, "a", 10)
    a_run(tmp_path, "b", 10)
    relay.start(tmp_path, a_sink(server), except_writer=spool.writer).join()
    assert stored(server, "b") == list(range(10))
    assert stored(server, "a") == []
