"""Checkpoints: the write-ahead log stays short, whoever writes and however much."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from wanllmdb_server.metrics import checkpoints
from wanllmdb_server.metrics.checkpoints import PAGE
from wanllmdb_server.metrics.database import Database

SOON = 40 * PAGE


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path, checkpoint=SOON)
    database.log.execute("PRAGMA synchronous=OFF")  # it is not the disk that is tried here
    yield database
    database.close()


def write(database: Database, pages: int, times: int = 1) -> None:
    for _ in range(times):
        with database.transaction(database.log):
            database.log.execute("INSERT INTO body(b) VALUES(zeroblob(?))", (pages * (PAGE - 100),))


def test_what_is_in_use_is_what_was_written_since_it_began_anew(database: Database) -> None:
    kept = database.checkpoints
    kept.shorten()
    assert kept.used() == 0
    for round_ in range(1, 4):
        write(database, 5)
        first = kept.used()
        assert 5 * PAGE <= first <= 15 * PAGE, "the log began anew"
        write(database, 5)
        assert first < kept.used() <= 25 * PAGE
        assert database.wal_bytes() >= kept.used()
        kept.shorten()
        assert kept.used() == 0, f"round {round_}"


def test_many_who_write_at_once_leave_it_short(database: Database) -> None:
    """The rule that it was moved only while nobody wrote: it grew without end on a busy server."""
    database.checkpoints._long = 100 * PAGE
    threads = [threading.Thread(target=write, args=(database, 3, 100)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (pages,) = database.log.execute("SELECT sum(length(b)) FROM body").fetchone()
    assert pages >= 4 * 300 * (PAGE - 100)
    assert database.wal_bytes() < 200 * PAGE


def test_who_writes_more_than_is_moved_waits_for_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = database.checkpoints
    kept._long = 60 * PAGE
    moving, seen = threading.Event(), threading.Event()
    shorten = kept.shorten

    def later() -> None:
        seen.set()
        moving.wait(20)
        shorten()

    monkeypatch.setattr(kept, "shorten", later)
    thread = threading.Thread(target=write, args=(database, 10, 12))
    thread.start()
    seen.wait(20)
    thread.join(0.5)
    assert thread.is_alive()
    assert kept.used() <= 90 * PAGE
    moving.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_reader_holds_nobody_up_for_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "PATIENCE_S", 0.01)
    database.checkpoints._long = SOON
    with closing(database.reader()) as reader:
        write(database, 1)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM body").fetchone()
        write(database, 10, 20)
        assert database.checkpoints.used() > SOON
        assert reader.execute("SELECT count(*) FROM body").fetchone() == (1,)
        reader.execute("ROLLBACK")
    database._others.remove(reader)
    database.checkpoints.shorten()
    write(database, 1)
    assert database.checkpoints.used() < SOON
