"""What every MetricStore promises of runs that were logged in several attempts."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from tests.contracts.stores import RUN, T0, Writer, pack

from wanllmdb.wire import Kind
from wanllmdb_server.domain.series import Curve, KeyStats, Series, Superseded, Window
from wanllmdb_server.metrics.store import MetricStore

LOSS = Series(RUN, "loss")
ALL = Window()
LATER = T0 + 3_600_000_000  # after all that the writers of stores.py log in an hour


async def begin(store: MetricStore, writer: str, **more: Any) -> Writer:
    """A writer that goes on with the run, as a later attempt."""
    said = {"at": LATER, "since": T0, **more}
    await store.begin_attempt(RUN, writer, **said)
    return Writer(store, name=writer)


async def draw(store: MetricStore, buckets: int = 10_000, window: Window = ALL) -> Curve:
    [curve] = await store.curves([LOSS], window, buckets)
    return curve


async def points(
    store: MetricStore, which: Superseded = "hide", key: str = "loss", limit: int = 10_000
) -> list[tuple[int, Any]]:
    found: list[tuple[int, Any]] = []
    cursor = None
    while True:
        page = await store.points(
            Series(RUN, key), ALL, limit=limit, cursor=cursor, superseded=which
        )
        found += zip(page.step, page.value, strict=True)
        cursor = page.cursor
        if cursor is None:
            return found


async def stats(store: MetricStore, key: str = "loss") -> KeyStats:
    [found] = (await store.keys([RUN], [key]))[RUN]
    return found


async def resumed(store: MetricStore) -> Writer:
    """Killed at 700, resumed at 500, run to 1000; the first attempt counts down, from -1."""
    await Writer(store, name="a").log_series([-1.0 - step for step in range(700)])
    writer = await begin(store, "b")
    await writer.log_series([float(step) for step in range(500, 1000)], first=500)
    return writer


def whole() -> list[tuple[int, float]]:
    return [(n, -1.0 - n) for n in range(500)] + [(n, float(n)) for n in range(500, 1000)]


# -- a resumed run


async def test_of_steps_that_were_logged_again_the_latest_is_shown(store: MetricStore) -> None:
    await resumed(store)
    assert await points(store) == whole()
    curve = await draw(store)
    assert list(zip(curve.step.tolist(), curve.last.tolist(), strict=True)) == whole()
    assert curve.logged == 1200


async def test_what_was_superseded_can_be_asked_for(store: MetricStore) -> None:
    await resumed(store)
    away = [(n, -1.0 - n) for n in range(500, 700)]
    assert await points(store, "only") == away
    assert await points(store, "only", limit=7) == away
    everything = await points(store, "include", limit=33)
    assert len(everything) == 1200
    assert sorted(everything) == sorted(whole() + away)
    assert everything[500:504] == [(500, -501.0), (500, 500.0), (501, -502.0), (501, 501.0)]


async def test_statistics_are_those_of_what_is_shown(store: MetricStore) -> None:
    await resumed(store)
    found = await stats(store)
    assert (found.logged, found.superseded) == (1200, 200)
    assert (found.low, found.high, found.last) == (-500.0, 999.0, 999.0)
    assert (found.first_step, found.last_step) == (0, 999)
    assert found.mean == pytest.approx(sum(value for _, value in whole()) / 1000)


async def test_a_resumed_run_that_has_not_come_as_far_ends_where_it_is(store: MetricStore) -> None:
    await Writer(store, name="a").log_series([0.5] * 700)
    writer = await begin(store, "b")
    assert len(await points(store)) == 700
    await writer.log((500, {"loss": 0.25}))
    assert await points(store) == [(n, 0.5) for n in range(500)] + [(500, 0.25)]
    assert (await stats(store)).last == 0.25


@pytest.mark.parametrize("buckets", [1, 3, 40, 400, 10_000])
async def test_a_spike_is_in_the_curve_at_every_zoom_unless_it_was_superseded(
    store: MetricStore, buckets: int
) -> None:
    first = [1.0] * 700
    first[300], first[600], first[511] = 50.0, 100.0, -100.0
    await Writer(store, name="a").log_series(first)
    writer = await begin(store, "b")
    again = [1.0] * 500
    again[77] = 70.0
    await writer.log_series(again, first=500)
    curve = await draw(store, buckets)
    assert (float(curve.high.max()), float(curve.low.min())) == (70.0, 1.0)
    assert int(curve.count.sum()) == 1000
    before = await draw(store, buckets, Window(0, 499))
    assert float(before.high.max()) in {50.0, 70.0}  # the last bucket is given whole


async def test_each_series_is_cut_where_it_itself_was_logged_again(store: MetricStore) -> None:
    rows = [(n, {"loss": 1.0, "rare": 1.0} if n % 100 == 0 else {"loss": 1.0}) for n in range(700)]
    await Writer(store, name="a").log(*rows, (650, {"rare": 1.0}), (3, {"gone": 1.0}))
    writer = await begin(store, "b")
    await writer.log(*[(n, {"loss": 2.0}) for n in range(510, 590)])
    assert [n for n, _ in await points(store, key="rare")] == [0, 100, 200, 300, 400, 500, 600, 650]
    await writer.log((590, {"loss": 2.0}), (600, {"rare": 2.0}))
    assert (await points(store, key="rare"))[-2:] == [(500, 1.0), (600, 2.0)]
    assert await points(store, key="gone") == [(3, 1.0)]


async def test_a_stray_row_of_another_key_hides_nothing(store: MetricStore) -> None:
    await Writer(store, name="a").log_series([1.0] * 700)
    writer = await begin(store, "b")
    await writer.log((0, {"hyperparameter": 0.1}), (5, {"epoch": 5.0}), (500, {"loss": 2.0}))
    assert len(await points(store)) == 501


async def test_objects_are_superseded_as_numbers_are(store: MetricStore) -> None:
    await Writer(store, name="a").log(*[(n, {"text": f"a{n}"}) for n in range(7)])
    writer = await begin(store, "b")
    await writer.log((5, {"text": "b5"}))
    assert (await points(store, key="text"))[3:] == [(3, "a3"), (4, "a4"), (5, "b5")]
    assert await points(store, "only", key="text") == [(5, "a5"), (6, "a6")]
    found = await stats(store, "text")
    assert (found.logged, found.superseded, found.last, found.last_step) == (8, 2, "b5", 5)


async def test_what_the_machine_said_of_itself_is_never_superseded(store: MetricStore) -> None:
    await Writer(store, name="a").log(*[(n, {"system/cpu": 1.0}) for n in range(7)])
    writer = await begin(store, "b", after=2)
    await writer.log(*[(n, {"system/cpu": 2.0, "console/stdout": "x"}) for n in range(4)])
    assert len(await points(store, key="system/cpu")) == 11
    assert (await stats(store, "system/cpu")).superseded == 0


async def test_a_third_attempt_supersedes_both_before_it(store: MetricStore) -> None:
    await resumed(store)
    third = await begin(store, "c", at=2 * LATER)
    await third.log_series([0.0] * 10, first=300)
    assert await points(store) == [(n, -1.0 - n) for n in range(300)] + [
        (n, 0.0) for n in range(300, 310)
    ]
    assert len(await points(store, "only")) == 200 + 200 + 500


async def test_a_series_of_nothing_that_counts_is_left_out(store: MetricStore) -> None:
    await Writer(store, name="a").log(*[(n, {"loss": 1.0}) for n in range(10, 20)])
    await begin(store, "b", after=5)
    assert await store.keys([RUN]) == {RUN: []}
    assert len((await draw(store)).step) == 0
    assert await points(store) == []
    assert len(await points(store, "only")) == 10


async def test_sealing_changes_nothing_of_what_is_superseded(store: MetricStore) -> None:
    writer = await resumed(store)
    before = str([await draw(store, buckets) for buckets in (7, 100, 1000)])
    for _ in range(3):
        await store.seal(RUN)
        assert str([await draw(store, buckets) for buckets in (7, 100, 1000)]) == before
        assert await points(store) == whole()
        assert len(await points(store, "only")) == 200
    await writer.log((450, {"loss": 7.0}))
    await store.seal(RUN)
    assert len(await points(store, "only")) == 250
    assert len(await points(store)) == 951
    assert (await stats(store)).superseded == 250


async def test_a_batch_sent_again_after_a_resume_is_kept_once(store: MetricStore) -> None:
    first = Writer(store, name="a")
    batch = first.batch([(n, {"loss": 1.0}) for n in range(10)])
    await store.append(RUN, batch)
    await (await begin(store, "b")).log((5, {"loss": 2.0}))
    assert (await store.append(RUN, batch)).rows == 0
    assert len(await points(store, "include")) == 11


# -- who is of which attempt


async def test_to_begin_twice_is_to_begin_once(store: MetricStore) -> None:
    writer = await resumed(store)
    await store.begin_attempt(RUN, "b", at=3 * LATER, since=T0)
    await store.begin_attempt(RUN, "a", at=3 * LATER, since=T0)
    await writer.log((999, {"loss": 0.0}))
    assert len(await points(store)) == 1001
    assert len(await points(store, "only")) == 200


async def test_writers_at_the_same_time_hide_nothing_of_each_other(store: MetricStore) -> None:
    one, two = Writer(store, name="rank-0"), Writer(store, name="rank-1")
    for n in range(50):
        await asyncio.gather(one.log((n, {"loss": 1.0})), two.log((n, {"loss": 2.0})))
    assert len(await points(store)) == 100
    assert await points(store, "only") == []
    assert (await stats(store)).superseded == 0


async def test_ranks_of_a_resumed_run_hide_nothing_of_each_other(store: MetricStore) -> None:
    await Writer(store, name="a").log_series([1.0] * 70)
    leader = await begin(store, "b-0")
    await store.join_attempt(RUN, "b-1", at=LATER - 400_000)  # its clock is a little late
    await leader.log_series([2.0] * 30, first=50)
    await Writer(store, name="b-1").log_series([3.0] * 30, first=50)
    await Writer(store, name="b-2").log_series([4.0] * 30, first=50)  # nobody said anything of it
    assert len(await points(store)) == 50 + 90
    assert len(await points(store, "only")) == 20


async def test_a_child_of_an_earlier_attempt_that_comes_late_is_of_that_one(
    store: MetricStore,
) -> None:
    await resumed(store)
    await store.join_attempt(RUN, "a-child", at=T0)
    await Writer(store, name="a-child").log_series([9.0] * 20, first=490)
    assert len(await points(store)) == 1010
    assert len(await points(store, "only")) == 210


async def test_nothing_is_begun_by_joining(store: MetricStore) -> None:
    await store.join_attempt(RUN, "x", at=LATER)
    await Writer(store, name="x").log((1, {"loss": 1.0}))
    await store.join_attempt(RUN, "y", at=2 * LATER)
    await Writer(store, name="y").log((1, {"loss": 2.0}))
    assert len(await points(store)) == 2


async def test_an_attempt_that_was_kept_offline_and_comes_late_supersedes_nothing(
    store: MetricStore,
) -> None:
    await Writer(store, name="b").log_series([2.0] * 500, first=500)
    earlier = T0 - 3_600_000_000
    await store.begin_attempt(RUN, "a", at=earlier, since=T0)
    late = [(n, Kind.ROW, (n, earlier + n, {"loss": 1.0})) for n in range(1, 700)]
    await store.append(RUN, pack(late, writer="a"))
    assert await points(store) == [(n, 1.0) for n in range(1, 500)] + [
        (n, 2.0) for n in range(500, 1000)
    ]


async def test_who_logs_after_the_next_attempt_began_ran_beside_it(store: MetricStore) -> None:
    first = Writer(store, name="a")
    await first.log_series([1.0] * 50)
    second = await begin(store, "b", at=T0 + 50_500)
    await second.log_series([2.0] * 50)
    assert len(await points(store)) == 50
    await first.log((50, {"loss": 1.0}))  # a millisecond later than its last row
    assert len(await points(store)) == 101
    assert await points(store, "only") == []


async def test_points_that_came_as_json_are_of_what_is_going_on(store: MetricStore) -> None:
    json = Writer(store, name="json-boot")
    await json.log((1, {"loss": 1.0}), (8, {"loss": 1.0}))
    writer = await begin(store, "b", at=T0 + 2_500)
    await writer.log((5, {"loss": 2.0}))
    await json.log((6, {"loss": 3.0}), (7, {"loss": 3.0}))
    assert await points(store) == [(1, 1.0), (5, 2.0), (6, 3.0), (7, 3.0)]


# -- rewound


async def test_a_rewound_run_ends_with_the_step_at_once(store: MetricStore) -> None:
    await Writer(store, name="a").log(*[(n, {"loss": 1.0, "rare": 1.0}) for n in range(100)])
    writer = await begin(store, "b", after=60)
    assert len(await points(store)) == 61
    assert len(await points(store, "only", key="rare")) == 39
    await writer.log((90, {"loss": 2.0}))
    assert (await points(store))[-2:] == [(60, 1.0), (90, 2.0)]
    assert (await points(store, key="rare"))[-1] == (60, 1.0)


async def test_what_comes_late_of_a_rewound_attempt_is_superseded(store: MetricStore) -> None:
    first = Writer(store, name="a")
    await first.log_series([1.0] * 50)
    await begin(store, "b", after=20, at=T0 + 10)
    await first.log_series([1.0] * 50, first=0)
    assert len(await points(store)) == 42
    assert len(await points(store, "only")) == 58


@pytest.mark.parametrize("after", [-(1 << 63), (1 << 63) - 1, -5])
async def test_a_run_is_rewound_to_any_step(store: MetricStore, after: int) -> None:
    steps = [-(1 << 63), -6, -5, 0, (1 << 63) - 1]
    await Writer(store, name="a").log(*[(n, {"loss": 1.0}) for n in steps])
    await begin(store, "b", after=after)
    assert [n for n, _ in await points(store)] == [n for n in steps if n <= after]
    assert [n for n, _ in await points(store, "only")] == [n for n in steps if n > after]


async def test_a_run_is_rewound_before_anybody_logged(store: MetricStore) -> None:
    writer = await begin(store, "b", after=10)
    await writer.log((20, {"loss": 1.0}))
    assert await points(store) == [(20, 1.0)]


async def test_a_forgotten_run_has_no_attempts(store: MetricStore) -> None:
    await resumed(store)
    await store.forget(RUN)
    await Writer(store, name="b").log((5, {"loss": 1.0}))
    await Writer(store, name="a").log((1, {"loss": 2.0}))
    assert await points(store) == [(1, 2.0), (5, 1.0)]
    assert await points(store, "only") == []


# -- live


class Viewer:
    """Keeps a line as a page does: appends tails, and draws anew where there is a gap."""

    def __init__(self, store: MetricStore) -> None:
        self.store = store
        self.line: list[tuple[int, float]] = []
        self.logged = 0
        self.drawn = 0

    async def look(self) -> None:
        [tail] = await self.store.tail([LOSS], [self.logged])
        if tail.start > self.logged:
            curve = await draw(self.store)
            self.line = list(zip(curve.step.tolist(), curve.last.tolist(), strict=True))
            self.logged = curve.logged
            self.drawn += 1
            return
        assert tail.start == self.logged or not len(tail.step)
        self.line += zip(tail.step.tolist(), tail.value.tolist(), strict=True)
        self.logged += len(tail.step)


async def test_a_live_viewer_sees_a_resumed_run_as_it_is(store: MetricStore) -> None:
    viewer = Viewer(store)
    first = Writer(store, name="a")
    for at in range(0, 700, 50):
        await first.log_series([1.0] * 50, first=at)
        await viewer.look()
    assert viewer.drawn == 0
    second = await begin(store, "b")
    for at in range(500, 900, 50):
        await second.log_series([2.0] * 50, first=at)
        await viewer.look()
        assert viewer.line == [(n, 1.0) for n in range(500)] + [
            (n, 2.0) for n in range(500, at + 50)
        ]
    assert viewer.drawn == 1


async def test_a_live_viewer_is_not_told_of_points_that_are_superseded(store: MetricStore) -> None:
    first = Writer(store, name="a")
    await first.log_series([1.0] * 60)
    second = await begin(store, "b")
    await second.log_series([2.0] * 50, first=50)
    viewer = Viewer(store)
    await viewer.look()
    late = Writer(store, name="a")
    late.position = first.position
    await late.log_series([3.0] * 5, first=60)
    await viewer.look()
    await second.log((100, {"loss": 2.0}))
    await viewer.look()
    await viewer.look()
    assert viewer.line == await points(store)
    assert len(viewer.line) == 101


async def test_a_live_viewer_sees_a_rewound_run_with_its_next_point(store: MetricStore) -> None:
    viewer = Viewer(store)
    await Writer(store, name="a").log_series([1.0] * 60)
    await viewer.look()
    second = await begin(store, "b", after=10)
    await second.log((30, {"loss": 2.0}))
    await viewer.look()
    assert viewer.line == [(n, 1.0) for n in range(11)] + [(30, 2.0)]


# -- copied


async def test_a_fork_has_what_was_shown_up_to_its_step(store: MetricStore) -> None:
    await resumed(store)
    await Writer(store, name="a2").log((3, {"system/cpu": 1.0}), (4, {"text": "kept"}))
    await store.copy(RUN, 8, 599)
    [page] = [await store.points(Series(8, "loss"), ALL, limit=10_000)]
    assert list(zip(page.step, page.value, strict=True)) == whole()[:600]
    found = {each.key: each for each in (await store.keys([8]))[8]}
    assert set(found) == {"loss", "text"}
    assert (found["loss"].logged, found["loss"].superseded, found["loss"].last_step) == (
        600,
        0,
        599,
    )
    assert found["text"].last == "kept"
    assert (await store.points(Series(8, "loss"), ALL, limit=10)).time[0] == T0 + 1000


async def test_what_a_fork_logs_itself_comes_before_what_it_was_given(store: MetricStore) -> None:
    await resumed(store)
    mine = Writer(store, run=8, name="fork")
    await mine.log((550, {"loss": 7.0}), (700, {"loss": 8.0}))
    await store.copy(RUN, 8, 599)
    await mine.log((701, {"loss": 9.0}))
    page = await store.points(Series(8, "loss"), ALL, limit=10_000)
    assert page.step == [*range(551), 700, 701]
    assert page.value[-4:] == [549.0, 7.0, 8.0, 9.0]
    [curve] = await store.curves([Series(8, "loss")], ALL, 10_000)
    assert curve.step.tolist() == page.step


async def test_a_fork_copied_twice_is_copied_once(store: MetricStore) -> None:
    await resumed(store)
    await asyncio.gather(*[store.copy(RUN, 8, 599) for _ in range(3)])
    await store.copy(RUN, 8, 599)
    assert len((await store.points(Series(8, "loss"), ALL, limit=10_000)).step) == 600


async def test_a_fork_outlives_what_it_came_from(store: MetricStore) -> None:
    await resumed(store)
    await store.copy(RUN, 8, 599)
    await store.forget(RUN)
    await store.seal(8)
    assert len((await store.points(Series(8, "loss"), ALL, limit=10_000)).step) == 600
    await store.forget(8)
    assert await store.keys([8]) == {8: []}


async def test_a_fork_of_nothing_is_empty(store: MetricStore) -> None:
    await store.copy(12345, 8, 10)
    assert await store.keys([8]) == {8: []}
    await Writer(store, run=8).log((1, {"loss": math.pi}))
    assert (await store.points(Series(8, "loss"), ALL, limit=10)).value == [math.pi]


async def test_a_resumed_fork_is_a_resumed_run(store: MetricStore) -> None:
    await resumed(store)
    await store.copy(RUN, 8, 99)
    await Writer(store, run=8, name="fork").log_series([5.0] * 50, first=100)
    await store.begin_attempt(8, "fork-2", at=LATER, since=T0)
    await Writer(store, run=8, name="fork-2").log_series([6.0] * 10, first=120)
    page = await store.points(Series(8, "loss"), ALL, limit=1000)
    assert page.step == list(range(130))
    assert page.value[98:102] == [-99.0, -100.0, 5.0, 5.0]
    assert page.value[-10:] == [6.0] * 10


async def test_points_that_were_copied_are_counted_for_nobody(store: MetricStore) -> None:
    await resumed(store)
    await store.copy(RUN, 8, 599)
    await Writer(store, run=8, name="fork").log_series([5.0] * 50, first=600)
    count = await store.count(8)
    assert (count.points, count.damaged) == (50, ())
    assert sum(each.points or 0 for each in count.writers.values()) == 50


async def test_equal_steps_come_by_attempt_whatever_is_sealed(store: MetricStore) -> None:
    first = Writer(store, name="a")
    await first.log(*[(n, {"system/cpu": 1.0}) for n in (1, 2, 3)])
    second = await begin(store, "b")
    await second.log(*[(n, {"system/cpu": 2.0}) for n in (1, 2, 3)])
    await store.seal(RUN)
    await first.log((2, {"system/cpu": 3.0}))
    await second.log((3, {"system/cpu": 4.0}))
    wanted = [(1, 1.0), (1, 2.0), (2, 1.0), (2, 3.0), (2, 2.0), (3, 1.0), (3, 2.0), (3, 4.0)]
    for _ in range(2):
        assert await points(store, key="system/cpu") == wanted
        assert await points(store, key="system/cpu", limit=3) == wanted
        [curve] = await store.curves([Series(RUN, "system/cpu")], ALL, 100)
        assert curve.last.tolist() == [2.0, 2.0, 4.0]
        await store.seal(RUN)
