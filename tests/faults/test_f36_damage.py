"""F36: a bit flip in any block of the metric store's files: no wrong value is ever returned.

Every block of 4 KiB, in turn (a sample in `make test`), has one bit changed while nobody is at
work. Then the store is opened and everything is asked of it. An answer is either the truth, or
lacks what is named as damaged, or is an error that says so; and whoever asks of what is whole
gets it.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.contracts.stores import Writer
from tests.faults.conftest import Many

from wanllmdb_server.domain.errors import ServerError
from wanllmdb_server.domain.series import Series, Superseded, Window
from wanllmdb_server.metrics.database import PAGE
from wanllmdb_server.metrics.sealer import Pace
from wanllmdb_server.metrics.sqlite import SqliteMetricStore

BLOCK = 4096
LAZY = Pace(points=10**9, age=1e9, patience=1e9, quiet=1e9, idle=1e9)
RUNS = (1, 2, 3)
KEYS = ("loss", "late", "note", "short0", "short7", "short29")
FIELDS = ("bin", "step", "time", "last", "low", "high", "mean", "count", "nan")

Answers = dict[tuple[Any, ...], Any]


async def build(folder: Path) -> SqliteMetricStore:
    """Runs with large and small series, objects, several segments, attempts and unsealed rows."""
    store = SqliteMetricStore.open(folder, pace=LAZY)
    chance = random.Random(1)
    for run in RUNS:
        writer = Writer(store, run)
        for _ in range(3):
            at = writer.position
            await writer.log_series([chance.random() * n for n in range(2000)], first=at)
            for step in range(at, at + 40):
                await writer.log((step, {f"short{n}": chance.random() for n in range(30)}))
            await writer.log((at, {"note": "text"}), (at + 1, {"note": [1, 2, 3]}))
            if run < 3:
                await store.seal(run)
    await store.begin_attempt(2, "again", at=10**15 * 2, since=0)
    for run in (1, 2):
        again = Writer(store, run, "again")
        await again.log_series([chance.random() for _ in range(300)], key="late")
        await again.log_series([chance.random() for _ in range(300)], first=5800)
    return store


async def ask(store: SqliteMetricStore) -> Answers:
    """Everything that can be asked; an error that says what is wrong is an answer."""
    found: Answers = {}

    async def put(at: tuple[Any, ...], answer: Any) -> None:
        try:
            found[at] = await answer
        except ServerError as error:
            found[at] = error

    for run in RUNS:
        await put((run, "keys"), keys(store, run))
        await put((run, "writers"), store.writers(run))
        for key in KEYS:
            for buckets in (10, 100, 10_000):
                await put((run, key, buckets), curve(store, Series(run, key), buckets))
            await put((run, key), points(store, Series(run, key), "hide"))
            await put((run, key, "all"), points(store, Series(run, key), "include"))
    return found


async def keys(store: SqliteMetricStore, run: int) -> dict[str, Any]:
    return {each.key: each for each in (await store.keys([run]))[run]}


async def curve(store: SqliteMetricStore, series: Series, buckets: int) -> Any:
    [drawn] = await store.curves([series], Window(), buckets)
    columns = [np.asarray(getattr(drawn, name)).tobytes() for name in FIELDS]
    return drawn.width, drawn.logged, columns


async def points(
    store: SqliteMetricStore, series: Series, superseded: Superseded
) -> list[tuple[int, int, str]]:
    page = await store.points(series, Window(), limit=10**6, superseded=superseded)
    return [(s, t, repr(v)) for s, t, v in zip(page.step, page.time, page.value, strict=True)]


@dataclass
class Tally:
    """What became of the answers."""

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def judge(self, where: str, truth: Answers, found: Answers, named: set[int]) -> None:
        differ = [at for at in truth if repr(found[at]) != repr(truth[at])]
        refused = [at for at in differ if isinstance(found[at], ServerError)]
        silent = [at for at in differ if at not in refused and at[0] not in named]
        invented = [
            at
            for at in differ
            if len(at) == 2 and at[1] in KEYS and at not in refused
            if Counter(found[at]) - Counter(truth[(*at, "all")])
        ]
        if silent or invented:
            self.wrong.append(f"{where}: silent {silent[:4]}, invented {invented[:4]}")
        hurt = {at[0] for at in differ}
        self.outcomes["the truth" if not differ else f"{len(hurt)} runs lack something"] += 1


async def flip_and_ask(
    whole: Path, work: Path, blocks: Sequence[tuple[str, int, int]], truth: Answers
) -> Tally:
    tally = Tally()
    for name, at, bit in blocks:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(whole, work)
        (work / "metrics-0.db-shm").unlink(missing_ok=True)
        content = bytearray((work / name).read_bytes())
        content[at] ^= 1 << bit
        (work / name).write_bytes(content)
        where = f"{name}, byte {at}, bit {bit}"
        try:
            store = SqliteMetricStore.open(work, pace=LAZY)
        except ServerError:
            tally.outcomes["does not open, and says so"] += 1
            continue
        try:
            found = await ask(store)
            tally.judge(where, truth, found, set(await store.damage(RUNS)))
        finally:
            await store.close()
    return tally


def before_last_commit(log: bytes) -> int:
    """Where the frames of the last commit of a write-ahead log begin."""
    frame = 24 + PAGE
    ends = [
        at + frame
        for at in range(32, len(log) - frame + 1, frame)
        if any(log[at + 4 : at + 8]) and log[at + 8 : at + 16] == log[16:24]
    ]
    return ends[-2]


def blocks_of(folder: Path, chance: random.Random, count: int) -> list[tuple[str, int, int]]:
    """Places to flip: a byte of each block, every second time in the head of a page.

    The last commit of a killed process's log is left alone: damaged, it is as one that was being
    written. Whoever was told of it hears of a gap, and sends it again.
    """
    found: list[tuple[str, int, int]] = []
    for path in sorted(folder.iterdir()):
        size = path.stat().st_size
        if path.name.endswith("-wal"):
            size = before_last_commit(path.read_bytes())
        for block in range(0, size if not path.name.endswith("-shm") else 0, BLOCK):
            room = min(BLOCK, size - block)
            inside = chance.randrange(room) if chance.random() < 0.5 else chance.randrange(64)
            found.append((path.name, block + min(inside, room - 1), chance.randrange(8)))
    chance.shuffle(found)
    return found[:count]


@pytest.mark.parametrize("left", ["stopped", "killed"])
async def test_a_bit_flip_in_any_block_is_never_a_wrong_value(
    tmp_path: Path, many: Many, left: str
) -> None:
    store = await build(tmp_path / "whole")
    if left == "killed":  # the files as they are in the middle of work
        shutil.copytree(tmp_path / "whole", tmp_path / "left")
    await store.close()
    if left == "stopped":
        (tmp_path / "whole").rename(tmp_path / "left")
    shutil.copytree(tmp_path / "left", tmp_path / "true")
    sound = SqliteMetricStore.open(tmp_path / "true", pace=LAZY)
    truth = await ask(sound)
    assert not await sound.damage(RUNS)
    await sound.close()
    # In the log of a killed process nearly all blocks are alike: they are the log's.
    count = many(40, 10**6) if left == "stopped" else many(25, 500)
    blocks = blocks_of(tmp_path / "left", random.Random(36), count)
    tally = await flip_and_ask(tmp_path / "left", tmp_path / "work", blocks, truth)
    assert not tally.wrong, "\n".join(tally.wrong[:20])
    assert sum(tally.outcomes.values()) == len(blocks)
    # It is no store that answers nothing: most flips hurt one run at most, or none.
    if left == "stopped":
        little = tally.outcomes["the truth"] + tally.outcomes["1 runs lack something"]
        assert little >= 0.8 * len(blocks), tally.outcomes


async def test_a_damaged_chunk_is_set_apart_once_and_everything_else_is_served(
    tmp_path: Path,
) -> None:
    store = await build(tmp_path)
    await store.seal(3)
    truth = await ask(store)
    await store.close()
    path = tmp_path / "metrics-0.db"
    content = bytearray(path.read_bytes())
    at = content.rindex(b"WVA2")
    content[at + 20] ^= 1
    path.write_bytes(content)
    again = SqliteMetricStore.open(tmp_path, pace=LAZY)
    found = await asyncio.gather(*(ask(again) for _ in range(4)))
    damage = await again.damage(RUNS)
    await again.close()
    [hurt] = damage
    differ = {at for each in found for at in truth if repr(each[at]) != repr(truth[at])}
    lost = {each.key for each in damage[hurt]}
    assert {at[0] for at in differ} == {hurt}
    assert {at[1] for at in differ} - {"keys"} <= lost
    assert all(each.points for each in damage[hurt])
    # It is written down: the next one who opens the store knows it, and does not stumble.
    third = SqliteMetricStore.open(tmp_path, pace=LAZY)
    assert await third.damage(RUNS) == damage
    count = await third.count(hurt)
    assert count.points == sum(
        each.points or 0 for each in (await third.writers(hurt)).values()
    ) - (sum(each.points or 0 for each in damage[hurt]))
    assert any("set apart" in each for each in count.damaged)
    await third.close()
