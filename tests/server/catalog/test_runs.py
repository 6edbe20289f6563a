"""A run's row follows from what was heard of it, in whatever order and however often."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.server.world import World

from wanllmdb_server.catalog.access import find_run_by_id, locate_run, locate_runs
from wanllmdb_server.catalog.runs import (
    NewRun,
    apply_changes,
    mark_silent,
    request_stop,
    touch,
)
from wanllmdb_server.domain.access import ANONYMOUS, Resource, Verb
from wanllmdb_server.domain.errors import (
    InvalidError,
    NotAllowedError,
    NotFoundError,
    UnauthenticatedError,
)
from wanllmdb_server.domain.run import Finish, Loss, Preemption, Run, RunChanges, RunState


def first(world: World) -> Run:
    """The run ann/vision/first as it is now."""
    return locate_run(
        world.catalog,
        world.actors["owner"],
        "ann",
        "vision",
        "first",
        Resource.RUN,
        Verb.READ,
        full=True,
    )


def apply(world: World, **changes: object) -> Run:
    number = first(world).number
    return apply_changes(
        world.catalog,
        number,
        RunChanges(**changes),
        now=world.clock.now,  # type: ignore[arg-type]
    )


def look(world: World, *, listening_since: int = 0) -> set[str]:
    """Look for silent runs; the ids of ann's runs whose state is another now."""
    now = world.clock.now
    fallen = mark_silent(world.catalog, listening_since=listening_since, now=now)
    return {run.id for run in fallen if run.owner == "ann"}


def state_after(world: World, seconds: float) -> RunState:
    """The state of the run after so many seconds of silence."""
    world.clock.tick(seconds)
    look(world)
    return first(world).state


def test_config_is_set_key_by_key(world: World) -> None:
    apply(world, config={"epochs": 3})
    assert apply(world, config={"lr": 0.2}).config == {"lr": 0.2, "epochs": 3}


def test_summary_is_set_and_unset(world: World) -> None:
    apply(world, summary={"best": 1, "worst": 2})
    assert apply(world, summary={"best": 3}, summary_unset=("worst",)).summary == {"best": 3}


def test_what_json_cannot_say_is_kept_as_text(world: World) -> None:
    run = apply(world, config={"a": math.nan, "b": [math.inf, -math.inf], "c": 1 << 70})
    assert run.config["a"] == "NaN"
    assert run.config["b"] == ["Infinity", "-Infinity"]
    assert run.config["c"] == float(1 << 70)


def test_changes_applied_twice_are_as_once(world: World) -> None:
    changes = {
        "config": {"x": 1},
        "losses": (Loss("w", 7, "disk-full", 3), Loss("w", 9, "too-long", 2)),
        "finish": Finish(0, time=world.clock.now, logged=10),
        "tags": ("a", "b", "a"),
    }
    once = apply(world, **changes)
    assert apply(world, **changes) == once
    assert once.lost == 5
    assert once.tags == ("a", "b")


def test_a_silent_run_is_unreachable_and_then_crashed_within_90_seconds(world: World) -> None:
    world.clock.tick(45)
    assert look(world) == set()
    world.clock.tick(0.001)
    assert look(world) == {"first"}
    assert first(world).state is RunState.UNREACHABLE
    assert look(world) == set()
    world.clock.tick(85 - 45)  # silence is looked for every 5 seconds
    assert look(world) == {"first"}
    assert first(world).state is RunState.CRASHED
    assert look(world) == set()


@pytest.mark.parametrize("silence", [60, 100, 30 * 24 * 3600])
def test_data_heals_a_silent_run_after_any_time(world: World, silence: float) -> None:
    assert state_after(world, silence) is not RunState.RUNNING
    assert apply(world, sign_of_life=True).state is RunState.RUNNING
    assert first(world).heartbeat_at == world.clock.now
    assert state_after(world, 1) is RunState.RUNNING


@pytest.mark.parametrize("silence", [60, 100, 30 * 24 * 3600])
def test_a_touch_heals_a_silent_run_and_says_so(world: World, silence: float) -> None:
    run = first(world)
    assert touch(world.catalog, [run.number], now=world.clock.now) == []
    state_after(world, silence)
    assert touch(world.catalog, [run.number], now=world.clock.now) == [run.number]
    assert first(world).state is RunState.RUNNING


def test_a_run_that_says_something_every_now_and_then_is_never_silent(world: World) -> None:
    for _ in range(20):
        assert state_after(world, 44) is RunState.RUNNING
        touch(world.catalog, [first(world).number], now=world.clock.now)


def test_what_was_not_heard_while_the_server_was_down_is_no_silence(world: World) -> None:
    world.clock.tick(3600)
    restarted = world.clock.now
    assert look(world, listening_since=restarted) == set()
    world.clock.tick(46)
    assert look(world, listening_since=restarted) == {"first"}
    assert first(world).state is RunState.UNREACHABLE


def test_a_run_that_was_told_to_go_and_is_silent_was_preempted(world: World) -> None:
    told = Preemption("SIGTERM", time=world.clock.now)
    run = apply(world, preemption=told, sign_of_life=True)
    assert (run.state, run.preempting) == (RunState.RUNNING, "SIGTERM")
    assert state_after(world, 46) is RunState.PREEMPTED
    assert state_after(world, 3600) is RunState.PREEMPTED
    assert apply(world, sign_of_life=True).state is RunState.RUNNING


@pytest.mark.parametrize(
    ("code", "state"), [(0, RunState.FINISHED), (1, RunState.PREEMPTED), (255, RunState.PREEMPTED)]
)
def test_a_run_that_was_told_to_go_and_fails_was_preempted(
    world: World, code: int, state: RunState
) -> None:
    run = apply(world, preemption=Preemption("SIGTERM"), finish=Finish(code))
    assert (run.state, run.exit_code) == (state, code)


async def test_a_preempted_run_goes_on_when_it_is_resumed(world: World) -> None:
    told = Preemption("SIGUSR1", time=world.clock.now)
    apply(world, preemption=told)
    assert state_after(world, 600) is RunState.PREEMPTED
    new = NewRun(id="first", writer="second", started_at=world.clock.now)
    await world.services.runs.create(world.actors["owner"], "vision", new)
    assert (first(world).state, first(world).preempting) == (RunState.RUNNING, None)
    assert apply(world, preemption=told).preempting is None  # the first writer's, come late
    assert state_after(world, 100) is RunState.CRASHED


def test_a_run_that_was_asked_to_stop_and_is_silent_was_killed(world: World) -> None:
    request_stop(world.catalog, first(world).number, now=world.clock.now)
    assert state_after(world, 60) is RunState.UNREACHABLE
    assert state_after(world, 30) is RunState.KILLED
    assert apply(world, sign_of_life=True).state is RunState.RUNNING


@pytest.mark.parametrize(
    ("requested", "said", "state"),
    [
        (True, True, RunState.KILLED),
        (True, None, RunState.KILLED),  # a writer that does not know the word
        (True, False, RunState.FAILED),  # failed before it heard
        (False, True, RunState.KILLED),  # asked by the server that it was copied from
        (False, None, RunState.FAILED),
    ],
)
def test_a_run_that_ends_because_it_was_asked_to_was_killed(
    world: World, requested: bool, said: bool | None, state: RunState
) -> None:
    if requested:
        request_stop(world.catalog, first(world).number, now=world.clock.now)
    run = apply(world, finish=Finish(1, stopped=said))
    assert run.state is state
    assert apply(world, sign_of_life=True).state is state


@pytest.mark.parametrize(("code", "state"), [(0, RunState.FINISHED), (1, RunState.FAILED)])
def test_data_after_the_end_does_not_reopen_a_run(world: World, code: int, state: RunState) -> None:
    apply(world, finish=Finish(code))
    world.clock.tick(10)
    assert apply(world, sign_of_life=True, config={"late": 1}).state is state
    touch(world.catalog, [first(world).number], now=world.clock.now)
    assert first(world).state is state
    world.clock.tick(1000)
    assert look(world) == set()


@pytest.mark.parametrize("silence", [60, 100, 30 * 24 * 3600])
def test_a_silent_run_that_turns_out_to_have_ended_is_finished(
    world: World, silence: float
) -> None:
    state_after(world, silence)
    run = apply(world, sign_of_life=True, finish=Finish(0, time=123))
    assert (run.state, run.finished_at) == (RunState.FINISHED, 123)
    assert apply(world, finish=Finish(2)).state is RunState.FAILED


async def test_the_end_of_an_earlier_writer_does_not_end_a_resumed_run(world: World) -> None:
    ended = Finish(0, time=world.clock.now)
    apply(world, finish=ended)
    world.clock.tick(60)
    new = NewRun(id="first", writer="second", started_at=world.clock.now)
    await world.services.runs.create(world.actors["owner"], "vision", new)
    assert apply(world, finish=ended).state is RunState.RUNNING
    assert apply(world, finish=Finish(1, time=world.clock.now + 1)).state is RunState.FAILED


def test_numbers_beyond_64_bits_are_no_failure(world: World) -> None:
    run = apply(world, finish=Finish(1 << 80, time=1 << 80, logged=1 << 80, lost=-1))
    assert run.exit_code == (1 << 63) - 1


def test_long_and_odd_texts_are_cut(world: World) -> None:
    run = apply(world, name="n" * 1000 + "\0", notes="x" * 100_000, group="g\0")
    assert len(run.name) == 256
    assert len(run.notes or "") == 65_536
    assert run.group == "g"


def test_a_stop_is_remembered(world: World) -> None:
    assert request_stop(world.catalog, first(world).number, now=0).stop_requested


def test_changes_to_a_run_that_is_gone_are_refused(world: World) -> None:
    with pytest.raises(NotFoundError):
        apply_changes(world.catalog, 999, RunChanges(sign_of_life=True), now=0)


async def test_colours_follow_the_order_of_creation_and_are_never_given_twice(
    world: World,
) -> None:
    runs, owner = world.services.runs, world.actors["owner"]
    for n in range(3):
        await runs.create(owner, "colours", NewRun(id=f"r{n}"))
    await runs.delete(owner, "ann", "colours", "r2")
    begun = await runs.create(owner, "colours", NewRun(id="r3"))
    assert begun.run.color == 3


async def test_numbers_of_deleted_runs_are_never_given_again(world: World) -> None:
    runs, owner = world.services.runs, world.actors["owner"]
    gone = (await runs.create(owner, "vision", NewRun(id="gone"))).run.number
    await runs.delete(owner, "ann", "vision", "gone")
    assert (await runs.create(owner, "vision", NewRun(id="gone"))).run.number > gone


def test_runs_are_located_in_the_order_asked(world: World) -> None:
    actor = world.actors["viewer"]
    of = (world.catalog, actor, "ann", "vision")
    found = locate_runs(*of, ["first", "first"], Resource.POINTS, Verb.READ)
    assert [run.id for run in found] == ["first", "first"]
    with pytest.raises(NotFoundError, match="absent"):
        locate_runs(*of, ["first", "absent"], Resource.POINTS, Verb.READ)
    with pytest.raises(InvalidError, match="Too many"):
        locate_runs(*of, ["first"] * 1001, Resource.POINTS, Verb.READ)
    with pytest.raises(NotAllowedError):
        locate_runs(*of, ["first"], Resource.POINTS, Verb.CREATE)


def test_a_bare_id_is_found_where_it_can_be_written(world: World) -> None:
    for person, owner in (("owner", "ann"), ("member", "ann"), ("stranger", "sam")):
        assert (
            find_run_by_id(world.catalog, world.actors[person], "first", Verb.CREATE).owner == owner
        )
    with pytest.raises(NotAllowedError):
        find_run_by_id(world.catalog, world.actors["viewer"], "first", Verb.CREATE)
    with pytest.raises(NotFoundError):
        find_run_by_id(world.catalog, world.actors["owner"], "absent", Verb.CREATE)
    with pytest.raises(UnauthenticatedError):
        find_run_by_id(world.catalog, ANONYMOUS, "first", Verb.CREATE)
    with pytest.raises(InvalidError) as caught:
        find_run_by_id(world.catalog, world.actors["admin"], "first", Verb.CREATE)
    assert caught.value.code == "ambiguous-run"


def test_many_threads_may_write_at_once(world: World) -> None:
    number = first(world).number

    def change(n: int) -> None:
        apply_changes(world.catalog, number, RunChanges(config={f"k{n}": n}), now=n)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(change, range(64)))
    assert set(first(world).config) == {"lr", *(f"k{n}" for n in range(64))}
