"""The last word of a killed writer is said once, by who has read its journal to the end."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sdk.journals import keep
from tests.sdk.stub_server import KEY, StubServer
from tests.sdk.test_outbox_model import RUN, MemorySink

from wanllmdb import burial, journal, segment, wire
from wanllmdb.outbox import Outbox
from wanllmdb.relay import leftovers, sync
from wanllmdb.sink import HttpSink
from wanllmdb.spool import Spool
from wanllmdb.wire import Kind


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


def killed(root: Path, rows: int = 10, *, segment_bytes: int = 1 << 24) -> Spool:
    """The journal of a writer that was killed after so many rows."""
    spool = Spool.create(
        root / "r",
        {"run": "r", "project": "digits"},
        writer="w",
        run=wire.encode({"id": "r", "project": "digits"}),
        segment_bytes=segment_bytes,
    )
    for step in range(rows):
        keep(spool, step, {"x": 0.5})
    spool.release()  # as the kernel does
    return spool


def another(directory: Path) -> Outbox:
    return Outbox(directory, "w", live=lambda: False, buries=True)


def test_a_killed_writer_gets_one_last_word_before_its_journal_is_removed(tmp_path: Path) -> None:
    spool, sink = killed(tmp_path), MemorySink()
    outbox = another(spool.directory)
    assert not outbox.finish()
    outbox.send(sink, RUN)
    assert sink.tallies == []
    assert not outbox.finish(), "all that it wrote is acknowledged; now it has a last word"
    assert spool.directory.exists()
    outbox.send(sink, RUN)
    assert sink.tallies == [burial.LAST_WORD]
    assert outbox.finish()
    assert not spool.directory.exists()
    assert outbox.damaged == 0


@pytest.mark.parametrize("acknowledged", [False, True])
@pytest.mark.parametrize("mark", ["kept", "lost"])
def test_who_is_interrupted_after_the_burial_leaves_it_to_be_found(
    tmp_path: Path, mark: str, *, acknowledged: bool
) -> None:
    spool, sink = killed(tmp_path), MemorySink()
    first = another(spool.directory)
    first.send(sink, RUN)
    assert not first.finish()
    if acknowledged:
        first.send(sink, RUN)
    first.close()
    if mark == "lost":
        (spool.directory / "w.ack").unlink()
    second = another(spool.directory)
    while not second.finish():
        second.send(sink, RUN)
    assert sink.tallies == [burial.LAST_WORD]
    assert sink.rows == list(range(10))
    assert not spool.directory.exists()


def test_a_writer_that_closed_its_journal_has_said_its_last_word_itself(tmp_path: Path) -> None:
    spool, sink = killed(tmp_path), MemorySink()
    spool.close()
    first = another(spool.directory)
    first.send(sink, RUN)
    first.close()  # interrupted before the journal is removed
    assert another(spool.directory).finish()
    assert sink.tallies == [{"rows": 10, "logged": 10, "lost": {}}]


def test_a_torn_tail_and_a_draft_of_before_are_no_obstacle(tmp_path: Path) -> None:
    spool, sink = killed(tmp_path, 300, segment_bytes=2000), MemorySink()
    last = journal.segments(spool.directory, "w")[-1]
    with last.open("ab") as file:
        file.write(b"WLSP torn by the kill")
    draft = spool.directory / segment.segment_name("w", segment.number_of(last) + 1)
    draft.with_suffix(".new").write_bytes(b"WL")
    outbox = another(spool.directory)
    while not outbox.finish():
        outbox.send(sink, RUN)
    assert (sink.rows, sink.tallies) == (list(range(300)), [burial.LAST_WORD])
    assert outbox.refused == {}
    assert not spool.directory.exists()


def test_a_full_disk_does_not_keep_the_journal_that_fills_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is imported under the limit would be left cut off in the cache, for all others.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spool, sink = killed(tmp_path), MemorySink()
    outbox = another(spool.directory)
    outbox.send(sink, RUN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        assert outbox.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sink.tallies == []
    assert not spool.directory.exists()


def test_a_journal_that_is_not_there_gets_no_last_word(tmp_path: Path) -> None:
    assert not burial.say_last_word(tmp_path, "w")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_deleted_does_not_come_back_for_a_last_word(
    server: StubServer, tmp_path: Path
) -> None:
    spool = killed(tmp_path)
    sink = HttpSink(server.url, KEY)
    run = sink.open_run({"id": "r", "project": "digits", "writer": "w"})
    outbox = another(spool.directory)
    outbox.send(sink, run)
    outbox.close()
    server.runs.clear()
    report = sync(leftovers(tmp_path), sink)
    assert (report.failures, report.finished) == ([], 1)
    assert server.runs == {}
    assert not spool.directory.exists()


def test_rows_of_a_killed_writer_are_synced_with_its_last_word(
    server: StubServer, tmp_path: Path
) -> None:
    killed(tmp_path, 1000)
    report = sync(leftovers(tmp_path), HttpSink(server.url, KEY))
    assert (report.failures, report.finished, report.damaged) == ([], 1, 0)
    assert server.records("r", Kind.TALLY) == [burial.LAST_WORD]
    assert leftovers(tmp_path) == []
