"""Digests: who knows what a run was is told what is another; who does not, all of it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from tests.server.live.test_watch import run

from wanllmdb_server.domain.digest import MAX_NUMBERS, MAX_RUNS, Digest, Hearing, news_of
from wanllmdb_server.domain.news import Change, Changes, Runs
from wanllmdb_server.domain.run import Run, RunState
from wanllmdb_server.domain.series import KeyStats


def stats(**last: Any) -> list[KeyStats]:
    return [
        KeyStats(key.replace("__", "/"), kind_of(value), 1, value, 0, 0, 0)
        for key, value in last.items()
    ]


def kind_of(value: Any) -> Any:
    return "number" if isinstance(value, float) else "object"


def told(hearing: Hearing, digest: Digest, run: Run, each: list[KeyStats]) -> list[Any]:
    """What somebody hears of a look at a run."""
    looks = {run.number: digest.look(run, each)}
    hearing.due[run.number] = None
    place = hearing.place(looks)
    hearing.take(looks, list(looks))
    return news_of(looks, place)


def changes(news: list[Any]) -> Change:
    [found] = news
    assert isinstance(found, Changes)
    [change] = found.changes
    return change


def test_a_run_is_told_whole_at_first_and_then_what_is_another() -> None:
    digest, hearing, first = Digest(), Hearing(), run(1)
    [whole] = told(hearing, digest, first, stats(loss=0.5, note="a", system__cpu=1.0))
    assert isinstance(whole, Runs)
    assert whole.runs == [(first, {"loss": 0.5, "note": "a"})]
    assert told(hearing, digest, first, stats(loss=0.5, note="a", system__cpu=2.0)) == []
    change = changes(told(hearing, digest, first, stats(loss=0.25, note="a", acc=1.0)))
    assert (change.lasts, change.summary, change.fields) == ({"loss": 0.25, "acc": 1.0}, {}, set())
    over = replace(first, state=RunState.FINISHED, exit_code=0)
    change = changes(told(hearing, digest, over, stats(loss=0.25, note="b", acc=1.0)))
    assert (change.fields, change.summary) == ({"state", "exit_code"}, {"note": "b"})


def test_what_the_user_sets_covers_what_was_logged_and_can_be_gone() -> None:
    digest, hearing, first = Digest(), Hearing(), run(1)
    told(hearing, digest, first, stats(loss=0.5, acc=1.0))
    change = changes(told(hearing, digest, replace(first, summary={"loss": 9}), stats(loss=0.4)))
    assert (change.lasts, change.summary, change.unset) == ({}, {"loss": 9}, ["acc"])
    change = changes(told(hearing, digest, replace(first, summary={"loss": None}), stats(loss=0.4)))
    assert (change.lasts, change.summary, change.unset) == ({}, {}, ["loss"])


def test_a_value_that_is_not_a_number_is_told_once() -> None:
    digest, hearing, first = Digest(), Hearing(), run(1)
    told(hearing, digest, first, stats(loss=0.5))
    assert math.isnan(changes(told(hearing, digest, first, stats(loss=math.nan))).lasts["loss"])
    assert told(hearing, digest, first, stats(loss=math.nan)) == []
    assert changes(told(hearing, digest, first, stats(loss=1.0))).lasts == {"loss": 1.0}


def test_who_missed_a_look_is_told_the_whole_run() -> None:
    digest, quick, slow = Digest(), Hearing(), Hearing()
    for hearing in (quick, slow):
        told(hearing, digest, run(1), stats(loss=0.5))
    told(quick, digest, run(1), stats(loss=0.4))
    assert isinstance(told(slow, digest, run(1), stats(loss=0.3))[0], Runs)


def test_runs_that_are_too_much_for_one_look_wait_for_the_next() -> None:
    digest = Digest()
    for number in range(1, 6):
        each = stats(**{f"k{n}": 0.0 for n in range(MAX_NUMBERS // 2)})
        digest.look(run(number), each)
    assert digest.choice([5, 3, 1]) == [5, 3]
    assert digest.choice(range(1000, 2000)) == list(range(1000, 1000 + MAX_RUNS))
    digest.look(run(9), stats(**{f"k{n}": 0.0 for n in range(2 * MAX_NUMBERS)}))
    assert digest.choice([9, 1]) == [9]


def test_a_run_that_is_gone_is_no_news_and_due_no_longer() -> None:
    hearing = Hearing()
    hearing.due.update({1: None, 2: None})
    looks = {2: Digest().look(run(2), [])}
    assert hearing.place([1, 2]) == ((1, 0), (2, 0))
    hearing.take(looks, [1, 2])
    assert not hearing.due
