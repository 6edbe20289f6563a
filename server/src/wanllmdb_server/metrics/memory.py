"""MemoryMetricStore: all rows in lists, every question answered by looking at all of them.

It keeps nothing beyond the process. It is here to be obviously right: tests use it where the
store does not matter, and the contract's suite holds the real stores to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wanllmdb.wire import MAX_KEYS_PER_RUN, Batch
from wanllmdb_server.domain.damage import Damage
from wanllmdb_server.domain.receipt import Count, WriterTotals
from wanllmdb_server.domain.retention import Part, Weight, part_of
from wanllmdb_server.domain.run import is_users_key
from wanllmdb_server.domain.series import (
    Accepted,
    Chart,
    Curve,
    KeyStats,
    Overview,
    Points,
    Scan,
    Series,
    Superseded,
    Tail,
    Window,
)
from wanllmdb_server.metrics import columns, decoding, overview
from wanllmdb_server.metrics.columns import Columns, Rejection
from wanllmdb_server.metrics.naive import (
    Key,
    Point,
    arrays_of,
    curve_of,
    extent_of,
    is_inside,
    scan_of,
    stats_of,
    step_of,
)
from wanllmdb_server.metrics.store import PositionGapError, Reply
from wanllmdb_server.metrics.succession import Succession, begun, joined, with_copy

_NOTHING = WriterTotals(0, 0, 0, 0)


@dataclass(slots=True)
class _Run:
    writers: dict[str, WriterTotals] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    succession: Succession | None = None
    released: int = 0


class MemoryMetricStore:
    """A `MetricStore` of lists."""

    def __init__(self) -> None:
        self._runs: dict[int, _Run] = {}

    async def append(self, run: int, batch: Batch) -> Accepted:
        """See `MetricStore`."""
        found = decoding.take_apart(batch)
        mine = self._runs.setdefault(run, _Run())
        before = mine.writers.get(batch.writer, _NOTHING)
        low = before.position
        if batch.start > low:
            raise PositionGapError(low)
        if batch.end <= low:
            return Accepted(low, 0)
        new = columns.after(found, low)
        points = _size(mine)
        known = mine.keys if mine.succession else {}
        view = {key: _shown(mine, key, each.numbers) for key, each in known.items()}
        rejected = new.rejected + _add(mine, new, _place(mine, batch.writer, new))
        for key, each in mine.keys.items() if mine.succession else ():
            came = each.numbers[len(each.numbers) - _came(new, key) :]
            if Counter(_shown(mine, key, each.numbers)) != Counter(view.get(key, []) + came):
                each.anew = len(each.numbers)
        rows = len(new.position) - sum(code == "malformed-row" for _, code, _ in new.rejected)
        mine.writers[batch.writer] = WriterTotals(
            batch.end,
            (before.rows or 0) + rows,
            (before.points or 0) + _size(mine) - points,
            (before.refused or 0) + len(rejected),
        )
        return Accepted(batch.end, rows, rejected)

    def offer(self, run: int, batch: Batch, reply: Reply) -> bool:  # noqa: ARG002
        """See `MetricStore`: it has no use for offers."""
        return False

    async def begin_attempt(
        self, run: int, writer: str, *, at: int, since: int, after: int | None = None
    ) -> None:
        """See `MetricStore`."""
        mine = self._runs.setdefault(run, _Run())
        mine.succession = begun(
            mine.succession, mine.writers, writer=writer, at=at, since=since, after=after
        )
        for each in mine.keys.values():
            each.anew = len(each.numbers) + 1

    async def join_attempt(self, run: int, writer: str, *, at: int) -> None:
        """See `MetricStore`."""
        mine = self._runs.setdefault(run, _Run())
        mine.succession = joined(mine.succession, mine.writers, writer=writer, at=at)

    async def copy(self, source: int, target: int, until: int) -> None:
        """See `MetricStore`."""
        theirs, mine = self._runs.get(source, _Run()), self._runs.setdefault(target, _Run())
        known = mine.succession
        mine.succession = with_copy(known, mine.writers, source=source)
        if mine.succession == known:
            return
        number = next(each.number for each in mine.succession.attempts if each.copied is not None)
        for key, each in theirs.keys.items():
            if not is_users_key(key):
                continue
            here = mine.keys.setdefault(key, Key())
            for points, those in ((here.numbers, each.numbers), (here.objects, each.objects)):
                shown = [point for point in _shown(theirs, key, those) if point.step <= until]
                points += [replace(point, attempt=number) for point in shown]
            here.anew = len(here.numbers)

    async def positions(self, run: int, writers: Sequence[str] | None = None) -> Mapping[str, int]:
        """See `MetricStore`."""
        known = await self.writers(run)
        asked = known if writers is None else [name for name in writers if name in known]
        return {name: known[name].position for name in asked}

    async def writers(self, run: int) -> Mapping[str, WriterTotals]:
        """See `MetricStore`."""
        return dict(self._runs.get(run, _Run()).writers)

    async def count(self, run: int) -> Count:
        """See `MetricStore`."""
        mine = self._runs.get(run, _Run())
        return Count(_size(mine) - _copied(mine), (), dict(mine.writers), mine.released)

    async def curves(self, series: Sequence[Series], window: Window, buckets: int) -> list[Curve]:
        """See `MetricStore`."""
        extents = [extent for each in series if (extent := extent_of(self._shown(each), window))]
        if not extents:
            return [curve_of(each, len(self._numbers(each)), 1, []) for each in series]
        low, high = min(low for low, _ in extents), max(high for _, high in extents)
        width = 1
        while high // width - low // width + 1 > buckets and width < 1 << 63:
            width *= 2
        return [
            curve_of(
                each,
                len(self._numbers(each)),
                width,
                [
                    point
                    for point in sorted(self._shown(each), key=step_of)
                    if low // width <= point.step // width <= high // width
                ],
            )
            for each in series
        ]

    async def charts(self, charts: Sequence[Chart]) -> list[list[Curve]]:
        """See `MetricStore`."""
        return [await self.curves(each.series, each.window, each.buckets) for each in charts]

    async def points(
        self,
        series: Series,
        window: Window,
        *,
        limit: int,
        cursor: str | None = None,
        superseded: Superseded = "hide",
    ) -> Points:
        """See `MetricStore`."""
        if cursor is not None and not cursor.isdecimal():
            raise ValueError("The cursor is none that this store gave.")
        run, key = self._runs.get(series.run, _Run()), self._key(series)
        first = int(cursor or 0)
        wanted = [
            *_shown(run, series.key, key.numbers, superseded),
            *_shown(run, series.key, key.objects, superseded),
        ]
        found = [point for point in sorted(wanted, key=step_of) if is_inside(point.step, window)][
            first:
        ]
        page = found[:limit]
        return Points(
            series,
            [point.step for point in page],
            [point.time for point in page],
            [point.value for point in page],
            str(first + limit) if len(found) > limit else None,
        )

    async def scan(
        self, series: Sequence[Series], window: Window, superseded: Superseded = "hide"
    ) -> list[Scan]:
        """See `MetricStore`."""
        found: list[Scan] = []
        for each in series:
            run, key = self._runs.get(each.run, _Run()), self._key(each)
            numbers, objects = (
                [
                    point
                    for point in sorted(_shown(run, each.key, those, superseded), key=step_of)
                    if is_inside(point.step, window)
                ]
                for those in (key.numbers, key.objects)
            )
            found.append(scan_of(each, numbers, objects))
        return found

    async def tail(self, series: Sequence[Series], after: Sequence[int]) -> list[Tail]:
        """See `MetricStore`."""
        tails: list[Tail] = []
        for each, count in zip(series, after, strict=True):
            points = self._numbers(each)
            start = min(max(count, self._key(each).anew), len(points)) if points else count
            tails.append(Tail(each, start, *arrays_of(points[start:])))
        return tails

    async def keys(
        self, runs: Sequence[int], keys: Sequence[str] | None = None
    ) -> dict[int, list[KeyStats]]:
        """See `MetricStore`."""
        return {
            run: [
                stats
                for name, key in sorted(self._runs.get(run, _Run()).keys.items())
                if (keys is None or name in keys) and (stats := _seen(self._runs[run], name, key))
            ]
            for run in runs
        }

    async def overview(self, runs: Sequence[int], keys: Sequence[str] | None = None) -> Overview:
        """See `MetricStore`."""
        return overview.of_stats(await self.keys(runs, keys))

    async def seal(self, run: int) -> None:
        """See `MetricStore`."""

    async def weigh(self, runs: Sequence[int]) -> Mapping[int, Mapping[Part, Weight]]:
        """See `MetricStore`."""
        found: dict[int, dict[Part, Weight]] = {}
        for run in runs:
            for key, each in self._runs.get(run, _Run()).keys.items():
                points = len(each.numbers) + len(each.objects)
                parts = found.setdefault(run, {})
                weight = Weight(points, points * 8)
                parts[part_of(key)] = parts.get(part_of(key), Weight()).plus(weight)
        return found

    async def release(self, run: int, parts: Sequence[Part]) -> Weight:
        """See `MetricStore`."""
        there = (await self.weigh([run])).get(run, {})
        mine = self._runs.get(run, _Run())
        mine.keys = {key: each for key, each in mine.keys.items() if part_of(key) not in parts}
        weight = Weight()
        for part in parts:
            weight = weight.plus(there.get(part, Weight()))
        mine.released += weight.items
        return weight

    async def damage(self, runs: Iterable[int]) -> Mapping[int, Sequence[Damage]]:
        """See `MetricStore`."""
        del runs
        return {}

    async def forget(self, run: int) -> None:
        """See `MetricStore`."""
        self._runs.pop(run, None)

    async def close(self) -> None:
        """See `MetricStore`."""

    def _key(self, series: Series) -> Key:
        return self._runs.get(series.run, _Run()).keys.get(series.key, Key())

    def _numbers(self, series: Series) -> list[Point]:
        return self._key(series).numbers

    def _shown(self, series: Series) -> list[Point]:
        run = self._runs.get(series.run, _Run())
        return _shown(run, series.key, self._numbers(series))


def _place(run: _Run, writer: str, new: Columns) -> int:
    """The attempt that the batch of a writer is of; it may show that attempts ran together."""
    if run.succession is None:
        return 0
    number = run.succession.number_of(writer)
    if number is None:
        number = run.succession.newest
        run.succession = run.succession.placed(writer, number)
    times = [int(time) for column in new.numbers.values() for time in column.points.time]
    times += [each.time for each in new.objects]
    run.succession = run.succession.heard(number, max(times, default=0))
    return number


def _shown(run: _Run, key: str, points: list[Point], which: Superseded = "hide") -> list[Point]:
    """Those that no later attempt supersedes, or the others, or all; by attempt."""
    if run.succession is None:
        return points if which != "only" else []
    attempts = run.succession.attempts
    level = run.succession.levels()
    cuts = [(level[each.number], each.after + 1) for each in attempts if each.after is not None]
    cuts += [(level[each.attempt], each.step) for each in points]
    lowest: dict[int, int] = {}
    for at, step in cuts if is_users_key(key) else ():
        lowest[at] = min(lowest.get(at, step), step)

    def is_superseded(point: Point) -> bool:
        mine = level[point.attempt]
        return any(at > mine and step <= point.step for at, step in lowest.items())

    order = {each.number: at for at, each in enumerate(attempts)}
    return [
        point
        for point in sorted(points, key=lambda point: order[point.attempt])
        if which == "include" or is_superseded(point) == (which == "only")
    ]


def _came(new: Columns, key: str) -> int:
    return len(new.numbers[key].position) if key in new.numbers else 0


def _add(run: _Run, new: Columns, attempt: int) -> list[Rejection]:
    rejected: list[Rejection] = []

    def put(key: str, position: int, point: Point, *, number: bool) -> None:
        if key not in run.keys:
            if len(run.keys) >= MAX_KEYS_PER_RUN:
                detail = f"A run has at most {MAX_KEYS_PER_RUN} keys; no room for {key[:40]}."
                rejected.append((position, "too-many-keys", detail))
                return
            run.keys[key] = Key()
        (run.keys[key].numbers if number else run.keys[key].objects).append(point)

    for key, column in new.numbers.items():
        points = column.points
        for at, position in enumerate(column.position.tolist()):
            value = float(points.value[at])
            if points.extra is not None and points.extra[at]:
                value = int(value) + int(points.extra[at])
            point = Point(int(points.step[at]), int(points.time[at]), value, attempt)
            put(key, position, point, number=True)
    for each in new.objects:
        point = Point(each.step, each.time, each.value, attempt)
        put(each.key, each.position, point, number=False)
    return rejected


def _size(run: _Run) -> int:
    return sum(len(key.numbers) + len(key.objects) for key in run.keys.values())


def _copied(run: _Run) -> int:
    copied = (
        {each.number for each in run.succession.attempts if each.copied is not None}
        if run.succession
        else set[int]()
    )
    points = (point for key in run.keys.values() for point in key.numbers + key.objects)
    return sum(point.attempt in copied for point in points)


def _seen(run: _Run, name: str, key: Key) -> KeyStats | None:
    """Statistics of what is shown of a series, None if nothing is."""
    shown = Key(_shown(run, name, key.numbers), _shown(run, name, key.objects))
    if not shown.numbers and not shown.objects:
        return None
    stats = stats_of(name, shown)
    logged = len(key.numbers if shown.numbers else key.objects)
    return stats._replace(logged=logged, superseded=logged - stats.logged)
