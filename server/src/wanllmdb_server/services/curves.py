"""Curves: what a panel asks and what it is drawn from; nothing in between is invented.

The store draws by step. Here stands what makes that an answer for people: run ids instead of
numbers, only runs that the actor may read, and an x axis of steps, of seconds since each run's
start or of seconds since the epoch, with windows in the units of that axis.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from wanllmdb_server.catalog.access import find_project, locate_runs
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.tables import runs as runs_table
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.errors import Fault, InvalidError, MalformedError
from wanllmdb_server.domain.recent import Recent
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import (
    Curve,
    KeyStats,
    Points,
    Series,
    Superseded,
    Window,
    XAxis,
)
from wanllmdb_server.metrics.store import MetricStore

MAX_RUNS: Final = 1000
MAX_KEYS: Final = 200
MIN_BUCKETS: Final = 10
MAX_BUCKETS: Final = 10_000
REMEMBER_US: Final = 2_000_000  # how long a refusal of the catalog may come late
REMEMBERED: Final = 256  # questions of pages that are open
_INT64: Final = 1 << 63
_LOOK: Final = 512  # buckets of the look at a whole series that finds a window in time


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a panel asks. `first` and `last` are in units of x: steps, or microseconds."""

    owner: str
    project: str
    runs: Sequence[str]
    keys: Sequence[str]
    x: XAxis = "step"
    first: float | None = None
    last: float | None = None
    buckets: int = 400


@dataclass(frozen=True, slots=True)
class DrawnCurve:
    """A run's curve and its x axis: float64, one for each bucket, in steps or in seconds."""

    run: str
    x: NDArray[np.float64]
    curve: Curve


@dataclass(frozen=True, slots=True)
class Panel:
    """One key of all runs asked, on one grid of `width` steps."""

    key: str
    width: int
    curves: Sequence[DrawnCurve]


@dataclass(frozen=True, slots=True)
class CommonKey:
    """A key, and how many runs have it."""

    key: str
    kind: str
    runs: int


class Curves:
    """Answers what the points of runs look like, and what they are."""

    def __init__(self, catalog: Catalog, store: MetricStore) -> None:
        self._catalog = catalog
        self._store = store
        self._recent = Recent[list[Run]](lifetime=REMEMBER_US, size=REMEMBERED)

    async def draw(self, actor: Actor, question: Question) -> AsyncIterator[Panel]:
        """The panels of a question, key by key, in the order asked.

        Everything that can be refused is refused before this returns.
        """
        check(question)
        runs = await self._locate(actor, question.owner, question.project, question.runs)
        return self._panels(question, runs)

    async def keys(self, actor: Actor, owner: str, project: str, run: str) -> list[KeyStats]:
        """The series of a run with their statistics, by key."""
        [located] = await self._locate(actor, owner, project, [run])
        return (await self._store.keys([located.number])).get(located.number, [])

    async def common_keys(
        self, actor: Actor, owner: str, project: str, runs: Sequence[str]
    ) -> list[CommonKey]:
        """The keys of these runs, or of the newest runs of the project if none is named."""
        if not runs:
            runs = await asyncio.to_thread(_newest, self._catalog, actor, owner, project)
        located = await self._locate(actor, owner, project, runs)
        found = await self._store.keys([run.number for run in located])
        counted = Counter((stats.key, stats.kind) for each in found.values() for stats in each)
        return [CommonKey(key, kind, n) for (key, kind), n in sorted(counted.items())]

    async def points(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run: str,
        key: str,
        window: Window,
        *,
        limit: int,
        cursor: str | None,
        superseded: Superseded = "hide",
    ) -> Points:
        """Exact points of one series, by step: those that count, others, or all."""
        [located] = await self._locate(actor, owner, project, [run])
        try:
            return await self._store.points(
                Series(located.number, key),
                window,
                limit=limit,
                cursor=cursor,
                superseded=superseded,
            )
        except ValueError as error:
            detail = "The cursor is none that this route gave."
            fault = Fault("/cursor", "bad-cursor", detail)
            raise MalformedError(detail, code=fault.code, faults=[fault]) from error

    async def _panels(self, question: Question, runs: Sequence[Run]) -> AsyncIterator[Panel]:
        for key in question.keys:
            series = [Series(run.number, key) for run in runs]
            if question.x == "step":
                window = Window(_step(question.first, up=True), _step(question.last, up=False))
                curves = await self._store.curves(series, window, question.buckets)
            else:
                curves = await self._by_time(series, question, _origins(question.x, runs))
            yield Panel(key, _width(curves), list(_named(question.x, runs, curves)))

    async def _by_time(
        self, series: Sequence[Series], question: Question, origins: NDArray[np.int64]
    ) -> list[Curve]:
        """Curves within a window in time: look at the whole, find the steps, draw those."""
        if question.first is None and question.last is None:
            return await self._store.curves(series, Window(), question.buckets)
        first = -_INT64 if question.first is None else question.first
        last = _INT64 if question.last is None else question.last
        bounds = [(first + origin, last + origin) for origin in origins.tolist()]
        whole = await self._store.curves(series, Window(), _LOOK)
        spans = [
            span
            for curve, (low, high) in zip(whole, bounds, strict=True)
            if (span := steps_between(curve, low, high)) is not None
        ]
        if not spans:
            return [cut(curve, *bound) for curve, bound in zip(whole, bounds, strict=True)]
        window, share = joined(spans)
        buckets = min(MAX_BUCKETS, round(question.buckets * share))
        curves = await self._store.curves(series, window, buckets)
        return [cut(curve, *bound) for curve, bound in zip(curves, bounds, strict=True)]

    async def _locate(
        self, actor: Actor, owner: str, project: str, runs: Sequence[str]
    ) -> list[Run]:
        """The runs; for a moment remembered, since a page asks for its panels one by one."""
        key = "\0".join((f"{actor.user_id} {actor.admin} {actor.scope}", owner, project, *runs))
        now = self._catalog.clock()
        found = self._recent.get(key, now=now)
        if found is None:
            found = await asyncio.to_thread(
                locate_runs, self._catalog, actor, owner, project, runs, Resource.POINTS, Verb.READ
            )
            self._recent.put(key, found, now=now)
        return found


def _newest(catalog: Catalog, actor: Actor, owner: str, project: str) -> list[str]:
    with catalog.reading() as connection:
        found = find_project(connection, actor, owner, project, Resource.POINTS, Verb.READ)
        query = select(runs_table.c.id).where(runs_table.c.project_id == found.id)
        newest = query.order_by(runs_table.c.created_at.desc()).limit(MAX_RUNS)
        return list(connection.scalars(newest))


def check(question: Question) -> None:
    """Refuse a question that is too large to be one of a person.

    Raises:
        InvalidError: with a fault for each limit that is passed.
    """
    faults = [
        Fault(pointer, "out-of-range", detail)
        for pointer, ok, detail in (
            ("/runs", len(question.runs) <= MAX_RUNS, f"At most {MAX_RUNS} runs."),
            ("/keys", len(question.keys) <= MAX_KEYS, f"At most {MAX_KEYS} keys."),
            (
                "/buckets",
                MIN_BUCKETS <= question.buckets <= MAX_BUCKETS,
                f"From {MIN_BUCKETS} to {MAX_BUCKETS} buckets.",
            ),
        )
        if not ok
    ]
    if faults:
        raise InvalidError("The question is beyond a limit.", faults=faults)


def steps_between(curve: Curve, first: float, last: float) -> tuple[int, int] | None:
    """The steps whose points may lie between two times, seen on the buckets of the whole.

    A bucket's time is that of its last point, so the first bucket that reaches into the
    window may hold points from before it, and the bucket behind the window points from within.
    """
    if not len(curve.time):
        return None
    before = np.concatenate([[-_INT64], curve.time[:-1]])
    touched = np.flatnonzero((curve.time >= first) & (before <= last))
    if not len(touched):
        return None
    begin, end = int(curve.bin[touched[0]]), int(curve.bin[touched[-1]])
    return begin * curve.width, (end + 1) * curve.width - 1


def joined(spans: Sequence[tuple[int, int]]) -> tuple[Window, float]:
    """One window over all spans, and how many times the widest span it is.

    Runs of different speed show different steps at one time. One grid serves them all, and
    with so many times the buckets each of them still gets what it would have had alone.
    """
    low, high = min(first for first, _ in spans), max(last for _, last in spans)
    widest = max(last - first + 1 for first, last in spans)
    return Window(max(low, -_INT64), min(high, _INT64 - 1)), (high - low + 1) / widest


def cut(curve: Curve, first: float, last: float) -> Curve:
    """The curve without the buckets whose point lies outside of two times."""
    inside = (curve.time >= first) & (curve.time <= last)
    if inside.all():
        return curve
    columns: dict[str, Any] = {
        name: getattr(curve, name)[inside]
        for name in (
            "bin",
            "step",
            "time",
            "last",
            "low",
            "high",
            "mean",
            "count",
            "nan",
            "posinf",
            "neginf",
        )
    }
    return replace(curve, **columns)


def _named(x: XAxis, runs: Sequence[Run], curves: Sequence[Curve]) -> Iterable[DrawnCurve]:
    if x == "step":
        for run, curve in zip(runs, curves, strict=True):
            yield DrawnCurve(run.id, curve.step.astype(np.float64), curve)
        return
    for run, origin, curve in zip(runs, _origins(x, runs).tolist(), curves, strict=True):
        yield DrawnCurve(run.id, (curve.time - origin) / 1e6, curve)


def _origins(x: XAxis, runs: Sequence[Run]) -> NDArray[np.int64]:
    """Where x is 0 for each run, in microseconds since the epoch."""
    if x == "wall":
        return np.zeros(len(runs), np.int64)
    return np.fromiter((run.started_at for run in runs), np.int64, len(runs))


def _width(curves: Sequence[Curve]) -> int:
    return curves[0].width if curves else 1


def _step(value: float | None, *, up: bool) -> int | None:
    """A bound in steps as an int64: the first step not before, or the last not behind it."""
    if value is None:
        return None
    whole = int(np.ceil(value) if up else np.floor(value))
    return min(max(whole, -_INT64), _INT64 - 1)
