"""The growth chart works: a store grows, goes on where it was stopped, and is asked."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest
from bench import growing, growth
from bench.asking import ask
from bench.growing import BATCHES, FIRST, LIVE, ROWS, Growth

from wanllmdb_server.metrics.sqlite import SqliteMetricStore


def grown(folder: Path, millions: int) -> growing.Answer:
    return asyncio.run(Growth(folder, millions, settle=0).run())


async def logged(folder: Path, runs: range) -> set[int]:
    """How many points the series of the runs have."""
    store = SqliteMetricStore.open(growing.store_of(folder))
    found = await store.keys(runs)
    await store.close()
    return {each.logged for run in runs for each in found[run]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    growing.prepare(tmp_path)
    return tmp_path


def test_a_store_that_is_stopped_while_it_grows_goes_on_and_keeps_every_point_once(
    folder: Path,
) -> None:
    first = grown(folder, 1)
    state = growing.read(folder)
    assert state.points == 1_000_000
    growing.write(folder, growing.State())  # as if it was stopped within its first wave

    second = grown(folder, 1)

    assert growing.read(folder).runs == state.runs <= LIVE
    assert asyncio.run(logged(folder, range(FIRST, FIRST + state.runs))) == {ROWS * BATCHES}
    assert second["whole store, MB"] < 1.5 * first["whole store, MB"]


def test_every_size_has_a_column_and_every_question_a_ratio() -> None:
    small = {"ingest, M points/s": 2.0, "1 run × 100 k points, ms": 1.0,
             "1 run × 100 k points, CPU, ms": 1.0}  # fmt: skip
    large = {**small, "1 run × 100 k points, ms": 1.8}
    sizes = {"2": small, "100": large}

    found = {each.name: each for each in growth.figures(sizes)}
    assert found["1 run × 100 k points: 100 M over 2 M"].verdict == "MISSED"
    assert found["1 run × 100 k points, CPU: 100 M over 2 M"].verdict == "ok"
    assert found["100 M: 1 run × 100 k points"].unit == "ms"
    assert growth.markdown(sizes).splitlines()[0] == "| points | 2 M | 100 M |"
    bars = [line for line in growth.chart(sizes).splitlines() if "█" in line]
    assert len(bars) == 4
    assert max(bar.count("█") for bar in bars) == growth.WIDTH


def test_every_question_is_answered_by_a_process_that_opened_the_store(folder: Path) -> None:
    grown(folder, 1)

    found = ask(folder, 100)

    assert all(math.isfinite(value) for value in found.values())
    assert {f"{asked.name}, ms" for asked in growth.ASKED} <= set(found)
