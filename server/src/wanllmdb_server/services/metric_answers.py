"""Metric answers: what the metric service of the specification says of the points of one run.

History point by point, the latest of each series, statistics and a summary. Nothing is kept here
that the store does not keep; what it has no sum of, the spread, is reckoned from all points of a
series, or not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.known_runs import KnownRuns
from wanllmdb_server.domain.access import Actor, Verb
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.run import Run, is_users_key
from wanllmdb_server.domain.series import KeyStats, Points, Scan, Series, Window
from wanllmdb_server.metrics.store import MetricStore

REMEMBER_US: Final = 2_000_000  # how long a refusal of the catalog may come late
REMEMBERED: Final = 1000
MAX_KEYS: Final = 200  # that are named, and series on a page of history
MAX_SPREAD: Final = 1_000_000  # points that are read for the spread of an answer's series


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Points by series; `next` is the cursor behind them."""

    run: Run
    series: list[Points]
    next: str | None


@dataclass(frozen=True, slots=True)
class KeyStatistics:
    """What is said of a series; `std` is None where nobody can say it exactly."""

    stats: KeyStats
    count: int  # points that are shown, special ones too
    std: float | None


class MetricAnswers:
    """Answers questions about one run, which is named as batches of points name it."""

    def __init__(self, catalog: Catalog, store: MetricStore) -> None:
        self._store = store
        self._runs = KnownRuns(catalog, lifetime=REMEMBER_US, size=REMEMBERED)

    async def history(
        self,
        actor: Actor,
        name: str,
        keys: Sequence[str],
        window: Window,
        *,
        limit: int,
        cursor: str | None,
    ) -> HistoryPage:
        """Exact points, series by series in the order asked, at most `limit`.

        No keys are all that the user logged, by name. A series without points there is left out.

        Raises:
            MalformedError: the cursor is none of this question.
        """
        run = await self._runs.named(actor, name, Verb.READ)
        of = f"metrics {run.number} {window} {list(keys)}"
        begin, inner = read_cursor(of, cursor, str, str) if cursor else ("", "")
        left = list(dict.fromkeys(keys)) or [each.key for each in await self._keys(run, ())]
        if cursor:
            left = left[left.index(begin) :] if begin in left else []
        found: list[Points] = []
        for key in left:
            if limit <= 0 or len(found) >= MAX_KEYS:
                return HistoryPage(run, found, write_cursor(of, key, ""))
            place = inner if key == begin and inner else None
            page = await self._store.points(
                Series(run.number, key), window, limit=limit, cursor=place
            )
            if page.step:
                found.append(page)
            if page.cursor is not None:
                return HistoryPage(run, found, write_cursor(of, key, page.cursor))
            limit -= len(page.step)
        return HistoryPage(run, found, None)

    async def latest(
        self, actor: Actor, name: str, keys: Sequence[str]
    ) -> tuple[Run, list[KeyStats]]:
        """What is known of each series, its latest point first of all."""
        run = await self._runs.named(actor, name, Verb.READ)
        return run, await self._keys(run, keys)

    async def statistics(
        self, actor: Actor, name: str, keys: Sequence[str]
    ) -> tuple[Run, list[KeyStatistics]]:
        """What is said of each series of numbers."""
        run = await self._runs.named(actor, name, Verb.READ)
        numbers = [each for each in await self._keys(run, keys) if each.kind == "number"]
        spread = await self._spread(run, numbers)
        return run, [
            KeyStatistics(each, each.logged - each.superseded, spread.get(each.key))
            for each in numbers
        ]

    async def _keys(self, run: Run, keys: Sequence[str]) -> list[KeyStats]:
        """The series that are named, or all that the user logged."""
        found = (await self._store.keys([run.number], keys or None)).get(run.number, [])
        return [each for each in found if keys or is_users_key(each.key)]

    async def _spread(self, run: Run, stats: Sequence[KeyStats]) -> dict[str, float]:
        """The standard deviation of the series that are short enough, together."""
        asked: list[Series] = []
        room = MAX_SPREAD
        for each in sorted(stats, key=lambda each: each.logged):
            room -= each.logged
            if room < 0:
                break
            asked.append(Series(run.number, each.key))
        if not asked:
            return {}
        scans = await self._store.scan(asked, Window())
        return await asyncio.to_thread(_deviations, scans)


def _deviations(scans: Sequence[Scan]) -> dict[str, float]:
    found: dict[str, float] = {}
    for scan in scans:
        finite = scan.value[np.isfinite(scan.value)]
        if len(finite):
            found[scan.series.key] = _deviation(finite)
    return found


def _deviation(values: np.ndarray) -> float:
    """Of all these values, not of what they may be a sample of; without running over."""
    scale = float(np.max(np.abs(values)))
    if not 1e-100 < scale < 1e100:
        return float(np.std(values / scale)) * scale if scale else 0.0
    return float(np.std(values))
