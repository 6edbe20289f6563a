"""What a resumed run is in the file: nothing that is shown lies among what was superseded."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tests.contracts.stores import RUN, T0, Writer

from wanllmdb_server.domain.series import Series, Window
from wanllmdb_server.metrics.attempts import Attempts
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.parting import mixed
from wanllmdb_server.metrics.segment import Notes, attempt_of, is_apart
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.statements import fetch_keys, fetch_run_notes

LATER = T0 + 3_600_000_000


def look(directory: Path) -> tuple[Notes, int, int]:
    """The notes about the run, how many generations are mixed, and bodies that nothing names."""
    database = Database(directory)
    try:
        [succession] = Attempts(database.log).of([RUN]).values()
        notes = fetch_run_notes(database.log, [RUN])
        names = {number: key for (_, number), key in fetch_keys(database.log, [RUN]).items()}
        count = len(mixed(notes, succession, names))
        named = {
            number
            for note in notes
            for number in (note["axis"], note["body"], *note["level_body"])
            if number
        }
        bodies = {number for (number,) in database.log.execute("SELECT id FROM body")}
        assert named <= bodies
        return notes, count, len(bodies - named)
    finally:
        database.close()


async def resumed(store: SqliteMetricStore, *, keys: int = 3) -> Writer:
    names = [f"key-{n}" for n in range(keys)]
    first = Writer(store, name="a")
    for at in range(0, 700, 100):
        await first.log(
            *[
                (n, dict.fromkeys(names, math.sin(n)) | {"text": str(n)})
                for n in range(at, at + 100)
            ]
        )
        if at == 300:
            await store.seal(RUN)
    await store.begin_attempt(RUN, "b", at=LATER, since=T0)
    second = Writer(store, name="b")
    await second.log(
        *[(n, dict.fromkeys(names, math.cos(n)) | {"text": "b"}) for n in range(500, 900)]
    )
    return second


async def test_a_sealed_run_is_parted_where_it_was_resumed(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path)
    await resumed(store)
    await store.seal(RUN)
    await store.close()
    notes, count, unnamed = look(tmp_path)
    assert count == 0
    assert unnamed == 0
    for attempt, apart, points in ((0, False, 500), (0, True, 200), (1, False, 400)):
        here = [
            int(note["n"])
            for note in notes
            if attempt_of(note["gen"]) == attempt and is_apart(note["gen"]) == apart
        ]
        assert sum(here) == 4 * points  # three keys of numbers, and one of text


async def test_a_lower_step_parts_it_once_more(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path)
    second = await resumed(store)
    await store.seal(RUN)
    await second.log((450, {"key-1": 0.5, "text": "lower"}))
    await store.seal(RUN)
    page = await store.points(Series(RUN, "key-1"), Window(), limit=10_000)
    assert page.step == [*range(451), *range(500, 900)]
    await store.close()
    assert look(tmp_path)[1:] == (0, 0)


async def test_a_key_that_is_logged_again_later_is_parted_then(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path)
    await Writer(store, name="a").log(*[(n, {"loss": 1.0, "eval": 1.0}) for n in range(700)])
    await store.begin_attempt(RUN, "b", at=LATER, since=T0)
    second = Writer(store, name="b")
    for step, key in ((500, "loss"), (600, "eval")):
        await second.log((step, {key: 2.0}))
        await store.seal(RUN)
    counts = {each.key: each for each in (await store.keys([RUN]))[RUN]}
    assert (counts["loss"].superseded, counts["eval"].superseded) == (200, 100)
    await store.close()
    assert look(tmp_path)[1:] == (0, 0)


@pytest.mark.parametrize("forgotten", [False, True])
async def test_parting_can_be_broken_off(tmp_path: Path, forgotten: bool) -> None:
    store = SqliteMetricStore.open(tmp_path)
    await resumed(store, keys=300)
    sealing = store.seal(RUN)
    if forgotten:
        await store.forget(RUN)
        await sealing
        assert await store.keys([RUN]) == {RUN: []}
        await store.close()
        return
    await sealing
    await store.close()
    store = SqliteMetricStore.open(tmp_path)
    assert (await store.count(RUN)).damaged == ()
    assert (await store.count(RUN)).points == 301 * 1100
    await store.close()
