"""A sender that is refused, put off or not heard in time: what it does not do, and until when."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.stub_server import KEY, Fault, StubServer

from wanllmdb import wire
from wanllmdb.relay import leftovers
from wanllmdb.sender import Sender
from wanllmdb.sink import Ack, HttpSink, OpenedRun, Pulse, UnreachableError
from wanllmdb.spool import Spool, new_writer

RUN = {"id": "r1", "project": "digits"}


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
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool.create(
        tmp_path / "r1",
        {"run": "r1", "project": "digits"},
        writer=new_writer(),
        run=wire.encode(RUN),
    )
    yield spool
    spool.close()


def log(spool: Spool, rows: int) -> None:
    for step in range(rows):
        assert spool.append(wire.Kind.ROW, wire.encode([step, 0, {"x": step * 0.37}]))


def turns(sender: Sender, clock: Clock, seconds: float) -> None:
    end = clock.now + seconds
    while clock.now < end:
        clock.now += min(max(sender.turn(), 0.01), end - clock.now + 0.001)


def stored(server: StubServer) -> int:
    return len(server.records("r1", wire.Kind.ROW))


def test_a_key_that_was_replaced_is_used_within_seconds(server: StubServer, spool: Spool) -> None:
    clock, fresh, told = Clock(), list[str](), list[str]()
    sink = HttpSink(server.url, KEY, fresh_key=lambda: fresh.pop() if fresh else None)
    sender = Sender(spool, sink, RUN, clock=clock, on_trouble=told.append)
    sender._asked.set()  # the first contact is over
    log(spool, 10)
    turns(sender, clock, 6)
    server.keys = {"wl-new"}
    log(spool, 10)
    turns(sender, clock, 60)
    asked = len(server.requests)
    turns(sender, clock, 300)
    assert (stored(server), len(server.requests)) == (10, asked)
    fresh.append("wl-new")
    for _ in range(40):  # as the thread takes them, four a second
        turns(sender, clock, 0.25)
    assert stored(server) == 20
    [sentence] = told
    assert sentence.startswith("the server refuses what is sent: It is wrong-key; ")


def test_a_run_that_is_gone_for_good_is_kept_here_and_not_asked_about_again(
    server: StubServer, spool: Spool
) -> None:
    clock = Clock()
    sender = Sender(spool, HttpSink(server.url, KEY), RUN, clock=clock)
    turns(sender, clock, 1)
    server.always = Fault("status", 410, code="gone")
    log(spool, 10)
    turns(sender, clock, 60)
    asked = len(server.requests)
    turns(sender, clock, 100_000)
    assert len(server.requests) == asked
    report = sender.finish()
    assert (report.kept >= 11, report.problem) == (True, "It is gone.")
    assert len(leftovers(spool.directory.parent)) == 1


def test_a_run_that_ends_while_the_server_wants_to_be_left_alone_leaves_it_alone(
    server: StubServer, spool: Spool
) -> None:
    server.always = Fault("status", 503, (("Retry-After", "60"),))
    sender = Sender(spool, HttpSink(server.url, KEY), RUN)
    sender.start()
    assert sender.wait(2) is None
    log(spool, 10)
    began = time.monotonic()
    report = sender.finish()
    assert time.monotonic() - began < 2.0  # nothing could come of waiting
    assert report.kept >= 11
    assert len(server.requests) == 1


def test_what_somebody_has_to_mend_is_said_once(spool: Spool) -> None:
    clock, told = Clock(), list[str]()
    sink = Slow(limit=0)
    sender = Sender(spool, sink, RUN, clock=clock, on_trouble=told.append)
    turns(sender, clock, 1)
    sender._asked.set()
    sink.broken = True
    log(spool, 10)
    turns(sender, clock, 600)
    assert told == ["the certificate has expired; what is logged is kept until then"]


def test_over_a_slow_link_batches_shrink_until_they_get_through(spool: Spool) -> None:
    clock = Clock()
    sink = Slow(limit=2000)
    sender = Sender(spool, sink, RUN, clock=clock, random=lambda: 0.1)
    log(spool, 20_000)
    turns(sender, clock, 1200)
    assert sink.timed_out
    assert sink.rows == 20_000


class Slow:
    """A sink behind a link that gets so many bytes through before the time is over."""

    def __init__(self, limit: int) -> None:
        self.answers = 0
        self.broken = False
        self.timed_out = 0
        self.rows = 0
        self._limit = limit
        self._position = 0

    def open_run(self, payload: Mapping[str, Any]) -> OpenedRun:
        del payload
        return OpenedRun({**RUN, "owner": "local"}, resumed=False, last_step=None, url="")

    def send(self, owner: str, project: str, run: str, writer: str, content: bytes) -> Ack:
        if self.broken:
            raise UnreachableError("the certificate has expired", retry_after=60, permanent=True)
        if self._limit and len(content) > self._limit:
            self.timed_out += 1
            raise UnreachableError("timed out", timed_out=True)
        records = [each for each in wire.records(wire.unpack(writer, content))
                   if each.position > self._position]  # fmt: skip
        self.rows += sum(record.kind == wire.Kind.ROW for record in records)
        self._position = records[-1].position
        self.answers += 1
        return Ack(self._position)

    def heartbeat(self, owner: str, project: str, run: str) -> Pulse:
        del owner, project, run
        return Pulse()

    def put_file(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError

    def renewed(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is open."""
