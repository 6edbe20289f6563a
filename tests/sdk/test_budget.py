"""A process asks again once a second at most; first tries and progress are free."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from wanllmdb.backoff import Backoff
from wanllmdb.budget import Budget

WAY = "http://tracker"


class Clock:
    """Seconds that pass while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def a_budget(clock: Clock) -> Budget:
    return Budget(clock=clock, sleep=clock.sleep, chance=lambda: 0.0)


def test_first_tries_are_free() -> None:
    clock = Clock()
    budget = a_budget(clock)
    for _ in range(1000):
        budget.wait(WAY, None)
    assert clock.slept == 0


def test_retries_come_a_second_apart_whoever_makes_them() -> None:
    clock = Clock()
    budget = a_budget(clock)
    for server in range(10):
        budget.wait(f"{WAY}{server}", clock.now)
    assert clock.slept == 9.0


def test_a_retry_after_a_quiet_time_is_free_and_saves_nothing_up() -> None:
    clock = Clock()
    budget = a_budget(clock)
    clock.now += 3600
    assert budget.spare()
    assert not budget.spare()
    clock.now += 1.0
    assert budget.spare()


def test_when_the_server_answers_anybody_nobodys_request_is_a_retry() -> None:
    clock = Clock()
    budget = a_budget(clock)
    failed_at = clock.now
    budget.wait(WAY, failed_at)
    clock.now += 0.1
    budget.answered(WAY)
    for _ in range(100):
        budget.wait(WAY, failed_at)
    assert clock.slept == 0
    budget.wait(WAY, clock.now)  # failed since
    assert clock.slept > 0


def test_who_waits_goes_on_as_soon_as_the_server_answers_another() -> None:
    clock = Clock()
    budget = Budget(clock=clock, sleep=lambda seconds: answer(seconds), chance=lambda: 0.0)

    def answer(seconds: float) -> None:
        clock.now += 0.01
        budget.answered(WAY)

    budget.wait(WAY, clock.now)
    budget.wait(WAY, clock.now)
    assert clock.now == pytest.approx(100.01)


def test_a_way_that_is_closed_is_closed_for_a_minute_and_no_other() -> None:
    clock = Clock()
    budget = a_budget(clock)
    budget.close(WAY, "not trusted")
    assert budget.closed(WAY) == (60.0, "not trusted")
    assert budget.closed(f"{WAY} with another certificate") is None
    clock.now += 60
    assert budget.closed(WAY) is None


def test_many_threads_share_one_budget() -> None:
    budget = Budget(seconds=0.02)
    taken: list[float] = []

    def ask() -> None:
        budget.wait(WAY, budget.clock())
        taken.append(budget.clock())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.sort()
    assert taken[-1] - taken[0] >= 7 * 0.02 - 0.005


def test_a_fork_child_does_not_wait_for_a_thread_that_it_has_not() -> None:
    budget = Budget()
    with budget._lock:
        pid = os.fork()
        if pid == 0:
            signal.alarm(5)
            budget.spare()
            os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_delay_doubles_and_is_a_random_part_of_it() -> None:
    whole = Backoff(lambda: 1.0)
    assert [whole.next() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    none = Backoff(lambda: 0.0)
    assert [none.next() for _ in range(9)] == [0.0] * 9


@pytest.mark.parametrize(
    ("asked", "least", "most"), [(1.0, 1.0, 1.5), (60.0, 60.0, 66.0), (3600.0, 3600.0, 3960.0)]
)
def test_what_the_server_asked_for_wins_and_spreads_those_who_were_told_the_same(
    asked: float, least: float, most: float
) -> None:
    assert Backoff(lambda: 0.0).next(asked) == least
    assert Backoff(lambda: 1.0).next(asked) == most


def test_a_server_that_asks_for_no_time_at_all_is_not_asked_at_once() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next(0.0) for _ in range(4)] == [0.5, 1, 2, 4]
