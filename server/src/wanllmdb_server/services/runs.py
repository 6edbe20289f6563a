"""Runs: begin or resume one, look at it, change it, hear that it lives, end it, drop it.

A run is made once, however often its creation is sent: it is known by owner, project and id,
and its writers by their names. What a writer says again changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from wanllmdb_server.catalog import openings
from wanllmdb_server.catalog import projects as project_rows
from wanllmdb_server.catalog import runs as rows
from wanllmdb_server.catalog.access import (
    find_project,
    locate_run,
    project_not_found,
)
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.faults import check_changes, check_new
from wanllmdb_server.catalog.openings import Door, Opened, Terms
from wanllmdb_server.catalog.runs import NewRun
from wanllmdb_server.catalog.writers import read_writers
from wanllmdb_server.domain.access import Actor, Resource, Verb, must_be_allowed, must_be_known
from wanllmdb_server.domain.errors import NotFoundError
from wanllmdb_server.domain.event import RunChanged, RunDeleted, project_topic, run_topic
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import Finish, Run, RunChanges, is_users_key, merged_summary
from wanllmdb_server.domain.series import KeyStats
from wanllmdb_server.domain.writer import Writer
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.away import forget_soon, keys_if_there
from wanllmdb_server.metrics.store import MetricStore


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that was begun: whether it is new or goes on, and with which step.

    `last_step` is the last that is shown; `first_step` the one that this writer begins with,
    however often it asks. `summary_set` are the keys of the summary that were set, and stand
    above what is logged until they are unset.
    """

    run: Run
    created: bool
    resumed: bool
    last_step: int | None
    first_step: int
    summary_set: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a running script is told: to stop, and that somebody looks."""

    stop: bool
    watched: bool


class Runs:
    """Keeps runs."""

    def __init__(self, catalog: Catalog, store: MetricStore, bus: EventBus) -> None:
        self._catalog = catalog
        self._store = store
        self._bus = bus

    async def create(
        self,
        actor: Actor,
        project: str,
        new: NewRun,
        *,
        owner: str | None = None,
        terms: Terms | None = None,
    ) -> Begun:
        """Begin a run, or go on with the one of this id; makes the project if there is none.

        Raises:
            ConflictError, NotFoundError, InvalidError: it is not as the terms want it; see
                `catalog.openings.open_run`.
            InvalidError: an id, name, text or tag cannot be one.
        """
        check_new(project, new)
        terms = terms or Terms()
        owner = owner or actor.name
        last_steps = await self._last_steps(actor, owner, project, new, terms)
        opened, run = await asyncio.to_thread(
            self._begin, actor, owner, project, new, terms, last_steps
        )
        await self._arrange(run, new, opened)
        keys: list[KeyStats] = []
        if opened.outcome != "created" or run.forked_from is not None:
            keys = (await self._store.keys([run.number])).get(run.number, [])
        if opened.outcome != "known":
            self._tell(run)
        writer = opened.writer
        return Begun(
            replace(run, summary=_merged(run.summary, keys)),
            created=opened.outcome == "created",
            resumed=opened.outcome == "resumed" if writer is None else writer.resumed,
            last_step=_last_step(keys),
            first_step=0 if writer is None else writer.first_step or 0,
            summary_set=tuple(sorted(run.summary)),
        )

    async def _last_steps(
        self, actor: Actor, owner: str, project: str, new: NewRun, terms: Terms
    ) -> dict[int, int | None]:
        """The last step shown of the run, if it is there, and of the one that it is forked from."""
        numbers = await asyncio.to_thread(self._concerned, actor, owner, project, new, terms)
        keys = await self._store.keys(numbers) if numbers else {}
        return {number: _last_step(keys.get(number, [])) for number in numbers}

    def _concerned(
        self, actor: Actor, owner: str, project: str, new: NewRun, terms: Terms
    ) -> list[int]:
        must_be_known(actor)
        found: list[int] = []
        with self._catalog.reading() as connection:
            with contextlib.suppress(NotFoundError):  # it is made, or missed, in a moment
                number = find_project(
                    connection, actor, owner, project, Resource.RUN, Verb.CREATE
                ).id
                found += filter(None, [rows.run_number(connection, number, new.id)])
            if terms.fork is not None:
                with contextlib.suppress(NotFoundError):
                    source = openings.find_source(connection, actor, (owner, project), terms.fork)
                    found.append(source.number)
        return found

    def _begin(
        self,
        actor: Actor,
        owner: str,
        project: str,
        new: NewRun,
        terms: Terms,
        last_steps: dict[int, int | None],
    ) -> tuple[Opened, Run]:
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            project_id = self._project(connection, actor, owner, project, now)
            since = self._catalog.since
            door = Door(
                connection, actor, project_id, owner, project, last_steps, now=now, since=since
            )
            opened = openings.open_run(door, new, terms)
            return opened, rows.read_run(connection, opened.number, full=True)

    async def _arrange(self, run: Run, new: NewRun, opened: Opened) -> None:
        """Tell the store where the writer stands, before it is told that it may send.

        All of it is said again with each repetition, so that nothing is missed by a server
        that stopped in between.
        """
        if run.forked_from is not None:
            source = run.forked_from
            await self._store.copy(source.number, run.number, source.step)
        writer = opened.writer
        if writer is None:
            if new.writer is not None:  # a fork child's, sent by another process
                await self._store.join_attempt(run.number, new.writer, at=new.started_at or 0)
        elif opened.goes_on:
            # What came before a run that was not there yet began before it.
            since = run.started_at - (opened.outcome == "created")
            await self._store.begin_attempt(
                run.number, writer.name, at=writer.began, since=since, after=writer.rewound_to
            )
        elif opened.outcome != "created":
            await self._store.join_attempt(run.number, writer.name, at=writer.began)

    def _project(
        self, connection: Connection, actor: Actor, owner: str, project: str, now: int
    ) -> int:
        """The number of the project in which the actor may create runs; it is made if missing."""
        owner_id = project_rows.owner_id(connection, owner)
        known = owner_id and project_rows.project_id(connection, owner_id, project)
        if known:
            return find_project(connection, actor, owner, project, Resource.RUN, Verb.CREATE).id
        if owner_id is None or (owner != actor.name and not actor.admin):
            raise project_not_found(owner, project)
        must_be_allowed(actor, Resource.PROJECT, Verb.CREATE)
        return project_rows.create_project(connection, actor, owner, project, "", now=now)

    async def get(self, actor: Actor, owner: str, project: str, run_id: str) -> Run:
        """A run with all that is known of it; its summary is merged with the last values."""
        run = await self._locate(actor, owner, project, run_id, Verb.READ, full=True)
        return await self._merged(run)

    def now(self) -> int:
        """The time, in microseconds since the epoch."""
        return self._catalog.clock()

    async def writers(self, actor: Actor, owner: str, project: str, run_id: str) -> list[Writer]:
        """The writers of a run, in the order in which they came."""
        run = await self._locate(actor, owner, project, run_id, Verb.READ)
        return await asyncio.to_thread(self._writers, run.number)

    async def change(
        self, actor: Actor, owner: str, project: str, run_id: str, changes: RunChanges
    ) -> Run:
        """Change a run as its reader may: names, texts, tags, config, summary, stop."""
        check_changes(changes)
        run = await self._locate(actor, owner, project, run_id, Verb.UPDATE)
        return await self._apply(run, changes)

    async def finish(
        self, actor: Actor, owner: str, project: str, run_id: str, exit_code: int
    ) -> Run:
        """End a run whose script does not do so itself."""
        run = await self._locate(actor, owner, project, run_id, Verb.UPDATE)
        return await self._apply(run, RunChanges(finish=Finish(exit_code)))

    async def heartbeat(
        self, actor: Actor, owner: str, project: str, run_id: str, *, writer: str | None = None
    ) -> Wish:
        """A run says by one of its writers that it lives, and hears what is wished of it."""
        run = await self._locate(actor, owner, project, run_id, Verb.UPDATE)
        now = self._catalog.clock()
        heard = {run.number: [writer]} if writer is not None else {}
        touch = functools.partial(rows.touch, writers=heard, now=now)
        if await asyncio.to_thread(touch, self._catalog, [run.number]):
            self._tell(run)
        watched = self._bus.listeners(run_topic(run.number)) > 0
        return Wish(stop=run.stop_requested, watched=watched)

    async def delete(self, actor: Actor, owner: str, project: str, run_id: str) -> None:
        """Drop a run with its points and the names of its files."""
        run = await self._locate(actor, owner, project, run_id, Verb.DELETE)
        await asyncio.to_thread(self._delete, run.number)
        await forget_soon(self._store, [run.number])
        gone = RunDeleted(run.project_id, run.number, run.id)
        self._bus.publish(project_topic(run.project_id), gone)

    def deleted_elsewhere(self) -> None:
        """Another process deleted runs: what was found before may be another run of that name."""
        self._catalog.deletions += 1

    async def mark_silent(self) -> int:
        """Give runs the state that their silence means; for the worker's loop.

        Returns how many have another state now. A server that was down heard nobody: silence
        counts from its start.
        """
        since, now = self._catalog.since, self._catalog.clock()
        mark = functools.partial(rows.mark_silent, listening_since=since, now=now)
        fallen = await asyncio.to_thread(mark, self._catalog)
        for run in fallen:
            self._tell(run)
        return len(fallen)

    async def forget_deleted(self) -> int:
        """Drop the points of deleted runs once more; for the worker's loop.

        A server that stopped in between has not done it, and a batch that was on its way when
        its run was deleted has brought some back. Returns how many runs it looked after.
        """
        numbers = await asyncio.to_thread(rows.deleted_numbers, self._catalog)
        for number in numbers:
            await self._store.forget(number)
        if numbers:
            now = self._catalog.clock()
            await asyncio.to_thread(rows.drop_old_deletions, self._catalog, now=now)
        return len(numbers)

    def _writers(self, number: int) -> list[Writer]:
        with self._catalog.reading() as connection:
            return read_writers(connection, number)

    def _delete(self, number: int) -> None:
        with self._catalog.writing() as connection:
            rows.delete_runs(connection, [number], now=self._catalog.clock())
        self._catalog.deletions += 1

    async def _locate(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run_id: str,
        verb: Verb,
        *,
        full: bool = False,
    ) -> Run:
        return await asyncio.to_thread(
            locate_run, self._catalog, actor, owner, project, run_id, Resource.RUN, verb, full=full
        )

    async def _apply(self, run: Run, changes: RunChanges) -> Run:
        now = self._catalog.clock()
        changed = await asyncio.to_thread(
            rows.apply_changes, self._catalog, run.number, changes, now=now
        )
        self._tell(run)
        return await self._merged(changed)

    async def _merged(self, run: Run) -> Run:
        keys = (await keys_if_there(self._store, [run.number])).get(run.number, [])
        return replace(run, summary=_merged(run.summary, keys))

    def _tell(self, run: Run) -> None:
        changed = RunChanged(run.project_id, run.number, run.id)
        self._bus.publish(project_topic(run.project_id), changed)


def _last_step(keys: list[KeyStats]) -> int | None:
    return max((k.last_step for k in keys if is_users_key(k.key)), default=None)


def _merged(explicit: Mapping[str, Any], keys: list[KeyStats]) -> dict[str, Any]:
    return plain(merged_summary(explicit, keys))
