"""Watches: what is told, when it may be, and that who was told the same is reckoned once."""

from __future__ import annotations

import numpy as np
import pytest

from wanllmdb_server.domain.access import ANONYMOUS
from wanllmdb_server.domain.news import TOP_RATE, Wish
from wanllmdb_server.domain.pace import Pace
from wanllmdb_server.domain.run import Run, RunState
from wanllmdb_server.domain.series import KeyStats, Series, Tail
from wanllmdb_server.domain.watch import (
    MAX_CURSOR,
    MAX_POINTS,
    MAX_SERIES_POINTS,
    Standings,
    Watch,
    rounded,
    unseen,
    watch_from,
)

X = Series(1, "x")


def run(number: int) -> Run:
    return Run(
        number=number, id=f"r{number}", project_id=1, owner="ann", project="p", name="n",
        state=RunState.RUNNING, color=0, created_at=0, started_at=0, heartbeat_at=0,
    )  # fmt: skip


def watching(*, logged: int = 0, cursor: int | None = None, rate: int = 4, runs: int = 1) -> Watch:
    """A watch of the key x of runs of which so many points are known."""
    cursors = {} if cursor is None else {"r1": {"x": cursor}}
    wish = Wish(id="s", owner="ann", project="p", runs=(), keys=["x"], cursors=cursors, rate=rate)
    known = {n: [KeyStats("x", "number", logged, 0.0, 0, 0, 0)] for n in range(1, runs + 1)}
    return watch_from(wish, ANONYMOUS, [run(number) for number in known], known)


def tail(start: int, n: int, run: int = 1) -> Tail:
    places = np.arange(start, start + n)
    return Tail(Series(run, "x"), start, places, places, places.astype(float))


def told(watch: Watch, *tails: Tail) -> list[tuple[int, list[float]]]:
    """What a watch is told of these tails, as (start, values)."""
    return [(each.start, each.value.tolist()) for _, each in shared(watch, *tails)]


def shared(watch: Watch, *tails: Tail) -> list[tuple[str, Tail]]:
    """The pieces of these tails that a watch is told."""
    list(watch.standing.wanted({}))
    return watch.standing.share({each.series: each for each in tails}, {})


def test_a_tail_is_cut_where_it_was_told_already_and_where_it_is_too_long() -> None:
    assert unseen(tail(10, MAX_SERIES_POINTS + 5), 12).start == 15
    short = tail(10, 4)
    assert unseen(short, 12).value.tolist() == [12.0, 13.0]
    assert unseen(short, 12).start == 12
    assert unseen(short, 3) is short  # a gap: the viewer draws the curve anew


def test_what_is_too_much_for_one_slot_is_told_in_order_in_the_next_ones() -> None:
    watch = watching(runs=4)
    tails = [tail(0, MAX_POINTS // 2, number) for number in range(1, 4)] + [tail(0, 5, 4)]
    heard: dict[str, list[float]] = {}
    slots = 0
    while watch.standing.due:
        slots += 1
        points = 0
        for run_id, each in shared(watch, *tails):
            assert each.start == len(heard.setdefault(run_id, []))
            heard[run_id] += each.value.tolist()
            points += len(each.step)
        assert points <= MAX_POINTS
    assert slots == 2
    assert heard == {f"r{one.series.run}": one.value.tolist() for one in tails}


def test_what_becomes_due_while_the_store_is_asked_stays_due() -> None:
    watch = watching(runs=2)
    watch.standing.due = {1}
    list(watch.standing.wanted({}))
    watch.standing.due.add(2)
    assert [run for run, _ in watch.standing.share({X: tail(0, 1)}, {})] == ["r1"]
    assert watch.standing.due == {2}


def test_a_viewer_who_was_away_goes_on_where_memory_reaches_so_far_back() -> None:
    assert told(watching(logged=8, cursor=5), tail(5, 3)) == [(5, [5.0, 6.0, 7.0])]


def test_points_that_are_in_memory_no_longer_are_a_gap_for_who_was_away() -> None:
    watch = watching(logged=8, cursor=5)
    assert told(watch) == [(8, [])]
    watch.standing.due.add(1)
    assert told(watch) == []
    watch.standing.due.add(1)
    assert told(watch, tail(8, 1)) == [(8, [8.0])]


def test_a_cursor_of_points_that_were_lost_since_is_a_gap() -> None:
    watch = watching(logged=3, cursor=9)
    assert told(watch) == [(MAX_CURSOR, [])]
    watch.standing.due.add(1)
    assert told(watch, tail(3, 1)) == [(3, [3.0])]


def test_who_sends_no_cursor_is_told_from_now_on() -> None:
    watch = watching(logged=8)
    assert told(watch) == []
    watch.standing.due.add(1)
    assert told(watch, tail(7, 2)) == [(8, [8.0])]


@pytest.mark.parametrize(
    ("asked", "given"), [(-3, 1), (1, 1), (3, 2), (4, 4), (60, 32), (64, 64), (10**9, TOP_RATE)]
)
def test_rates_are_powers_of_two_so_that_slow_slots_end_with_quick_ones(
    asked: int, given: int
) -> None:
    assert rounded(asked) == given


def test_a_standing_is_told_at_once_after_a_rest_and_then_once_a_slot() -> None:
    standing = watching(rate=4).standing
    standing.due.clear()
    assert standing.next_at == 0.0
    standing.take_slot(7.1)
    assert standing.next_at == 7.25
    standing.take_slot(7.25)
    assert standing.next_at == 7.5


def test_what_a_slot_was_too_short_for_comes_sooner_than_what_is_new() -> None:
    standing = watching(rate=4).standing
    assert standing.due
    standing.take_slot(7.1)
    assert standing.next_at == 7.125


def test_watches_that_stand_alike_are_joined_and_parted_again() -> None:
    watches = [watching() for _ in range(3)] + [watching(rate=8)]
    standings = Standings()
    for watch in watches:
        standings.add(watch)
    standings.join(standings)
    assert [len(standings.of(each)) for each in standings] == [3, 1]
    shared = watches[0].standing
    standings.part(shared, [watches[1]])
    shared.told[X] = 5
    assert watches[1].standing.told == {X: 0}
    standings.join(standings)
    assert watches[1].standing is not shared
    watches[1].standing.told[X] = 5
    standings.join(standings)
    assert watches[1].standing is watches[0].standing
    for watch in watches:
        standings.remove(watch)
    assert list(standings) == []


def test_work_is_paid_for_by_a_rest_that_all_of_it_shares() -> None:
    now = [100.0]
    pace = Pace(0.1, lambda: now[0])
    assert pace.rest == 0.0
    pace.spend(0.01)
    pace.spend(0.01)
    assert pace.rest == pytest.approx(0.2)
    now[0] += 5
    assert pace.rest == 0.0
    pace.spend(0.01)
    assert pace.rest == pytest.approx(0.1)
