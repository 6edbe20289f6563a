"""Runs: begin or resume one, look at it, change it, hear that it lives, end it, drop it.

A run is made once, however often its creation is sent: it is known by owner, project and id,
and its writers by their names. What a writer says again changes nothing.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import Connection

from wanllmdb_server.catalog import projects as project_rows
from wanllmdb_server.catalog import runs as rows
from wanllmdb_server.catalog.access import (
    find_project,
    locate_run,
    project_not_found,
    run_not_found,
)
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.runs import NewRun
from wanllmdb_server.domain import project as project_rules
from wanllmdb_server.domain.access import Actor, Resource, Verb, must_be_allowed, must_be_known
from wanllmdb_server.domain.errors import ConflictError, Fault, InvalidError
from wanllmdb_server.domain.event import RunChanged, RunDeleted, project_topic, run_topic
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import (
    MAX_TAGS,
    MAX_TEXT,
    Finish,
    Run,
    RunChanges,
    id_fault,
    is_users_key,
    merged_summary,
    text_fault,
)
from wanllmdb_server.domain.series import KeyStats
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.store import MetricStore

Resume = Literal["allow", "must", "never"]
Outcome = Literal["created", "resumed", "known"]

MAX_WRITER: Final = 256


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that was begun: whether it is new or goes on, and behind which step."""

    run: Run
    created: bool
    resumed: bool
    last_step: int | None


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
        self._listening_since = catalog.clock()

    async def create(
        self,
        actor: Actor,
        project: str,
        new: NewRun,
        *,
        owner: str | None = None,
        resume: Resume | None = None,
    ) -> Begun:
        """Begin a run, or go on with the one of this id; makes the project if there is none.

        Raises:
            ConflictError: `never`, and another writer has begun it; code `run-exists`.
            NotFoundError: `must`, and there is no such run; code `run-not-found`.
            InvalidError: an id, name, text or tag cannot be one.
        """
        _check_new(project, new)
        run, outcome = await asyncio.to_thread(
            self._begin, actor, owner or actor.name, project, new, resume
        )
        keys: list[KeyStats] = []
        if outcome != "created":
            keys = (await self._store.keys([run.number])).get(run.number, [])
        if outcome != "known":
            self._tell(run)
        return Begun(
            replace(run, summary=_merged(run.summary, keys)),
            created=outcome == "created",
            resumed=outcome == "resumed",
            last_step=max((k.last_step for k in keys if is_users_key(k.key)), default=None),
        )

    def _begin(
        self, actor: Actor, owner: str, project: str, new: NewRun, resume: Resume | None
    ) -> tuple[Run, Outcome]:
        must_be_known(actor)
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            project_id = self._project(connection, actor, owner, project, now)
            number = rows.run_number(connection, project_id, new.id)
            outcome: Outcome = "known"
            if number is None:
                if resume == "must":
                    raise run_not_found(new.id)
                number = rows.insert_run(connection, actor, project_id, new, now=now)
                outcome = "created"
            elif self._goes_on(connection, number, new, resume):
                rows.resume_run(connection, number, new, now=now)
                outcome = "resumed"
            return rows.read_run(connection, number, full=True), outcome

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

    def _goes_on(
        self, connection: Connection, number: int, new: NewRun, resume: Resume | None
    ) -> bool:
        """Whether a writer that was not there before goes on with a run."""
        if new.writer is not None and rows.knows_writer(connection, number, new.writer):
            return False  # its own creation, sent again
        if resume == "never":
            raise ConflictError(f"There is a run '{new.id}' already.", code="run-exists")
        return new.writer is not None or resume is not None

    async def get(self, actor: Actor, owner: str, project: str, run_id: str) -> Run:
        """A run with all that is known of it; its summary is merged with the last values."""
        run = await self._locate(actor, owner, project, run_id, Verb.READ, full=True)
        return await self._merged(run)

    async def change(
        self, actor: Actor, owner: str, project: str, run_id: str, changes: RunChanges
    ) -> Run:
        """Change a run as its reader may: names, texts, tags, config, summary, stop."""
        _check_changes(changes)
        run = await self._locate(actor, owner, project, run_id, Verb.UPDATE)
        return await self._apply(run, changes)

    async def finish(
        self, actor: Actor, owner: str, project: str, run_id: str, exit_code: int
    ) -> Run:
        """End a run whose script does not do so itself."""
        run = await self._locate(actor, owner, project, run_id, Verb.UPDATE)
        return await self._apply(run, RunChanges(finish=Finish(exit_code)))

    async def heartbeat(self, actor: Actor, owner: str, project: str, run_id: str) -> Wish:
        """A run says that it lives, and hears what is wished of it."""
        run = await self._locate(actor, owner, project, run_id, Verb.UPDATE)
        now = self._catalog.clock()
        if await asyncio.to_thread(rows.touch, self._catalog, [run.number], now=now):
            self._tell(run)
        watched = self._bus.listeners(run_topic(run.number)) > 0
        return Wish(stop=run.stop_requested, watched=watched)

    async def delete(self, actor: Actor, owner: str, project: str, run_id: str) -> None:
        """Drop a run with its points and the names of its files."""
        run = await self._locate(actor, owner, project, run_id, Verb.DELETE)
        await asyncio.to_thread(self._delete, run.number)
        await self._store.forget(run.number)
        gone = RunDeleted(run.project_id, run.number, run.id)
        self._bus.publish(project_topic(run.project_id), gone)

    async def mark_silent(self) -> int:
        """Give runs the state that their silence means; for the worker's loop.

        Returns how many have another state now. A server that was down heard nobody: silence
        counts from its start.
        """
        since, now = self._listening_since, self._catalog.clock()
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

    def _delete(self, number: int) -> None:
        with self._catalog.writing() as connection:
            rows.delete_runs(connection, [number], now=self._catalog.clock())

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
        keys = (await self._store.keys([run.number])).get(run.number, [])
        return replace(run, summary=_merged(run.summary, keys))

    def _tell(self, run: Run) -> None:
        changed = RunChanged(run.project_id, run.number, run.id)
        self._bus.publish(project_topic(run.project_id), changed)


def _merged(explicit: Mapping[str, Any], keys: list[KeyStats]) -> dict[str, Any]:
    return plain(merged_summary(explicit, keys))


def _check_new(project: str, new: NewRun) -> None:
    faults: list[Fault] = []
    if fault := id_fault(new.id):
        faults.append(Fault("/id", "unfit-id", fault))
    if fault := project_rules.name_fault(project):
        faults.append(Fault("/project", "unfit-name", fault))
    if new.writer is not None and (fault := text_fault(new.writer, MAX_WRITER)):
        faults.append(Fault("/writer", "unfit-name", fault))
    faults += _text_faults(new)
    if faults:
        raise InvalidError("This cannot be a run.", faults=faults)


def _check_changes(changes: RunChanges) -> None:
    faults = list(_text_faults(changes))
    if changes.name is not None and not changes.name.strip():
        faults.append(Fault("/name", "unfit-name", "A run has a name."))
    if faults:
        raise InvalidError("A run cannot be changed so.", faults=faults)


def _text_faults(said: NewRun | RunChanges) -> Iterator[Fault]:
    for field in ("name", "group", "job_type"):
        text = getattr(said, field)
        if text is not None and (fault := text_fault(text)):
            yield Fault(f"/{field}", "unfit-name", fault)
    if said.notes is not None and len(said.notes) > MAX_TEXT:
        yield Fault("/notes", "too-long", f"At most {MAX_TEXT} characters.")
    tags = said.tags or ()
    if len(tags) > MAX_TAGS:
        yield Fault("/tags", "too-many-items", f"At most {MAX_TAGS} tags.")
    for index, tag in enumerate(tags[:MAX_TAGS]):
        if fault := text_fault(tag):
            yield Fault(f"/tags/{index}", "unfit-name", fault)
