"""Known runs: finds what an actor names, and for a moment remembers what was found.

A sender sends many times a second, and a page asks for its panels one by one: neither costs the
catalog a question each. The price is that what the catalog would refuse by now is refused a
moment late; a run that was deleted is forgotten at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from wanllmdb_server.catalog.access import (
    find_run_by_id,
    locate_run,
    locate_runs,
    locate_those_there,
)
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.errors import NotFoundError
from wanllmdb_server.domain.recent import Recent
from wanllmdb_server.domain.run import Run


class KnownRuns:
    """The runs into whose points an actor may write, or whose points they may read.

    Runs come without their mappings (`config`, `summary`, `environment`).
    """

    def __init__(self, catalog: Catalog, *, lifetime: int, size: int) -> None:
        """Remember at most `size` questions, each for `lifetime` microseconds."""
        self._catalog = catalog
        self._recent = Recent[list[Run]](lifetime=lifetime, size=size)

    async def one(self, actor: Actor, owner: str, project: str, run_id: str, verb: Verb) -> Run:
        """The run, if the actor may do this to its points.

        Raises:
            NotFoundError: it is not there, or not for the actor to see.
            NotAllowedError: it is theirs to see, and not to do this to.
        """

        def ask() -> list[Run]:
            of = (self._catalog, actor, owner, project, run_id, Resource.POINTS, verb)
            return [locate_run(*of)]

        [run] = await self._remembered(_name(actor, verb, owner, project, run_id), ask)
        return run

    def recall(
        self, owner: str, project: str, run_id: str, verb: Verb
    ) -> Callable[[Actor], Run | None]:
        """As `one`, to be asked often: what was found a moment ago, if it was; never asks."""
        catalog, recent = self._catalog, self._recent
        asked_by: Actor | None = None  # it is always the same one, but for changes of rights
        deletions = 0
        key = ""

        def at_hand(actor: Actor) -> Run | None:
            nonlocal asked_by, deletions, key
            now_deleted = catalog.deletions
            if actor is not asked_by or now_deleted != deletions:
                asked_by, deletions = actor, now_deleted
                key = f"{now_deleted} {_name(actor, verb, owner, project, run_id)}"
            found = recent.get(key, now=catalog.clock())
            return None if found is None else found[0]

        return at_hand

    async def named(self, actor: Actor, name: str, verb: Verb) -> Run:
        """The run that is named "owner/project/id", or by its id alone.

        Raises:
            NotFoundError, NotAllowedError: as `one`.
            InvalidError: several runs have this id; code `ambiguous-run`.
        """

        def ask() -> list[Run]:
            return [find_run_by_id(self._catalog, actor, name, verb)]

        match name.split("/"):
            case [_]:
                [run] = await self._remembered(_name(actor, verb, name), ask)
                return run
            case [owner, project, run_id]:
                return await self.one(actor, owner, project, run_id, verb)
            case _:
                raise NotFoundError(
                    "A run is named owner/project/id, or by its id alone.", code="run-not-found"
                )

    async def several(
        self, actor: Actor, owner: str, project: str, run_ids: Sequence[str], verb: Verb
    ) -> list[Run]:
        """These runs of a project, in the order asked; all of them must be there."""

        def ask() -> list[Run]:
            of = (self._catalog, actor, owner, project, run_ids, Resource.POINTS, verb)
            return locate_runs(*of)

        name = _name(actor, verb, owner, project, "", *run_ids)
        return await self._remembered(name, ask)

    async def those_there(
        self, actor: Actor, owner: str, project: str, run_ids: Sequence[str], verb: Verb
    ) -> tuple[list[Run], list[str]]:
        """Those of these runs that are there, in the order asked, and the ids of the others.

        Raises:
            NotFoundError: none of them is there.
        """
        try:
            return await self.several(actor, owner, project, run_ids, verb), []
        except NotFoundError as error:
            if error.code != "run-not-found":
                raise
        of = (self._catalog, actor, owner, project, run_ids, Resource.POINTS, verb)
        return await asyncio.to_thread(locate_those_there, *of)

    async def _remembered(self, name: str, ask: Callable[[], list[Run]]) -> list[Run]:
        now = self._catalog.clock()
        key = f"{self._catalog.deletions} {name}"
        found = self._recent.get(key, now=now)
        if found is None:
            found = await asyncio.to_thread(ask)
            self._recent.put(key, found, now=now)
        return found


def _name(actor: Actor, verb: Verb, *parts: str) -> str:
    return f"{actor.user_id} {actor.admin} {actor.scope} {verb} {parts!r}"
