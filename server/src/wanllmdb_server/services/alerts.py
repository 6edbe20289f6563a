"""Alerts: what scripts want people to hear, of a project or of one run, newest first."""

from __future__ import annotations

import asyncio
from typing import Final

from wanllmdb_server.catalog.access import find_project, find_run
from wanllmdb_server.catalog.alerts import Behind, list_alerts
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.alert import Heard, Level
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.filter import DEFAULT_PAGE, MAX_PAGE
from wanllmdb_server.domain.page import Page

_READ: Final = (Resource.RUN, Verb.READ)


class Alerts:
    """Tells what scripts said."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def find(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run_id: str | None = None,
        *,
        level: Level | None = None,
        limit: int = DEFAULT_PAGE,
        cursor: str | None = None,
    ) -> Page[Heard]:
        """Alerts of a project, or of one of its runs.

        Raises:
            NotFoundError: there is no such project or run that the actor may see.
            MalformedError: the cursor is not one of this list.
        """
        named = (owner, project, run_id)
        return await asyncio.to_thread(
            self._find, actor, named, level, max(1, min(limit, MAX_PAGE)), cursor
        )

    def _find(
        self,
        actor: Actor,
        named: tuple[str, str, str | None],
        level: Level | None,
        limit: int,
        cursor: str | None,
    ) -> Page[Heard]:
        owner, project, run_id = named
        with self._catalog.reading() as connection:
            of = find_project(connection, actor, owner, project, *_READ).id
            run = None
            if run_id is not None:
                run = find_run(connection, actor, owner, project, run_id, *_READ).number
            name = f"alerts {of} {run} {level}"
            behind = Behind(*read_cursor(name, cursor, int, int, str, int)) if cursor else None
            found, total = list_alerts(
                connection, of, run=run, level=level, behind=behind, limit=limit + 1
            )
        shown = found[:limit]
        end = shown[-1][1] if len(found) > limit else None
        after = end and write_cursor(name, end.created_at, end.run, end.writer, end.position)
        return Page([heard for heard, _ in shown], after, total)
