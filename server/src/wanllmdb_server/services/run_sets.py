"""RunSets: what is done to many runs of a project at once: change, move, throw away, take back.

What was thrown away lies in the bin for some days: nobody sees it, its writers still write, and
it comes back as if it had never been away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from wanllmdb_server.catalog import run_sets as rows
from wanllmdb_server.catalog.access import find_project
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.run_sets import Before, Edit, Named
from wanllmdb_server.catalog.runs import delete_runs
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.event import Event, RunChanged, RunDeleted, project_topic
from wanllmdb_server.domain.filter import RunFilter
from wanllmdb_server.domain.retention import DAY_US
from wanllmdb_server.domain.run import Run, text_fault
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.away import forget_soon
from wanllmdb_server.metrics.store import MetricStore

MAX_BEFORE: Final = 1000  # runs of which it is said what they were
MAX_LISTED: Final = 1000
_TOGETHER: Final = 500  # runs in one transaction: others write in between
_PURGED: Final = 1000  # runs in one round of the chore


class Finder(Protocol):
    """Finds the runs of a project that pass a filter."""

    async def __call__(self, project_id: int, asked: RunFilter) -> Sequence[int]:
        """Their numbers."""
        ...


@dataclass(frozen=True, slots=True)
class RunSet:
    """Runs of a project: those of these ids, or those that pass a filter."""

    owner: str
    project: str
    runs: Sequence[str] | RunFilter


@dataclass(frozen=True, slots=True)
class Edited:
    """How many runs are another now, and what the first of them were."""

    changed: int
    before: list[Before]


@dataclass(frozen=True, slots=True)
class Bin:
    """Runs that were thrown away.

    Attributes:
        runs: the last ones, with the times since when they lie there.
        total: how many there are.
        days: for which they lie there before they are removed.
    """

    runs: list[tuple[Run, int]]
    total: int
    days: float


class RunSets:
    """Does it.

    Args:
        catalog: of runs.
        store: of their points.
        bus: on which it is told.
        find: runs by a filter.
        days: for which deleted runs lie in the bin; 0 is not at all.
    """

    def __init__(
        self, catalog: Catalog, store: MetricStore, bus: EventBus, find: Finder, *, days: float
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._bus = bus
        self._find = find
        self._days = days

    async def edit(self, actor: Actor, chosen: RunSet, edit: Edit) -> Edited:
        """Change tags and texts of runs; those that are gone are passed over."""
        _check(edit)
        project_id, found = await self._chosen(actor, chosen, Verb.UPDATE)
        before: list[Before] = []
        changed = 0
        for some in _stretches(found):
            were = await asyncio.to_thread(self._edit, some, edit)
            changed += len(were)
            before += were[: MAX_BEFORE - len(before)]
            ids = {each.id for each in were}
            self._tell(RunChanged(project_id, *_of(run)) for run in some if run.id in ids)
        return Edited(changed, before)

    async def move(self, actor: Actor, chosen: RunSet, to: str) -> list[str]:
        """Move runs to another project, all of them or none. Returns their ids.

        Raises:
            ConflictError: one of them goes on, or its id is there already.
        """
        owner, slash, project = to.partition("/")
        if not (owner and slash and project):
            fault = Fault("/to", "invalid", "A project is named owner/project.")
            raise InvalidError("There is no such project.", faults=[fault])
        source, found = await self._chosen(actor, chosen, Verb.UPDATE)
        target = await asyncio.to_thread(self._move, actor, owner, project, source, found)
        if target == source:
            return []
        self._tell(RunDeleted(source, *_of(run)) for run in found)
        self._tell(RunChanged(target, *_of(run)) for run in found)
        return [run.id for run in found]

    async def throw_away(self, actor: Actor, chosen: RunSet) -> list[str]:
        """Put runs into the bin. Returns their ids."""
        project_id, found = await self._chosen(actor, chosen, Verb.DELETE)
        for some in _stretches(found):
            await asyncio.to_thread(self._throw_away, [run.number for run in some])
            if not self._days:
                await forget_soon(self._store, [run.number for run in some])
            self._tell(RunDeleted(project_id, *_of(run)) for run in some)
        return [run.id for run in found]

    async def take_back(self, actor: Actor, owner: str, project: str, ids: Sequence[str]) -> int:
        """Take runs out of the bin again. Returns how many lay there."""
        project_id, found = await asyncio.to_thread(self._take_back, actor, owner, project, ids)
        self._tell(RunChanged(project_id, *_of(run)) for run in found)
        return len(found)

    async def binned(self, actor: Actor, owner: str, project: str) -> Bin:
        """What lies in the bin."""
        return await asyncio.to_thread(self._binned, actor, owner, project)

    async def empty_bin(self) -> int:
        """Remove what lies in the bin for long enough; for the worker's loop. Returns how many."""
        found = await asyncio.to_thread(self._purge)
        await forget_soon(self._store, [run.number for _, run in found])
        self._tell(RunDeleted(project, *_of(run)) for project, run in found)
        return len(found)

    async def _chosen(self, actor: Actor, chosen: RunSet, verb: Verb) -> tuple[int, list[Named]]:
        project_id = await asyncio.to_thread(self._project, actor, chosen, verb)
        if isinstance(chosen.runs, RunFilter):
            numbers = await self._find(project_id, chosen.runs)
            return project_id, await asyncio.to_thread(self._numbered, numbers)
        return project_id, await asyncio.to_thread(self._named, project_id, chosen.runs)

    def _project(self, actor: Actor, chosen: RunSet, verb: Verb) -> int:
        with self._catalog.reading() as connection:
            of = (chosen.owner, chosen.project)
            return find_project(connection, actor, *of, Resource.RUN, verb).id

    def _numbered(self, numbers: Sequence[int]) -> list[Named]:
        with self._catalog.reading() as connection:
            return rows.numbered(connection, numbers)

    def _named(self, project_id: int, ids: Sequence[str]) -> list[Named]:
        with self._catalog.reading() as connection:
            return rows.named(connection, project_id, ids)

    def _edit(self, found: Sequence[Named], edit: Edit) -> list[Before]:
        with self._catalog.writing() as connection:
            return rows.edit_runs(connection, [run.number for run in found], edit)

    def _move(
        self, actor: Actor, owner: str, project: str, source: int, found: Sequence[Named]
    ) -> int:
        with self._catalog.writing() as connection:
            target = find_project(connection, actor, owner, project, Resource.RUN, Verb.CREATE).id
            if target != source:
                rows.move_runs(connection, found, target)
        self._catalog.deletions += 1  # what was found under the old name is not there any more
        return target

    def _throw_away(self, numbers: Sequence[int]) -> None:
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            if self._days:
                rows.bin_runs(connection, numbers, now=now)
            else:
                delete_runs(connection, numbers, now=now)
        self._catalog.deletions += 1

    def _take_back(
        self, actor: Actor, owner: str, project: str, ids: Sequence[str]
    ) -> tuple[int, list[Named]]:
        with self._catalog.writing() as connection:
            of = (actor, owner, project, Resource.RUN, Verb.DELETE)
            project_id = find_project(connection, *of).id
            found = rows.named(connection, project_id, ids, binned=True)
            rows.bin_runs(connection, [run.number for run in found], now=None)
        return project_id, found

    def _binned(self, actor: Actor, owner: str, project: str) -> Bin:
        with self._catalog.reading() as connection:
            of = (actor, owner, project, Resource.RUN, Verb.READ)
            project_id = find_project(connection, *of).id
            found = rows.binned(connection, project_id, MAX_LISTED)
            return Bin(found, rows.count_binned(connection, project_id), self._days)

    def _purge(self) -> list[tuple[int, Named]]:
        now = self._catalog.clock()
        before = now - int(self._days * DAY_US)
        with self._catalog.writing() as connection:
            found = rows.expired(connection, before=before, limit=_PURGED)
            delete_runs(connection, [run.number for _, run in found], now=now)
        self._catalog.deletions += bool(found)
        return found

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self._bus.publish(project_topic(event.project_id), event)


def _check(edit: Edit) -> None:
    faults = [
        Fault(f"/{name}/{at}", "unfit-name", fault)
        for name, tags in (("add_tags", edit.add_tags), ("remove_tags", edit.remove_tags))
        for at, tag in enumerate(tags)
        if (fault := text_fault(tag))
    ]
    faults += [
        Fault(f"/{name}", "unfit-name", fault)
        for name, text in edit.texts.items()
        if text is not None and name != "notes" and (fault := text_fault(text))
    ]
    if faults:
        raise InvalidError("Runs cannot be changed so.", faults=faults)


def _of(run: Named) -> tuple[int, str]:
    return run.number, run.id


def _stretches(found: Sequence[Named]) -> list[Sequence[Named]]:
    return [found[at : at + _TOGETHER] for at in range(0, len(found), _TOGETHER)]
