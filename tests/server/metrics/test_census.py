"""The points of a run counted anew: damage is named, and what is not damaged is counted."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contracts.stores import RUN, Writer

from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.metrics.database import NAME
from wanllmdb_server.metrics.sealer import Pace
from wanllmdb_server.metrics.segment import read_notes
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.store import StoreFullError

LAZY = Pace(points=10**9, age=1e9, patience=1e9, quiet=1e9, idle=1e9)
POINTS = 5000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteMetricStore]:
    """A run of one long series, five short ones with an axis in common, and an object."""
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    writer = Writer(store)
    await writer.log_series([float(n % 97) for n in range(POINTS)])
    for step in range(20):
        await writer.log((step, {f"short{n}": step * n for n in range(5)}))
    await writer.log((1, {"note": "text"}))
    yield store
    await store.close()


ALL = POINTS + 20 * 5 + 1


def change(directory: Path, statement: str, *values: object) -> None:
    """What a bad disk, or somebody's hand, would do to the file."""
    connection = sqlite3.connect(directory / NAME)
    connection.create_function("flipped", 1, lambda b: b[:-1] + bytes([b[-1] ^ 1]))
    with connection:
        connection.execute(statement, values)
    connection.close()


async def test_points_are_counted_in_the_log_and_in_chunks(store: SqliteMetricStore) -> None:
    assert (await store.count(RUN)).points == ALL
    await store.seal(RUN)
    await Writer(store, name="late").log((1, {"loss": 1.0}), (2, {"new": "text"}))
    count = await store.count(RUN)
    assert (count.points, count.damaged) == (ALL + 2, ())


def body_of(directory: Path, column: str, key: str) -> int:
    """The body in which the first segment of a series has this."""
    connection = sqlite3.connect(directory / NAME)
    [(note,)] = connection.execute(
        "SELECT c.note FROM chunk c JOIN key k ON k.run = c.run AND k.id = c.key"
        " WHERE k.name = ? AND c.part = 0",
        (key,),
    )
    connection.close()
    return int(read_notes(note)[column][0])


@pytest.mark.parametrize(
    ("column", "key", "what", "gone"),
    [
        ("body", "loss", "values of loss", POINTS),
        ("axis", "loss", "steps and times of loss", POINTS),
        ("axis", "short1", "short0, short1, short2 and 2 more", 100),
        ("body", "note", "objects of note", 1),
    ],
)
async def test_a_chunk_with_one_bit_changed_is_named_and_its_points_are_not_counted(
    store: SqliteMetricStore,
    tmp_path: Path,
    column: str,
    key: str,
    what: str,
    gone: int,
) -> None:
    await store.seal(RUN)
    number = body_of(tmp_path, column, key)
    change(tmp_path, "UPDATE body SET b = flipped(b) WHERE id = ?", number)
    count = await store.count(RUN)
    assert count.points == ALL - gone
    [named] = count.damaged
    assert what in named
    assert "checksum" in named
    assert count.writers == await store.writers(RUN)


async def test_every_body_that_is_changed_or_gone_is_named(
    store: SqliteMetricStore, tmp_path: Path
) -> None:
    await store.seal(RUN)
    change(tmp_path, "UPDATE body SET b = flipped(b)")
    count = await store.count(RUN)
    connection = sqlite3.connect(tmp_path / NAME)
    assert len(count.damaged) == connection.execute("SELECT count(*) FROM body").fetchone()[0]
    connection.close()
    assert count.points == 0
    change(tmp_path, "DELETE FROM body")
    count = await store.count(RUN)
    assert count.points == 0
    assert all("is gone" in named for named in count.damaged)


async def test_a_damaged_overview_is_named_and_the_points_are_there(
    store: SqliteMetricStore, tmp_path: Path
) -> None:
    await store.seal(RUN)
    change(tmp_path, "UPDATE body SET b = flipped(b) WHERE substr(b, 1, 4) = CAST('WPY2' AS BLOB)")
    count = await store.count(RUN)
    assert count.points == ALL
    assert count.damaged
    assert all(named.startswith("The overview of loss") for named in count.damaged)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chunk SET note = flipped(note) WHERE kind = 1",
        "UPDATE chunk SET note = substr(note, 9) WHERE kind = 1",
        "UPDATE chunk SET note = zeroblob(264) WHERE kind = 1",
        "UPDATE chunk SET n = n + 1 WHERE kind = 1",
    ],
)
async def test_a_damaged_note_is_named(
    store: SqliteMetricStore, tmp_path: Path, statement: str
) -> None:
    await store.seal(RUN)
    change(tmp_path, statement)
    count = await store.count(RUN)
    assert count.points == ALL - 1
    assert count.damaged == ("The note about note (segment 1, part 0)",)


async def test_a_damaged_batch_of_the_log_is_named_before_and_after_it_is_set_apart(
    store: SqliteMetricStore, tmp_path: Path
) -> None:
    assert (await store.count(RUN)).points == ALL
    change(tmp_path, "UPDATE batch SET body = flipped(body) WHERE id = 1")
    count = await store.count(RUN)
    assert count.points == ALL - 100
    assert "Batch 1 of the log" in count.damaged[0]
    shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("copy"))
    again = SqliteMetricStore.open(tmp_path / "copy", pace=LAZY)
    count = await again.count(RUN)
    assert count.points == ALL - 100
    assert "Batch 1 of the log (100 records, set apart)" in count.damaged[0]
    await again.close()


async def test_damage_of_points_that_were_copied_is_named_and_the_runs_own_are_counted(
    store: SqliteMetricStore, tmp_path: Path
) -> None:
    await store.copy(RUN, 8, POINTS)
    change(tmp_path, "UPDATE body SET b = flipped(b)")
    await Writer(store, run=8, name="fork").log((POINTS, {"loss": 0.5}))
    count = await store.count(8)
    assert count.points == 1
    assert any("values of loss" in named for named in count.damaged)


async def test_a_file_that_cannot_be_read_is_named(
    store: SqliteMetricStore, tmp_path: Path
) -> None:
    change(tmp_path, "DROP TABLE key")
    [named] = (await store.count(RUN)).damaged
    assert "The file of all points" in named


async def test_writers_from_before_the_counting_stay_unknown(
    store: SqliteMetricStore, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    connection = sqlite3.connect(old / NAME)
    with connection:
        connection.execute(
            "CREATE TABLE writer(run INT, name TEXT, position INT NOT NULL,"
            " PRIMARY KEY(run, name)) WITHOUT ROWID"
        )
        connection.execute(f"INSERT INTO writer VALUES({RUN}, 'w', 3)")
    connection.close()
    for _ in range(2):  # it is done once, and opened again
        opened = SqliteMetricStore.open(old)
        assert await opened.positions(RUN) == {"w": 3}
        await opened.close()
    opened = SqliteMetricStore.open(old)
    writer = Writer(opened)
    writer.position = 3
    await writer.log((4, {"loss": 0.5}))
    await Writer(opened, name="new").log((1, {"loss": 0.5}))
    assert await opened.writers(RUN) == {
        "w": WriterTotals(4, None, None, None),
        "new": WriterTotals(1, 1, 1, 0),
    }
    await opened.close()


async def test_what_a_full_disk_refused_is_counted_when_it_is_taken(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path / "small", pace=LAZY, max_bytes=200_000)
    writer = Writer(store)
    taken = 0
    try:
        for at in range(1000):
            await writer.log(*[(at, {"noise": f"{(at * 7919 + n) ** 7:x}"}) for n in range(100)])
            taken += 100
    except StoreFullError:
        pass
    assert 0 < taken < 100_000
    assert (await store.writers(RUN))["w"].rows == taken
    assert (await store.count(RUN)).points == taken
    await store.close()
