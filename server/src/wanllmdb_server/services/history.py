"""History: the rows of a run as they were logged: exact, page after page, or sampled.

A page is read key by key, the one with most points first: it says up to which step the page can
reach, and the others are read no further. What is given of a run that still goes on ends with the
last step that was there when the page was begun, so that no row is given with half of its keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from wanllmdb_server.catalog.access import locate_run
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.run import SYSTEM_PREFIX, Run, is_users_key
from wanllmdb_server.domain.series import KeyStats, Points, Series, Window
from wanllmdb_server.metrics.ledger import Column, Row, column_of, rows_of, spread, steps_of
from wanllmdb_server.metrics.store import MetricStore

MAX_ROWS: Final = 25_000  # of a page
MAX_KEYS: Final = 1000  # that are named
MAX_SAMPLES: Final = 10_000
STREAM_ROWS: Final = 20_000  # read at once for a stream of rows
POINTS_AT_ONCE: Final = 400_000  # of a page
SCANNED_POINTS: Final = 500_000  # a longer history is sampled from what is known of its buckets
WINDOWS: Final = 8  # looked through for a page of rows that have all keys
HEADINGS: Final = frozenset({"_step", "_timestamp", "_runtime"})  # of every row
_END: Final = (1 << 63) - 1
_BEGIN: Final = -(1 << 63)

Stream = Literal["default", "system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which rows are asked for.

    Attributes:
        keys: a row has them alone; none named is every key that the user logged.
        first, last: steps, both included.
        any: also rows that do not have all of the keys that are named.
        stream: what the user logged, or what was measured of the machine.
    """

    keys: tuple[str, ...] = ()
    first: int | None = None
    last: int | None = None
    any: bool = False
    stream: Stream = "default"

    @property
    def whole(self) -> bool:
        """Whether a row must have all keys."""
        return bool(self.keys) and not self.any

    @property
    def named(self) -> tuple[str, ...]:
        """The keys that are looked for; what every row has is none of them."""
        return tuple(key for key in dict.fromkeys(self.keys) if key not in HEADINGS)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, by step; `next` is the cursor behind them."""

    rows: list[Row]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a history; `end` is the step up to which it goes, None at the very end."""

    rows: list[Row]
    end: int | None


class History:
    """Reads rows."""

    def __init__(self, catalog: Catalog, store: MetricStore) -> None:
        self._catalog = catalog
        self._store = store

    async def page(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run_id: str,
        question: Question,
        *,
        limit: int,
        cursor: str | None = None,
    ) -> Rows:
        """Some rows; fewer than `limit` may be a page that goes on.

        Raises:
            MalformedError: the cursor is none of this question.
        """
        run = await self._locate(actor, owner, project, run_id)
        name = f"history {run.number} {question}"
        begin = _BEGIN if question.first is None else question.first
        if cursor:
            [begin] = read_cursor(name, cursor, int)
        rows: list[Row] = []
        stats = await self._keys(run, question)
        for _ in range(WINDOWS):
            part = await self._part(run, question, stats, begin, limit - len(rows))
            rows += part.rows
            if part.end is None:
                return Rows(rows)
            begin = part.end + 1
            if len(rows) >= limit:
                break
        return Rows(rows, write_cursor(name, begin))

    async def stream(
        self, actor: Actor, owner: str, project: str, run_id: str, question: Question
    ) -> AsyncIterator[list[Row]]:
        """All rows, in parts; what can be refused is refused at once."""
        run = await self._locate(actor, owner, project, run_id)
        stats = await self._keys(run, question)
        return self._parts(run, question, stats)

    async def sampled(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run_id: str,
        question: Question,
        samples: int,
    ) -> Rows:
        """At most so many rows, spread evenly over the history, its first and last among them.

        Of a history of very many points, rows are those that end a bucket of steps: they hold
        what was logged at that very step by the keys whose bucket ends there.
        """
        run = await self._locate(actor, owner, project, run_id)
        stats = await self._keys(run, question)
        if question.whole and len(stats) < len(question.named):
            return Rows([])
        if sum(each.logged for each in stats) > SCANNED_POINTS and question.stream == "default":
            columns = await self._bucketed(run, question, stats, samples)
        else:
            window = Window(question.first, question.last)
            columns = [await self._all(run, each.key, window) for each in stats]
        return Rows(await asyncio.to_thread(_sampled, run, question, columns, samples))

    # -- exact rows

    async def _parts(
        self, run: Run, question: Question, stats: Sequence[KeyStats]
    ) -> AsyncIterator[list[Row]]:
        begin: int | None = _BEGIN if question.first is None else question.first
        while begin is not None:
            part = await self._part(run, question, stats, begin, STREAM_ROWS)
            if part.rows:
                yield part.rows
            begin = None if part.end is None else part.end + 1

    async def _part(
        self, run: Run, question: Question, stats: Sequence[KeyStats], begin: int, limit: int
    ) -> _Part:
        """The rows from a step on, at most `limit`."""
        end = _END if question.last is None else question.last
        if not stats or begin > end or (question.whole and len(stats) < len(question.named)):
            return _Part([], None)
        final = end
        if run.finished_at is None and question.stream == "default":
            final = end = min(end, max(each.last_step for each in stats))
        room = max(1, min(limit, POINTS_AT_ONCE // len(stats)))
        columns: list[Column] = []
        for each in stats:
            column, end = await self._column(run, each.key, begin, end, room)
            if column.step:
                columns.append(column)
        if question.whole and len(columns) < len(stats):
            columns = []
        rows = await asyncio.to_thread(_rows, run, question, [c.until(end) for c in columns])
        if len(rows) > limit and question.stream == "default":
            return _Part(rows[:limit], rows[limit - 1]["_step"])
        return _Part(rows, None if end == final else end)

    async def _column(
        self, run: Run, key: str, begin: int, end: int, room: int
    ) -> tuple[Column, int]:
        """Points of a key from a step on, and up to which step they are all there."""
        series, window = Series(run.number, key), Window(begin, end)
        page = await self._store.points(series, window, limit=room)
        pages: list[Points] = [page]
        while page.cursor is not None and pages[0].step[0] == page.step[-1]:
            # More points at one step than fit: the last of them counts.
            pages = [_last_of(page)]
            page = await self._store.points(series, window, limit=room, cursor=page.cursor)
            pages.append(page)
        if page.cursor is not None:
            end = page.step[-1] - 1
        return column_of(key, pages), end

    # -- samples

    async def _all(self, run: Run, key: str, window: Window) -> Column:
        pages: list[Points] = []
        cursor: str | None = None
        while True:
            page = await self._store.points(
                Series(run.number, key), window, limit=POINTS_AT_ONCE, cursor=cursor
            )
            pages.append(page)
            cursor = page.cursor
            if cursor is None:
                return column_of(key, pages)

    async def _bucketed(
        self, run: Run, question: Question, stats: Sequence[KeyStats], samples: int
    ) -> list[Column]:
        """The last point of each bucket of every key, in so many buckets that rows are few."""
        window = Window(question.first, question.last)
        numbers = [Series(run.number, each.key) for each in stats if each.kind == "number"]
        buckets = samples
        while True:
            curves = await self._store.curves(numbers, window, buckets) if numbers else []
            columns = [
                Column(c.series.key, c.step.tolist(), c.time.tolist(), c.last.tolist())
                for c in curves
            ]
            if len(steps_of(columns, whole=False)) <= samples or buckets <= 1:
                break
            buckets //= 2
        columns = [column for column in columns if column.step]
        for each in stats:
            if each.kind == "object" and each.logged <= SCANNED_POINTS // len(stats):
                columns.append(await self._all(run, each.key, window))
        return columns

    # -- names

    async def _locate(self, actor: Actor, owner: str, project: str, run_id: str) -> Run:
        of = (actor, owner, project, run_id, Resource.POINTS, Verb.READ)
        return await asyncio.to_thread(locate_run, self._catalog, *of)

    async def _keys(self, run: Run, question: Question) -> list[KeyStats]:
        """The series that are asked for, the one with most points first."""
        named = question.named or None
        found = (await self._store.keys([run.number], named)).get(run.number, [])
        if named is None:
            found = [each for each in found if _is_of(each.key, question.stream)]
        return sorted(found, key=lambda each: -each.logged)


def _is_of(key: str, stream: Stream) -> bool:
    return key.startswith(SYSTEM_PREFIX) if stream == "system" else is_users_key(key)


def _last_of(page: Points) -> Points:
    return replace(page, step=page.step[-1:], time=page.time[-1:], value=page.value[-1:])


def _rows(run: Run, question: Question, columns: Sequence[Column]) -> list[Row]:
    return rows_of(
        columns,
        started_at=run.started_at,
        whole=question.whole,
        by_time=question.stream == "system",
    )


def _sampled(run: Run, question: Question, columns: Sequence[Column], samples: int) -> list[Row]:
    if question.stream == "system":
        rows = _rows(run, question, columns)
        return [rows[at] for at in spread(range(len(rows)), samples)]
    steps = spread(steps_of(columns, whole=question.whole), samples)
    return _rows(run, question, [column.at(steps) for column in columns])
