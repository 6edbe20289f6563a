"""Store check: what a store that died holds, compared with what its journal says (`doomed_store`).

What was acknowledged is there, nothing is there twice, nothing is damaged. Of what was asked and
not answered all may be there or nothing.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.faults.doomed_store import (
    COPY,
    FORGOTTEN,
    GROWN,
    KEYS,
    RESUMED,
    REWOUND,
    STEADY,
    T0,
    UNTIL,
    keys,
    values,
)

from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.domain.series import Series, Superseded, Window
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.store import MetricStore


@dataclass(frozen=True)
class Told:
    """What the journal says: of each kind of line and run, the last number."""

    lines: dict[tuple[str, int], int]

    @classmethod
    def of(cls, folder: Path) -> Told:
        lines: dict[tuple[str, int], int] = {}
        path = folder / "journal"
        for line in path.read_text().splitlines() if path.exists() else ():
            what, run, number = json.loads(line)
            lines[what, run] = number
        return cls(lines)

    def has(self, what: str, run: int) -> bool:
        return (what, run) in self.lines

    def number(self, what: str, run: int) -> int:
        return self.lines.get((what, run), 0)


Point = tuple[int, int, float]  # step, position, value


async def points(store: MetricStore, run: int, key: int, superseded: Superseded) -> list[Point]:
    page = await store.points(Series(run, KEYS[key]), Window(), limit=10**7, superseded=superseded)
    at = [time - T0 for time in page.time]
    return sorted(zip(page.step, at, page.value, strict=True))


def logged(run: int, key: int, position: int, *, first: int = 1) -> list[Point]:
    """The points of a writer up to a position; its first step is given."""
    at = np.arange(1, position + 1)
    steps = (at + (first - 1)).tolist()
    return list(zip(steps, at.tolist(), values(run, at)[:, key].tolist(), strict=True))


async def wrong(folder: Path) -> list[str]:
    """What is not as it should be, a sentence each; the store is opened and closed."""
    told = Told.of(folder)
    found = _integrity(folder)
    store = SqliteMetricStore.open(folder)
    for run in (*STEADY, GROWN, *FORGOTTEN):
        found += await _plain(store, told, run)
    found += await _resumed(store, told)
    found += await _copied(store, told)
    await store.close()
    return found + _integrity(folder)


def _integrity(folder: Path) -> list[str]:
    path = next(folder.glob("*.db"), None)
    if path is None:
        return []
    with contextlib.closing(sqlite3.connect(path)) as connection:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    return [] if said == ["ok"] else said[:5]


async def _plain(store: MetricStore, told: Told, run: int) -> list[str]:
    """Of a run with one writer, which may have been forgotten."""
    position = (await store.positions(run)).get("w", 0)
    asked, acknowledged = told.number("append", run), told.number("appended", run)
    allowed = {asked, acknowledged}
    if told.has("forgotten", run):
        allowed = {0}
    elif told.has("forget", run):
        allowed.add(0)
    found = [f"run {run} is at {position}, not {allowed}"] if position not in allowed else []
    for key in range(len(KEYS) if run == GROWN else 2):
        if await points(store, run, key, "hide") != logged(run, key, position):
            found.append(f"run {run}: {KEYS[key]} up to {position} is not what was logged")
    [curve] = await store.curves([Series(run, KEYS[0])], Window(), 100)
    if not int(curve.count.sum()) == curve.logged == position:
        found.append(f"run {run}: the curve is of {curve.logged} points, not of {position}")
    return found + await _counted(store, run, {"w": position} if position else {})


async def _counted(store: MetricStore, run: int, rows: dict[str, int]) -> list[str]:
    """What the totals say, and what reading everything finds."""
    count = await store.count(run)
    points = keys(run)
    expected = {name: WriterTotals(n, n, n * points, 0) for name, n in rows.items()}
    if (count.points, count.damaged, dict(count.writers)) != (
        sum(rows.values()) * points, (), expected,
    ):  # fmt: skip
        return [f"run {run} counts {count}, not {expected}"]
    return []


async def _resumed(store: MetricStore, told: Told) -> list[str]:
    positions = await store.positions(RESUMED)
    first, second = positions.get("w", 0), positions.get("w2", 0)
    found: list[str] = []
    if first not in {told.number("append", RESUMED), told.number("appended", RESUMED)}:
        found.append(f"the first attempt is at {first}")
    if second not in {told.number("append2", RESUMED), told.number("appended2", RESUMED)}:
        found.append(f"the second attempt is at {second}")
    for key in range(2):
        before = logged(RESUMED, key, first)
        after = logged(RESUMED, key, second, first=REWOUND + 1)
        if await points(store, RESUMED, key, "include") != sorted(before + after):
            found.append(f"run {RESUMED}: not all of {first} and {second} points are there")
        kept = [point for point in before if point[0] <= REWOUND]
        allowed = [sorted(kept + after)] if told.has("begin", RESUMED) else [before]
        if told.has("begin", RESUMED) and not told.has("begun", RESUMED):
            allowed.append(before)
        if await points(store, RESUMED, key, "hide") not in allowed:
            found.append(f"run {RESUMED}: what was superseded is not what is hidden")
    rows = {name: n for name, n in (("w", first), ("w2", second)) if n}
    return found + await _counted(store, RESUMED, rows)


async def _copied(store: MetricStore, told: Told) -> list[str]:
    allowed = [[]] if not told.has("copied", COPY) else []
    if told.has("copy", COPY):
        allowed.append([(step, at, value) for step, at, value in logged(GROWN, 0, UNTIL)])
    is_whole = await points(store, COPY, 0, "hide") in allowed
    return [] if is_whole else ["the copy is not what was copied"]
