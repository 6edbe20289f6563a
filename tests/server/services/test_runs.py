"""A run begins once, however often it is said, and is found, changed and dropped by its id."""

from __future__ import annotations

import asyncio
import math

import pytest
from tests.server.world import World

from wanllmdb_server.catalog.openings import Resume, Terms
from wanllmdb_server.catalog.runs import NewRun, apply_changes
from wanllmdb_server.domain.errors import ConflictError, NotAllowedError, NotFoundError
from wanllmdb_server.domain.event import RunChanged, RunDeleted, project_topic, run_topic
from wanllmdb_server.domain.run import Finish, RunChanges, RunState
from wanllmdb_server.services.runs import Begun


async def begin(
    world: World,
    run_id: str,
    writer: str | None = None,
    resume: Resume | None = None,
    **said: object,
) -> Begun:
    new = NewRun(id=run_id, writer=writer, **said)  # type: ignore[arg-type]
    terms = Terms(resume=resume)
    return await world.services.runs.create(world.actors["owner"], "vision", new, terms=terms)


async def test_a_new_run_runs(world: World) -> None:
    begun = await begin(world, "new", config={"a": 1}, tags=("t",), started_at=5)
    assert (begun.created, begun.resumed, begun.last_step) == (True, False, None)
    run = begun.run
    assert (run.state, run.name, run.user) == (RunState.RUNNING, "new", "ann")
    assert (run.started_at, run.created_at) == (5, world.clock.now)
    assert run.config == {"a": 1}


async def test_a_project_is_made_with_its_first_run(world: World) -> None:
    owner = world.actors["owner"]
    await world.services.runs.create(owner, "fresh", NewRun(id="a"))
    assert world.services.projects.get(owner, "ann", "fresh").runs == 1


async def test_a_project_of_somebody_else_is_not_made(world: World) -> None:
    with pytest.raises(NotFoundError):
        await world.services.runs.create(
            world.actors["stranger"], "fresh", NewRun(id="a"), owner="ann"
        )
    with pytest.raises(NotFoundError):
        await world.services.runs.create(
            world.actors["stranger"], "fresh", NewRun(id="a"), owner="nobody"
        )


async def test_creation_sent_again_by_its_writer_changes_nothing(world: World) -> None:
    await begin(world, "r", "w1", name="one", resume="never")
    await world.services.runs.change(
        world.actors["owner"], "ann", "vision", "r", RunChanges(name="renamed")
    )
    await world.services.runs.finish(world.actors["owner"], "ann", "vision", "r", 0)
    again = await begin(world, "r", "w1", name="one", resume="never")
    assert (again.created, again.resumed) == (False, False)
    assert (again.run.name, again.run.state) == ("renamed", RunState.FINISHED)


async def test_creation_sent_at_once_makes_one_run(world: World) -> None:
    begun = await asyncio.gather(*[begin(world, "same", "w") for _ in range(20)])
    assert sum(each.created for each in begun) == 1
    assert len({each.run.number for each in begun}) == 1


@pytest.mark.parametrize("resume", [None, "allow", "must"])
async def test_another_writer_goes_on_with_a_run(world: World, resume: Resume | None) -> None:
    number = (await begin(world, "r", "w1", config={"a": 1, "b": 1})).run.number
    world.store.log(number, 41, loss=0.5, **{"system/gpu": 1})
    world.store.log(number, 99, **{"system/gpu": 1})
    await world.services.runs.finish(world.actors["owner"], "ann", "vision", "r", 1)
    begun = await begin(world, "r", "w2", resume, config={"b": 2})
    assert (begun.created, begun.resumed, begun.last_step) == (False, True, 41)
    assert begun.run.state is RunState.RUNNING
    assert begun.run.exit_code is None
    assert begun.run.config == {"a": 1, "b": 2}
    assert begun.run.summary == {"loss": 0.5}


async def test_why_it_failed_is_over_when_a_run_goes_on(world: World) -> None:
    number = (await begin(world, "r", "w1", environment={"host": "atlas"})).run.number
    failed = RunChanges(environment={"traceback": "Oh no"}, finish=Finish(1, writer="w1"))
    apply_changes(world.catalog, number, failed, now=world.clock.now)
    world.clock.tick(1)
    begun = await begin(world, "r", "w2", "allow", environment={"host": "borg"})
    assert begun.run.environment == {"host": "borg"}


async def test_an_earlier_writer_that_sends_its_creation_again_does_not_reopen_the_run(
    world: World,
) -> None:
    await begin(world, "r", "rank-0")
    await begin(world, "r", "rank-1")
    await world.services.runs.finish(world.actors["owner"], "ann", "vision", "r", 0)
    assert (await begin(world, "r", "rank-0")).run.state is RunState.FINISHED


async def test_never_refuses_a_run_that_is_there(world: World) -> None:
    await begin(world, "r", "w1")
    with pytest.raises(ConflictError) as caught:
        await begin(world, "r", "w2", "never")
    assert caught.value.code == "run-exists"


async def test_must_refuses_a_run_that_is_not_there(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        await begin(world, "absent", "w1", "must")
    assert caught.value.code == "run-not-found"


async def test_must_makes_no_project(world: World) -> None:
    owner = world.actors["owner"]
    with pytest.raises(NotFoundError):
        await world.services.runs.create(owner, "typo", NewRun(id="a"), terms=Terms(resume="must"))
    with pytest.raises(NotFoundError):
        world.services.projects.get(owner, "ann", "typo")


async def test_a_viewer_begins_no_run(world: World) -> None:
    with pytest.raises(NotAllowedError):
        await world.services.runs.create(
            world.actors["viewer"], "vision", NewRun(id="a"), owner="ann"
        )


async def test_the_summary_is_what_was_set_over_what_was_logged(world: World) -> None:
    runs, owner = world.services.runs, world.actors["owner"]
    number = (await begin(world, "r")).run.number
    values = {"loss": 0.5, "acc": 0.9, "nan": math.nan, "val/loss": 1, "system/cpu": 3}
    world.store.log(number, 1, **values)
    await runs.change(owner, "ann", "vision", "r", RunChanges(summary={"acc": 1.0, "best": 2}))
    run = await runs.get(owner, "ann", "vision", "r")
    assert run.summary == {"loss": 0.5, "acc": 1.0, "nan": "NaN", "val/loss": 1, "best": 2}


async def test_a_heartbeat_tells_whether_to_stop_and_whether_somebody_looks(
    world: World,
) -> None:
    runs, owner = world.services.runs, world.actors["owner"]
    run = (await begin(world, "r")).run
    wish = await runs.heartbeat(owner, "ann", "vision", "r")
    assert (wish.stop, wish.watched) == (False, False)
    await runs.change(owner, "ann", "vision", "r", RunChanges(stop_requested=True))
    async with world.bus.subscribe([run_topic(run.number)]):
        wish = await runs.heartbeat(owner, "ann", "vision", "r")
    assert (wish.stop, wish.watched) == (True, True)


async def test_what_happens_to_a_run_is_announced(world: World) -> None:
    runs, owner = world.services.runs, world.actors["owner"]
    run = (await begin(world, "r")).run
    async with world.bus.subscribe([project_topic(run.project_id)]) as heard:
        await begin(world, "r")  # says nothing new
        await runs.change(owner, "ann", "vision", "r", RunChanges(notes="x"))
        world.clock.tick(91)
        assert await runs.mark_silent() >= 1
        await runs.heartbeat(owner, "ann", "vision", "r")
        await runs.finish(owner, "ann", "vision", "r", 0)
        await runs.delete(owner, "ann", "vision", "r")
        await asyncio.sleep(0)
        events = [event for event in heard.drain() if event.run_id == "r"]
    about = (run.project_id, run.number, "r")
    assert events == [RunChanged(*about)] * 4 + [RunDeleted(*about)]


async def test_a_deleted_run_is_gone_with_its_points(world: World) -> None:
    runs, owner = world.services.runs, world.actors["owner"]
    number = (await begin(world, "r")).run.number
    world.store.log(number, 1, loss=1)
    await runs.delete(owner, "ann", "vision", "r")
    assert number not in world.store.rows
    with pytest.raises(NotFoundError):
        await runs.get(owner, "ann", "vision", "r")


async def test_points_that_come_after_a_deletion_go_too(world: World) -> None:
    runs, owner = world.services.runs, world.actors["owner"]
    number = (await begin(world, "r")).run.number
    await runs.delete(owner, "ann", "vision", "r")
    world.store.log(number, 1, loss=1)  # was on its way
    assert await runs.forget_deleted() == 1
    assert number not in world.store.rows
    world.clock.tick(25 * 3600)
    await runs.forget_deleted()
    assert await runs.forget_deleted() == 0


async def test_a_deleted_project_is_gone_with_its_runs_and_their_points(world: World) -> None:
    projects, owner = world.services.projects, world.actors["owner"]
    number = (await begin(world, "r")).run.number
    world.store.log(number, 1, loss=1)
    await projects.delete(owner, "ann", "vision")
    assert number not in world.store.rows
    assert projects.find(owner).total == 0
