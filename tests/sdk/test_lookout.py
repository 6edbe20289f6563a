"""A watch sends what others write where it looks, while they write it, and loses nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sdk.stub_server import KEY, Fault, StubServer

from wanllmdb import burial, journal, segment, wire
from wanllmdb.lookout import GONE_SECONDS, SILENT_SECONDS, News, Watch
from wanllmdb.sink import HttpSink
from wanllmdb.spool import Spool, new_writer
from wanllmdb.wire import Kind


class Clock:
    """Time that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Watching:
    """A watch on a directory, its server and what it told."""

    def __init__(self, server: StubServer, root: Path) -> None:
        self.server, self.root, self.clock = server, root, Clock()
        self.news: list[News] = []
        self.later = 0.0
        self.watch = self.another()

    def another(self) -> Watch:
        return Watch(
            [self.root],
            lambda leftover: HttpSink(self.server.url, KEY),
            self.news.append,
            clock=self.clock,
            wall=lambda: self.root.stat().st_mtime + self.later,
        )

    def turn(self, watch: Watch | None = None) -> int:
        self.clock.now += 1
        return (watch or self.watch).turn()

    def told(self) -> list[str]:
        return [each.what for each in self.news]

    def steps(self, run: str) -> list[int]:
        return [row[0] for row in self.server.records(run, Kind.ROW)]


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    with StubServer() as server:
        found = Watching(server, tmp_path / "spool")
        found.root.mkdir()
        yield found
        found.watch.close()


def writer_in(root: Path, run: str, *, server: str = "", host: str = "") -> Spool:
    payload = {"id": run, "project": "p"}
    spool = Spool.create(
        root / run,
        {"run": run, "project": "p", "server": server},
        writer=new_writer(),
        run=wire.encode(payload),
    )
    if host:
        seem_elsewhere(spool, host)
    return spool


def seem_elsewhere(spool: Spool, host: str) -> None:
    """As if the journal were another machine's, whose locks are not seen here."""
    spool.release()
    [path] = journal.segments(spool.directory, spool.writer)
    facts = segment.read_header(path) | {"host": host}
    content = path.read_bytes()
    _, begin = segment.parse_header(content) or ({}, 0)
    with path.open("r+b") as file:  # the writer goes on with the same file
        file.truncate(0)
        file.write(segment.header(facts) + content[begin:])


def log(spool: Spool, *steps: int) -> None:
    for step in steps:
        assert spool.append(Kind.ROW, wire.encode([step, 0, {"x": 0.5}]))


def test_rows_of_a_living_writer_arrive_while_it_writes(watching: Watching) -> None:
    spool = writer_in(watching.root, "r")
    log(spool, 0, 1)
    watching.turn()
    assert watching.steps("r") == [0, 1]
    log(spool, 2)
    watching.turn()
    assert watching.steps("r") == [0, 1, 2]
    assert watching.told() == ["following"]
    assert journal.segments(spool.directory, spool.writer)


def test_a_journal_that_was_closed_is_sent_whole_and_removed(watching: Watching) -> None:
    spool = writer_in(watching.root, "r")
    log(spool, *range(50))
    watching.turn()
    log(spool, *range(50, 80))
    spool.close()
    watching.turn()
    watching.turn()
    assert watching.steps("r") == list(range(80))
    assert not (watching.root / "r").exists()
    assert watching.told() == ["following", "finished"]


def test_a_writer_that_died_here_is_finished_with_its_last_row(watching: Watching) -> None:
    spool = writer_in(watching.root, "r")
    log(spool, *range(10))
    watching.turn()
    log(spool, *range(10, 12))
    spool.release()  # as the kernel does when the process dies
    watching.turn()
    assert watching.steps("r") == list(range(12))
    assert watching.server.records("r", Kind.TALLY) == [burial.LAST_WORD]
    assert not (watching.root / "r").exists()


def test_who_sends_for_itself_is_left_alone_until_it_is_dead(watching: Watching) -> None:
    spool = writer_in(watching.root, "r", server=watching.server.url)
    log(spool, 0)
    assert watching.turn() == 0
    assert watching.told() == []
    spool.release()
    watching.turn()
    assert watching.steps("r") == [0]


def test_two_watches_follow_a_journal_once(watching: Watching) -> None:
    spool = writer_in(watching.root, "r")
    log(spool, 0)
    other = watching.another()
    watching.turn()
    watching.turn(other)
    assert watching.told() == ["following"]
    watching.watch.close()
    log(spool, 1)
    watching.turn(other)
    assert watching.steps("r") == [0, 1]
    assert watching.told() == ["following", "following"]
    other.close()


def test_a_server_that_is_away_is_told_once_and_gets_everything_later(watching: Watching) -> None:
    spool = writer_in(watching.root, "r")
    log(spool, 0)
    watching.turn()
    watching.server.always = Fault("status", status=503)
    log(spool, *range(1, 5))
    for _ in range(5):
        watching.turn()
    watching.server.always = None
    watching.clock.now += 120
    watching.turn()
    assert watching.steps("r") == list(range(5))
    assert watching.told() == ["following", "problem", "recovered"]


def test_a_living_writer_that_says_nothing_is_kept_alive(watching: Watching) -> None:
    spool = writer_in(watching.root, "r")
    log(spool, 0)
    watching.turn()
    watching.clock.now += 60
    watching.turn()
    beats = [path for path, _ in watching.server.requests if path.endswith("/heartbeat")]
    assert len(beats) == 1
    spool.close()


def test_a_writer_elsewhere_lives_by_its_pulse_and_loses_nothing_when_it_pauses(
    watching: Watching,
) -> None:
    spool = writer_in(watching.root, "r", host="node7")
    watching.turn()
    watching.later = SILENT_SECONDS + 60
    watching.clock.now += 60
    watching.turn()
    beats = [path for path, _ in watching.server.requests if path.endswith("/heartbeat")]
    assert beats == []
    assert (watching.root / "r").exists()
    watching.later = GONE_SECONDS + 60
    watching.turn()
    assert not (watching.root / "r").exists()
    spool.close()
