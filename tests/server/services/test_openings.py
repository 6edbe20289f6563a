"""A run that is opened: new, gone on with, joined, forked, rewound; and how it ends."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.world import World

from wanllmdb_server.catalog.openings import Terms
from wanllmdb_server.catalog.runs import NewRun, apply_changes
from wanllmdb_server.domain.errors import ConflictError, InvalidError, NotFoundError
from wanllmdb_server.domain.run import Finish, Run, RunChanges, RunState
from wanllmdb_server.domain.writer import Moment, Part, WriterFacts
from wanllmdb_server.services.runs import Begun


async def opened(
    world: World, writer: str, run_id: str = "r", terms: Terms | None = None, **said: Any
) -> Begun:
    known = {"config", "started_at", "name"}
    new = NewRun(
        id=run_id,
        writer=writer,
        facts=WriterFacts(**{k: v for k, v in said.items() if k not in known}),
        **{k: v for k, v in said.items() if k in known},
    )
    actor = world.actors[said.pop("actor", "owner")]
    return await world.services.runs.create(actor, "vision", new, terms=terms)


async def finished(world: World, number: int, writer: str, code: int = 0) -> Run:
    world.clock.tick(1)
    finish = Finish(code, time=world.clock.now, writer=writer)
    return apply_changes(world.catalog, number, RunChanges(finish=finish), now=world.clock.now)


async def source(world: World) -> int:
    """A run of another name that has logged ten steps."""
    number = (await opened(world, "s", "source", config={"lr": 1, "bs": 8})).run.number
    for step in range(10):
        world.store.log(number, step, loss=1.0 / (step + 1))
    return number


class TestRanks:
    async def test_no_ranks_end_closes_the_run_while_others_log(self, world: World) -> None:
        number = (await opened(world, "w0", label="0")).run.number
        for rank in range(1, 8):
            begun = await opened(world, f"w{rank}", label=str(rank))
            assert (begun.created, begun.resumed, begun.first_step) == (False, False, 0)
        for rank in range(7):
            assert (await finished(world, number, f"w{rank}")).state is RunState.RUNNING
        assert (await finished(world, number, "w7")).state is RunState.FINISHED

    async def test_one_that_failed_makes_the_run_a_failed_one(self, world: World) -> None:
        number = (await opened(world, "w0", label="0")).run.number
        await opened(world, "w1", label="1")
        await finished(world, number, "w0", 3)
        run = await finished(world, number, "w1")
        assert (run.state, run.exit_code) == (RunState.FAILED, 3)

    async def test_one_that_fell_silent_is_not_waited_for_longer_than_any(
        self, world: World
    ) -> None:
        number = (await opened(world, "w0", label="0")).run.number
        await opened(world, "w1", label="1")
        world.clock.tick(200)
        # One is heard of all the while, the other is not.
        await world.services.runs.heartbeat(
            world.actors["owner"], "ann", "vision", "r", writer="w1"
        )
        assert (await finished(world, number, "w1")).state is RunState.FINISHED

    async def test_when_the_last_one_dies_the_end_of_the_others_is_the_runs(
        self, world: World
    ) -> None:
        number = (await opened(world, "w0", label="0")).run.number
        await opened(world, "w1", label="1")
        assert (await finished(world, number, "w0")).state is RunState.RUNNING
        world.clock.tick(200)
        await world.services.runs.mark_silent()
        run = await world.services.runs.get(world.actors["owner"], "ann", "vision", "r")
        assert (run.state, run.exit_code) == (RunState.FINISHED, 0)

    async def test_a_rank_that_is_late_makes_the_run_a_running_one_again(
        self, world: World
    ) -> None:
        number = (await opened(world, "w0", label="0")).run.number
        await finished(world, number, "w0")
        assert (await opened(world, "w1", label="1")).run.state is RunState.RUNNING
        assert (await finished(world, number, "w1")).state is RunState.FINISHED

    async def test_all_ranks_of_an_attempt_go_on_from_the_same_step(self, world: World) -> None:
        number = (await opened(world, "a0", label="0")).run.number
        await opened(world, "a1", label="1")
        world.store.log(number, 41, loss=1)
        gone = ("a0", "a1")
        first = await opened(world, "b1", label="1", gone=gone)
        world.store.log(number, 45, loss=1)
        second = await opened(world, "b0", label="0", gone=gone)
        assert (first.resumed, first.first_step) == (True, 42)
        assert (second.resumed, second.first_step) == (True, 42)
        assert [told[0] for told in world.store.told] == ["join", "begin", "join"]
        # What the dead ones say late ends nothing.
        assert (await finished(world, number, "a0", 1)).state is RunState.RUNNING


class TestShared:
    async def test_the_run_ends_with_its_primary(self, world: World) -> None:
        number = (await opened(world, "p", shared=True, part=Part.PRIMARY)).run.number
        await opened(world, "q", shared=True)
        assert (await finished(world, number, "p")).state is RunState.FINISHED
        # What is still to come is taken, and its end changes nothing.
        assert (await finished(world, number, "q", 1)).state is RunState.FINISHED

    async def test_a_follower_neither_ends_nor_fails_it(self, world: World) -> None:
        number = (await opened(world, "p", shared=True)).run.number
        await opened(world, "q", shared=True, part=Part.FOLLOWER)
        assert (await finished(world, number, "q", 1)).state is RunState.RUNNING

    async def test_nobody_goes_on_from_anybody(self, world: World) -> None:
        number = (await opened(world, "p", shared=True)).run.number
        await finished(world, number, "p")
        begun = await opened(world, "q", shared=True)
        assert (begun.resumed, begun.first_step) == (False, 0)
        assert [told[0] for told in world.store.told] == ["join"]


class TestAgain:
    async def test_an_answer_that_was_lost_is_given_again(self, world: World) -> None:
        number = (await opened(world, "w1")).run.number
        world.store.log(number, 9, loss=1)
        await finished(world, number, "w1")
        first = await opened(world, "w2", terms=Terms(resume="must"))
        world.store.log(number, 30, loss=1)  # another process, meanwhile
        again = await opened(world, "w2", terms=Terms(resume="must"))
        assert (again.resumed, again.first_step) == (first.resumed, first.first_step) == (True, 10)

    async def test_a_fork_child_that_is_sent_late_reopens_nothing(self, world: World) -> None:
        number = (await opened(world, "w1", opener="w1")).run.number
        await finished(world, number, "w1")
        begun = await opened(world, "child", opener="w1", deferred=True)
        assert begun.run.state is RunState.FINISHED
        assert world.store.told == [("join", number, "child", 0)]


class TestForks:
    async def test_a_fork_begins_with_what_was_shown_up_to_the_step(self, world: World) -> None:
        number = await source(world)
        terms = Terms(fork=Moment("source", 5))
        begun = await opened(world, "w", "fork", terms, config={"lr": 2})
        assert (begun.created, begun.resumed, begun.first_step) == (True, False, 6)
        assert begun.run.config == {"lr": 2, "bs": 8}
        assert [row.step for row in world.store.rows[begun.run.number]] == list(range(6))
        assert begun.run.forked_from is not None
        assert (begun.run.forked_from.id, begun.run.forked_from.step) == ("source", 5)
        assert begun.run.forked_from.number == number

    async def test_the_same_opening_copies_once(self, world: World) -> None:
        await source(world)
        terms = Terms(fork=Moment("source", 5))
        first = await opened(world, "w", "fork", terms)
        again = await opened(world, "w", "fork", terms)
        rank = await opened(world, "w1", "fork", terms, label="1")
        assert first.first_step == again.first_step == rank.first_step == 6
        assert len(world.store.rows[first.run.number]) == 6

    async def test_the_same_script_begun_anew_goes_on_with_its_fork(self, world: World) -> None:
        await source(world)
        terms = Terms(fork=Moment("source", 5))
        number = (await opened(world, "w1", "fork", terms)).run.number
        world.store.log(number, 20, loss=1)
        await finished(world, number, "w1", 1)
        begun = await opened(world, "w2", "fork", terms)
        assert (begun.resumed, begun.first_step) == (True, 21)

    async def test_another_run_of_that_id_is_in_the_way(self, world: World) -> None:
        await source(world)
        await opened(world, "w", "there")
        with pytest.raises(ConflictError) as caught:
            await opened(world, "v", "there", Terms(fork=Moment("source", 5)))
        assert caught.value.code == "run-exists"

    @pytest.mark.parametrize(
        ("moment", "error", "code"),
        [
            (Moment("nothing", 5), NotFoundError, "run-not-found"),
            (Moment("source", 10), InvalidError, "step-not-found"),
            (Moment("sam/vision/first", 0), NotFoundError, "run-not-found"),
            (Moment("first", 0), InvalidError, "step-not-found"),  # nothing was logged to it
        ],
    )
    async def test_what_is_not_there_cannot_be_forked(
        self, world: World, moment: Moment, error: type[NotFoundError], code: str
    ) -> None:
        await source(world)
        with pytest.raises(error) as caught:
            await opened(world, "w", "fork", Terms(fork=moment))
        assert caught.value.code == code
        with pytest.raises(NotFoundError):
            await world.services.runs.get(world.actors["owner"], "ann", "vision", "fork")

    async def test_a_training_that_is_over_keeps_its_rows_without_the_history(
        self, world: World
    ) -> None:
        terms = Terms(fork=Moment("nothing", 5))
        begun = await opened(world, "w", "fork", terms, deferred=True)
        assert (begun.created, begun.run.forked_from, begun.first_step) == (True, None, 6)
        run = await world.services.runs.get(world.actors["owner"], "ann", "vision", "fork")
        assert run.lost == 0  # no row of its own

    async def test_a_run_of_another_project_is_named_in_full(self, world: World) -> None:
        await source(world)
        owner = world.actors["owner"]
        new = NewRun(id="fork", writer="w")
        begun = await world.services.runs.create(
            owner, "other", new, terms=Terms(fork=Moment("ann/vision/source", 3))
        )
        assert len(world.store.rows[begun.run.number]) == 4

    async def test_the_fork_outlives_its_source(self, world: World) -> None:
        await source(world)
        terms = Terms(fork=Moment("source", 5))
        number = (await opened(world, "w", "fork", terms)).run.number
        await world.services.runs.delete(world.actors["owner"], "ann", "vision", "source")
        assert len(world.store.rows[number]) == 6
        again = await opened(world, "w", "fork", terms)
        assert again.run.forked_from is not None
        assert len(world.store.rows[number]) == 6


class TestRewinds:
    async def test_a_run_goes_on_behind_a_step(self, world: World) -> None:
        number = await source(world)
        begun = await opened(world, "w", "source", Terms(rewind=Moment("source", 3)))
        assert (begun.resumed, begun.first_step) == (True, 4)
        assert begun.run.config == {"lr": 1, "bs": 8}
        [told] = world.store.told
        assert (told[0], told[1], told[-1]) == ("begin", number, 3)

    async def test_however_often_it_is_asked_and_by_all_its_ranks_it_is_cut_once(
        self, world: World
    ) -> None:
        await source(world)
        terms = Terms(rewind=Moment("source", 3))
        for _ in range(2):
            await opened(world, "w0", "source", terms, label="0")
        rank = await opened(world, "w1", "source", terms, label="1")
        assert (rank.resumed, rank.first_step) == (True, 4)
        told = world.store.told
        assert {each[2] for each in told if each[0] == "begin"} == {"w0"}
        assert [each[2] for each in told if each[0] == "join"] == ["w1"]

    async def test_again_after_the_first_has_ended(self, world: World) -> None:
        number = await source(world)
        terms = Terms(rewind=Moment("source", 3))
        for attempt in range(10):
            begun = await opened(world, f"w{attempt}", "source", terms)
            assert (begun.resumed, begun.first_step) == (True, 4)
            await finished(world, number, f"w{attempt}")
        assert [each[2] for each in world.store.told] == [f"w{n}" for n in range(10)]

    async def test_what_is_not_there_cannot_be_gone_back_to(self, world: World) -> None:
        await source(world)
        with pytest.raises(InvalidError) as caught:
            await opened(world, "w", "source", Terms(rewind=Moment("source", 99)))
        assert caught.value.code == "step-not-found"
        with pytest.raises(NotFoundError):
            await opened(world, "w", "nothing", Terms(rewind=Moment("nothing", 0)))
        begun = await opened(world, "w", "nothing", Terms(rewind=Moment("x", 7)), deferred=True)
        assert begun.first_step == 8
