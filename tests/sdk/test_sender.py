"""What is in the spool gets to the server, once, whatever the server does; or it is kept."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sdk.stub_server import KEY, Fault, StubServer

from wanllmdb import journal, segment, wire
from wanllmdb.http import Timeouts
from wanllmdb.relay import leftovers, sync
from wanllmdb.sender import Sender
from wanllmdb.sink import HttpSink, RefusedError
from wanllmdb.spool import Spool, new_writer

RUN = {"id": "r1", "project": "digits"}
QUICK = Timeouts(connect=0.3, read=0.3)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = a_spool(tmp_path)
    yield spool
    spool.close()


def a_spool(root: Path, *, segment_bytes: int = 1 << 24) -> Spool:
    return Spool.create(
        root / "r1",
        {"run": "r1", "project": "digits"},
        writer=new_writer(),
        run=wire.encode(RUN),
        segment_bytes=segment_bytes,
    )


def a_sender(
    spool: Spool,
    server: StubServer,
    clock: Clock,
    timeouts: Timeouts | None = None,
    **more: object,
) -> Sender:
    sink = HttpSink(server.url, KEY, timeouts=timeouts)
    return Sender(spool, sink, RUN, clock=clock, random=lambda: 0.5, **more)  # type: ignore[arg-type]


def log(spool: Spool, steps: range, *, values: int = 1) -> None:
    for step in steps:
        row = {f"m{k}": step * 0.5 for k in range(values)}
        assert spool.append(wire.Kind.ROW, wire.encode([step, 0, row]))


def stored(server: StubServer) -> list[int]:
    return [row[0] for row in server.records("r1", wire.Kind.ROW)]


def turns(sender: Sender, clock: Clock, seconds: float) -> None:
    """Let time pass, turn by turn."""
    end = clock.now + seconds
    while clock.now < end:
        wait = sender.turn()
        clock.now += min(max(wait, 0.01), end - clock.now + 0.001)


def test_what_was_logged_is_stored_and_the_spool_is_gone(server: StubServer, spool: Spool) -> None:
    sender = Sender(spool, HttpSink(server.url, KEY), RUN)
    sender.start()
    opened = sender.wait(2)
    assert opened is not None
    assert opened.url == f"{server.url}/local/digits/r1"
    log(spool, range(5000))
    report = sender.finish()
    assert stored(server) == list(range(5000))
    assert server.records("r1", wire.Kind.RUN) == [RUN]
    assert (report.sent, report.kept, report.problem) == (5002, 0, None)
    assert report.reachable
    assert not report.rejected
    assert not report.lost
    assert not spool.directory.exists()


def test_a_few_metrics_wait_five_seconds_and_a_thousand_do_not(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    sender = a_sender(spool, server, clock)
    log(spool, range(10))
    turns(sender, clock, 4.5)
    assert stored(server) == []
    turns(sender, clock, 1.0)
    assert stored(server) == list(range(10))
    log(spool, range(10, 110), values=10)
    turns(sender, clock, 1.5)
    assert stored(server) == list(range(10)), "batches that are not full keep their distance"
    turns(sender, clock, 1.0)
    assert stored(server) == list(range(110))


def test_while_somebody_watches_rows_go_at_once(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    server.watched = True
    sender = a_sender(spool, server, clock)
    log(spool, range(1))
    turns(sender, clock, 6)
    assert sender.watched
    log(spool, range(1, 3))
    turns(sender, clock, 0.3)
    assert stored(server) == [0, 1, 2]


FAULTS = {
    "500": Fault("status", 500),
    "502 page": Fault("html", 502),
    "429": Fault("status", 429, (("Retry-After", "2"),)),
    "503": Fault("status", 503, (("Retry-After", "1"),)),
    "408": Fault("status", 408),
    "captive portal": Fault("html", 200),
    "hang": Fault("hang"),
    "cut answer": Fault("cut"),
    "lost answer": Fault("lost"),
    "reset": Fault("reset"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_after_any_failure_every_record_is_stored_once(
    server: StubServer, spool: Spool, clock: Clock, name: str
) -> None:
    # Only who hangs is not waited for: on a busy machine, others may take their time.
    sender = a_sender(spool, server, clock, QUICK if name == "hang" else None)
    total = 0
    for _ in range(3):
        server.faults.extend([FAULTS[name]] * 2)
        log(spool, range(total, total + 1500))
        total += 1500
        turns(sender, clock, 130)
        assert not server.faults
    assert stored(server) == list(range(total))
    assert sender.finish().kept == 0


def test_a_server_that_is_away_gets_everything_when_it_is_back(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    server.stop()
    sender = a_sender(spool, server, clock)
    log(spool, range(100))
    turns(sender, clock, 300)
    assert sender.opened is None
    assert sender.trouble
    log(spool, range(100, 200))
    server.start()
    turns(sender, clock, 61)
    assert sender.opened is not None
    assert stored(server) == list(range(200))


def test_delays_double_up_to_a_minute_and_begin_anew_after_an_answer(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    server.stop()
    sender = a_sender(spool, server, clock)
    delays = []
    for _ in range(10):
        delays.append(round(sender.turn(), 3))
        clock.now += delays[-1]
    assert delays == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    server.start()
    sender.turn()
    server.stop()
    log(spool, range(1000))
    assert round(sender.turn(), 3) == 0.25


def test_what_the_server_asks_for_wins(server: StubServer, spool: Spool, clock: Clock) -> None:
    server.always = Fault("status", 429, (("Retry-After", "20"),))
    sender = a_sender(spool, server, clock)
    assert 20 <= sender.turn() <= 22
    turns(sender, clock, 19)
    assert len(server.requests) == 1


def test_a_wrong_key_is_told_and_everything_is_kept(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    sink = HttpSink(server.url, "wl-wrong")
    sender = Sender(spool, sink, RUN)
    sender.start()
    with pytest.raises(RefusedError) as caught:
        sender.wait(2)
    assert caught.value.status == 401
    log(spool, range(100))
    report = sender.finish()
    assert report.kept == 102
    assert report.problem == "It is wrong-key."
    assert len(server.requests) == 1
    [leftover] = leftovers(spool.directory.parent)
    assert sync([leftover], HttpSink(server.url, KEY)).sent == 102
    assert stored(server) == list(range(100))


def test_a_key_that_is_withdrawn_stops_the_sending_and_not_the_spool(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    sender = a_sender(spool, server, clock)
    log(spool, range(100))
    turns(sender, clock, 6)
    server.keys.clear()
    log(spool, range(100, 200))
    turns(sender, clock, 60)
    asked = len(server.requests)
    turns(sender, clock, 500)
    assert len(server.requests) == asked
    server.keys.add(KEY)
    turns(sender, clock, 120)
    assert stored(server) == list(range(200))


def test_a_server_that_lost_records_gets_them_again(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    sender = a_sender(spool, server, clock)
    log(spool, range(300))
    turns(sender, clock, 6)
    server.forget("r1", spool.writer, keep=100)
    log(spool, range(300, 400))
    turns(sender, clock, 6)
    assert stored(server) == list(range(400))
    assert sender.finish().lost == {}


def test_records_that_nobody_has_any_more_are_counted_and_the_rest_goes_on(
    server: StubServer, tmp_path: Path, clock: Clock
) -> None:
    spool = a_spool(tmp_path, segment_bytes=2000)
    sender = a_sender(spool, server, clock)
    log(spool, range(500))
    turns(sender, clock, 6)
    assert segment.number_of(journal.segments(spool.directory, spool.writer)[0]) > 0
    server.forget("r1", spool.writer)
    log(spool, range(500, 600))
    turns(sender, clock, 6)
    found = stored(server)
    assert found == sorted(set(found))
    assert set(range(500, 600)) <= set(found)
    assert sender.finish().lost["gap"] >= 1


def test_a_poisoned_record_goes_to_quarantine_and_all_others_arrive(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    bad = {17, 400, 999}
    server.is_poison = lambda kind, payload: kind == wire.Kind.ROW and payload[0] in bad
    sender = a_sender(spool, server, clock)
    log(spool, range(1000))
    turns(sender, clock, 6)
    log(spool, range(1000, 1100))
    report = sender.finish()
    assert stored(server) == [n for n in range(1100) if n not in bad]
    assert report.rejected == {"poison": 3}
    assert (report.sent, report.kept) == (1099, 0)
    quarantined = segment.read_segment(spool.directory / journal.REJECTED)
    assert [wire.decode(frame.payload)[0] for frame in quarantined] == sorted(bad)


def test_a_server_of_another_version_poisons_nothing(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    sender = a_sender(spool, server, clock)
    server.faults.append(Fault("status", 400, code="unknown-version"))
    log(spool, range(100))
    turns(sender, clock, 10)
    assert len(server.requests) == 2
    turns(sender, clock, 600)
    assert stored(server) == list(range(100))


def test_records_that_the_server_passes_over_are_counted(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    server.is_odd = lambda kind, payload: kind == wire.Kind.ROW and payload[0] % 10 == 3
    sender = a_sender(spool, server, clock)
    log(spool, range(100))
    report = sender.finish()
    assert len(stored(server)) == 90
    assert report.rejected == {"odd": 10}


def test_a_run_that_is_gone_is_made_known_again(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    sender = a_sender(spool, server, clock)
    log(spool, range(100))
    turns(sender, clock, 6)
    server.runs.clear()
    server.stored.clear()
    log(spool, range(100, 200))
    turns(sender, clock, 20)
    assert stored(server) == list(range(200))


def test_a_stop_is_told_once(server: StubServer, spool: Spool, clock: Clock) -> None:
    told: list[bool] = []
    sender = a_sender(spool, server, clock, on_stop=lambda: told.append(True))
    turns(sender, clock, 31)
    assert told == []
    server.stop_requested = True
    turns(sender, clock, 70)
    assert told == [True]


def test_the_heart_beats_every_15_seconds_and_every_5_while_watched(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    sender = a_sender(spool, server, clock)
    turns(sender, clock, 301)

    def beats() -> int:
        return sum(path.endswith("/heartbeat") for path, _ in server.requests)

    assert beats() == 20
    server.watched = True
    turns(sender, clock, 31)
    before = beats()
    turns(sender, clock, 30)
    assert 5 <= beats() - before <= 7


def test_the_heart_beats_while_batches_flow(server: StubServer, spool: Spool, clock: Clock) -> None:
    sender = a_sender(spool, server, clock)
    for n in range(130):
        log(spool, range(n, n + 1))
        turns(sender, clock, 1)
    assert sum(path.endswith("/heartbeat") for path, _ in server.requests) == 8


def test_what_is_in_a_hurry_is_sent_before_it_is_due(server: StubServer, spool: Spool) -> None:
    sender = Sender(spool, HttpSink(server.url, KEY), RUN, flush_seconds=3600)
    sender.start()
    assert sender.wait(2)
    log(spool, range(10))
    sender.hurry(10)
    assert stored(server) == list(range(10))
    sender.finish()


def test_nobody_waits_in_a_hurry_for_a_server_that_does_not_answer(
    server: StubServer, spool: Spool, clock: Clock
) -> None:
    server.stop()
    sender = a_sender(spool, server, clock)
    sender.turn()
    log(spool, range(10))
    sender.hurry(3600)


def test_finish_gives_up_on_a_server_that_is_away_and_the_next_sync_sends(
    server: StubServer, spool: Spool
) -> None:
    server.stop()
    sender = Sender(spool, HttpSink(server.url, KEY), RUN)
    sender.start()
    assert sender.wait(2) is None
    log(spool, range(100))
    report = sender.finish(budget_unreachable=0.3)
    assert (report.sent, report.kept, report.reachable) == (0, 102, False)
    assert "refused" in str(report.problem)
    server.start()
    assert sync(leftovers(spool.directory.parent), HttpSink(server.url, KEY)).sent == 102
    assert stored(server) == list(range(100))
    assert not spool.directory.exists()


def test_finish_gives_up_on_a_server_that_hangs(server: StubServer, spool: Spool) -> None:
    server.always = Fault("hang")
    sender = Sender(spool, HttpSink(server.url, KEY), RUN)
    sender.start()
    assert sender.wait(0.1) is None
    log(spool, range(100))
    report = sender.finish(budget_unreachable=0.3)
    assert report.kept == 102
    assert not report.reachable


def test_finish_sends_by_itself_when_the_thread_is_gone(server: StubServer, spool: Spool) -> None:
    sender = Sender(spool, HttpSink(server.url, KEY), RUN)
    log(spool, range(3000))
    report = sender.finish()
    assert (report.sent, report.kept) == (3002, 0)
    assert stored(server) == list(range(3000))


def test_an_error_that_nobody_foresaw_does_not_end_the_thread(
    server: StubServer, spool: Spool
) -> None:
    class Moody(HttpSink):
        moods = 3

        def send(self, *args: str, **more: object) -> object:  # type: ignore[override]
            self.moods -= 1
            if self.moods >= 0:
                raise ZeroDivisionError
            return super().send(*args, **more)  # type: ignore[arg-type]

    sender = Sender(spool, Moody(server.url, KEY), RUN, flush_seconds=0.0)  # type: ignore[arg-type]
    sender.start()
    log(spool, range(100))
    report = sender.finish()
    assert report.kept == 0
    assert stored(server) == list(range(100))


def test_a_logging_handler_that_raises_does_not_end_the_thread(
    server: StubServer, spool: Spool
) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError(record.getMessage())

    class Moody(HttpSink):
        moods = 2

        def send(self, *args: str, **more: object) -> object:  # type: ignore[override]
            self.moods -= 1
            if self.moods >= 0:
                raise ZeroDivisionError
            return super().send(*args, **more)  # type: ignore[arg-type]

    broken = Broken()
    logging.getLogger("wanllmdb").addHandler(broken)
    try:
        sender = Sender(spool, Moody(server.url, KEY), RUN, flush_seconds=0.0)  # type: ignore[arg-type]
        sender.start()
        thread = sender._thread
        log(spool, range(100))
        end = time.monotonic() + 30
        while len(stored(server)) < 100 and time.monotonic() < end:
            time.sleep(0.01)
        assert sender._thread is thread, "another one was begun in its place"
        report = sender.finish()
    finally:
        logging.getLogger("wanllmdb").removeHandler(broken)
    assert report.kept == 0
    assert stored(server) == list(range(100))


def test_segments_are_removed_while_the_training_runs(
    server: StubServer, tmp_path: Path, clock: Clock
) -> None:
    spool = a_spool(tmp_path, segment_bytes=10_000)
    sender = a_sender(spool, server, clock)
    most = 0
    for n in range(40):
        log(spool, range(n * 500, n * 500 + 500))
        turns(sender, clock, 6)
        most = max(most, len(journal.segments(spool.directory, spool.writer)))
    assert most <= 5
    assert stored(server) == list(range(20_000))
    assert sender.finish().kept == 0


def test_rows_of_fork_children_are_sent_even_if_they_are_killed(
    server: StubServer, spool: Spool
) -> None:
    sender = Sender(spool, HttpSink(server.url, KEY), RUN)
    sender.start()
    assert sender.wait(2)
    log(spool, range(100))
    pids = []
    for child in (1, 2, 3):
        pid = os.fork()
        if pid == 0:
            log(spool, range(child * 1000, child * 1000 + 200))
            os.kill(os.getpid(), signal.SIGKILL)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    report = sender.finish()
    assert report.kept == 0
    expected = [*range(100), *(c * 1000 + n for c in (1, 2, 3) for n in range(200))]
    assert sorted(stored(server)) == sorted(expected)
    tallies = server.records("r1", wire.Kind.TALLY)
    assert [each["rows"] for each in tallies if each["rows"] is not None] == [100]
    assert [each["closed"] for each in tallies if each["rows"] is None] == ["killed"] * 3
    assert not spool.directory.exists()


def test_a_child_that_finishes_the_parents_sender_ends_nothing(
    server: StubServer, spool: Spool
) -> None:
    sender = Sender(spool, HttpSink(server.url, KEY), RUN)
    sender.start()
    assert sender.wait(2)
    pid = os.fork()
    if pid == 0:
        began = time.monotonic()
        sender.start()
        sender.finish()
        os._exit(0 if time.monotonic() - began < 2 else 1)
    assert os.waitpid(pid, 0)[1] == 0
    log(spool, range(100))
    assert sender.finish().kept == 0
    assert stored(server) == list(range(100))
