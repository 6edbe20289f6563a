"""Whoever logs, resumes, rewinds, joins and comes late: what is shown is what numpy says.

The account here knows nothing of the store's own rule but what decision 0014 says: it keeps
every point with its attempt, and looks at all of them for each question.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.stores import RUN, T0, Writer

from wanllmdb_server.domain.series import Series, Window
from wanllmdb_server.metrics.memory import MemoryMetricStore
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.store import MetricStore

KEYS = ("loss", "eval", "system/cpu")
HOUR = 3_600_000_000
MAX_ATTEMPTS = 6

strides = st.sampled_from([1, 1, 1, 1, 0, 5, -1, -20, 40])
rows = st.lists(st.tuples(strides, st.sets(st.sampled_from(KEYS), min_size=1)), max_size=40)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("log"), st.integers(0, 8), rows),
        st.tuples(st.just("log"), st.integers(0, 8), rows),
        st.tuples(
            st.just("begin"),
            st.integers(-60, 60),  # the step at which it goes on
            st.tuples(st.sampled_from([0, 0, 0, -30]), st.none() | st.integers(-10, 60)),
        ),
        st.tuples(st.just("join"), st.integers(0, MAX_ATTEMPTS), st.none()),
        st.tuples(st.just("long"), st.integers(0, 8), st.integers(100, 400)),
        st.tuples(st.just("seal"), st.none(), st.none()),
        st.tuples(st.just("reopen"), st.none(), st.none()),
    ),
    min_size=2,
    max_size=14,
)
windows = st.builds(Window, st.none() | st.integers(-40, 80), st.none() | st.integers(-40, 400))


@dataclass
class Attempt:
    at: int
    after: int | None = None
    level: int = 0


@dataclass
class Process:
    """A writer as the account knows it."""

    writer: Writer
    attempt: Attempt
    step: int = 0
    known: bool = True


@dataclass
class Account:
    """All that happened: points are (step, time, value, attempt), in order of arrival."""

    attempts: list[Attempt] = field(default_factory=lambda: [Attempt(T0)])
    processes: list[Process] = field(default_factory=list[Process])
    points: dict[str, list[tuple[int, int, float, Attempt]]] = field(
        default_factory=lambda: {key: [] for key in KEYS}
    )
    beside: list[tuple[Attempt, Attempt]] = field(default_factory=list[tuple[Attempt, Attempt]])
    value: float = 0.0

    def levels(self) -> None:
        """By when they began; those that ran beside each other have one level."""
        self.attempts.sort(key=lambda each: each.at)
        level = 0
        for n, each in enumerate(self.attempts):
            together = any(
                low.at < each.at <= high.at and self.no_rewind(low, each)
                for low, high in self.beside
            )
            level += n > 0 and not together
            each.level = level

    def no_rewind(self, low: Attempt, high: Attempt) -> bool:
        between = [each for each in self.attempts if low.at < each.at <= high.at]
        return all(each.after is None for each in between)

    def gone(self, key: str) -> np.ndarray[Any, Any]:
        """Which points of a key are superseded."""
        points = self.points[key]
        gone = np.zeros(len(points), bool)
        if key.startswith("system/"):
            return gone
        steps = np.array([step for step, *_ in points], np.int64)
        level = np.array([attempt.level for *_, attempt in points], np.int64)
        for at in set(level.tolist()):
            gone |= (level < at) & (steps >= steps[level == at].min())
        for each in self.attempts:
            if each.after is not None:
                gone |= (level < each.level) & (steps > each.after)
        return gone

    def shown(self, key: str, *, superseded: bool = False) -> list[tuple[int, int, float]]:
        """By step; equal steps by attempt, then as they came."""
        gone = self.gone(key)
        order = {id(each): n for n, each in enumerate(self.attempts)}
        chosen = [
            (step, order[id(attempt)], n, time, value)
            for n, (step, time, value, attempt) in enumerate(self.points[key])
            if gone[n] == superseded
        ]
        return [(step, time, value) for step, _, _, time, value in sorted(chosen)]


class Story:
    """The same told to a store and to the account."""

    def __init__(self, store: MetricStore, directory: Path) -> None:
        self.store = store
        self.directory = directory
        self.account = Account()
        first = Process(Writer(store, name="p0"), self.account.attempts[0], known=False)
        self.account.processes.append(first)

    async def act(self, name: str, what: Any, more: Any) -> None:
        await getattr(self, name)(what, more)
        self.account.levels()

    async def log(self, who: int, rows: list[tuple[int, set[str]]]) -> None:
        if not rows:
            return
        account = self.account
        process = account.processes[who % len(account.processes)]
        process.writer.store = self.store
        if not process.known:  # nobody said anything of it: it is of the last one
            process.attempt, process.known = account.attempts[-1], True
        writer, logged = process.writer, []
        for stride, keys in rows:
            process.step += stride
            account.value += 1.0
            logged.append((process.step, dict.fromkeys(sorted(keys), account.value)))
        batch = writer.batch(logged)
        for number, (step, values) in enumerate(logged, writer.position + 1):
            for key, value in values.items():
                time = T0 + number * 1000
                account.points[key].append((step, time, value, process.attempt))
        latest = T0 + (writer.position + len(logged)) * 1000
        later = [each for each in account.attempts if process.attempt.at < each.at < latest]
        account.beside += [(process.attempt, each) for each in later]
        await self.store.append(RUN, batch)
        writer.position = batch.end

    async def long(self, who: int, size: int) -> None:
        await self.log(who, [(1, {"loss"})] * size)

    async def begin(self, step: int, how: tuple[int, int | None]) -> None:
        account = self.account
        if len(account.attempts) > MAX_ATTEMPTS:
            return
        earlier, after = how
        # Mostly later than all before; sometimes one that was kept offline, and comes late.
        number = len(account.processes)
        at = T0 + (number * HOUR if not earlier else -number * HOUR)
        if number % 3 == 2 and not earlier:
            at = T0 + number * 7_500  # while the first ones still log: side by side, perhaps
        attempt = Attempt(at, after)
        account.attempts.append(attempt)
        name = f"p{number}"
        account.processes.append(Process(Writer(self.store, name=name), attempt, step))
        for _ in range(2):
            await self.store.begin_attempt(RUN, name, at=at, since=T0, after=after)

    async def join(self, which: int, _: None) -> None:
        account = self.account
        if len(account.attempts) < 2:
            return
        attempt = account.attempts[which % len(account.attempts)]
        name = f"p{len(account.processes)}"
        account.processes.append(Process(Writer(self.store, name=name), attempt))
        await self.store.join_attempt(RUN, name, at=attempt.at)

    async def seal(self, _: None, __: None) -> None:
        await self.store.seal(RUN)

    async def reopen(self, _: None, __: None) -> None:
        if isinstance(self.store, SqliteMetricStore):
            await self.store.close()
            self.store = SqliteMetricStore.open(self.directory)

    async def check(self, window: Window, buckets: int, limit: int) -> None:
        for key in KEYS:
            for which in ("hide", "only"):
                wanted = self.account.shown(key, superseded=which == "only")
                assert await self.pages(key, which, limit) == wanted, (key, which)
            everything = await self.pages(key, "include", limit)
            assert len(everything) == len(self.account.points[key])
        stats = {each.key: each for each in (await self.store.keys([RUN]))[RUN]}
        assert set(stats) == {key for key in KEYS if self.account.shown(key)}
        curves = await self.store.curves([Series(RUN, key) for key in KEYS], window, buckets)
        for curve in curves:
            key = curve.series.key
            wanted = self.account.shown(key)
            assert curve.logged == len(self.account.points[key])
            _check_curve(curve, wanted)
            if wanted:
                found, values = stats[key], [value for *_, value in wanted]
                assert found.logged == len(self.account.points[key])
                assert found.superseded == found.logged - len(wanted)
                assert (found.low, found.high) == (min(values), max(values))
                assert (found.last_step, found.last_time, found.last) == wanted[-1]
                assert found.first_step == wanted[0][0]

    async def pages(self, key: str, which: Any, limit: int) -> list[tuple[int, int, float]]:
        found: list[tuple[int, int, float]] = []
        cursor = None
        while True:
            page = await self.store.points(
                Series(RUN, key), Window(), limit=limit, cursor=cursor, superseded=which
            )
            found += zip(page.step, page.time, page.value, strict=True)
            cursor = page.cursor
            if cursor is None:
                return found


def _check_curve(curve: Any, wanted: list[tuple[int, int, float]]) -> None:
    """Every bucket that is drawn is what all points in it make."""
    width = curve.width
    buckets: dict[int, list[tuple[int, int, float]]] = {}
    for point in wanted:
        buckets.setdefault(point[0] // width, []).append(point)
    for at, number in enumerate(curve.bin.tolist()):
        points = buckets[number]
        values = [value for *_, value in points]
        assert (curve.step[at], curve.time[at], curve.last[at]) == points[-1]
        assert (curve.low[at], curve.high[at]) == (min(values), max(values))
        assert curve.count[at] == len(points)
        assert abs(curve.mean[at] - sum(values) / len(values)) < 1e-6
    if len(curve.bin):
        first, last = int(curve.bin[0]), int(curve.bin[-1])
        assert [b for b in sorted(buckets) if first <= b <= last] == curve.bin.tolist()


@given(actions, windows, st.sampled_from([1, 5, 40, 10_000]), st.sampled_from([3, 1000]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_attempts_show_what_the_rule_says(
    done: list[Any], window: Window, buckets: int, limit: int
) -> None:
    async def story(store: MetricStore, directory: Path) -> None:
        told = Story(store, directory)
        try:
            for action in done:
                await told.act(*action)
            few = 1000 if sum(map(len, told.account.points.values())) > 200 else limit
            await told.check(window, buckets, few)
            await told.store.seal(RUN)
            await told.check(window, buckets, few)
        finally:
            await told.store.close()

    async def both() -> None:
        with tempfile.TemporaryDirectory() as name:
            await story(SqliteMetricStore.open(Path(name)), Path(name))
        await story(MemoryMetricStore(), Path())

    asyncio.run(both())
