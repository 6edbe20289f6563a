"""Projects, and the runs in them that meet a filter."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from wanllmdb_server.domain.errors import NotFoundError
from wanllmdb_server.domain.filter import MAX_PAGE, RunFilter
from wanllmdb_server.domain.language import parse_order
from wanllmdb_server.domain.project import Project
from wanllmdb_server.fronts.wandb import artifacts, names
from wanllmdb_server.fronts.wandb.asked import Asked
from wanllmdb_server.fronts.wandb.filters import query_of
from wanllmdb_server.fronts.wandb.nodes import run_node
from wanllmdb_server.fronts.wandb.places import project_node
from wanllmdb_server.fronts.wandb.viewer import user
from wanllmdb_server.services.run_search import Wanted

PAGE: Final = 50


async def project(
    asked: Asked, name: str | None = None, entity_name: str | None = None
) -> dict[str, Any] | None:
    """A project; nothing if it is not there, or not the asker's to see."""
    owner, name = asked.owner(entity_name), name or names.DEFAULT_PROJECT
    try:
        found = await asyncio.to_thread(asked.services.projects.get, asked.actor, owner, name)
    except NotFoundError:
        return None
    return _node(asked, found)


async def models(
    asked: Asked, entity_name: str | None = None, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """The projects of an Owner."""
    owner = asked.owner(entity_name)
    limit = min(first or PAGE, MAX_PAGE)
    page = await asyncio.to_thread(
        asked.services.projects.find, asked.actor, limit=limit, cursor=after or None
    )
    edges = [
        {"node": _node(asked, each), "cursor": ""} for each in page.items if each.owner == owner
    ]
    return {
        "edges": edges,
        "pageInfo": {"endCursor": page.next, "hasNextPage": page.next is not None},
    }


async def upsert_model(asked: Asked, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Make a project, if there is none of this name."""
    owner, name = asked.owner(input.get("entityName")), input.get("name") or names.DEFAULT_PROJECT
    there = await project(asked, name, owner)
    if there is None:
        projects = asked.services.projects
        text = input.get("description") or ""
        made = await asyncio.to_thread(
            lambda: projects.create(asked.actor, name, owner=owner, description=text)
        )
        return {"project": _node(asked, made), "model": _node(asked, made), "inserted": True}
    return {"project": there, "model": there, "inserted": False}


def _node(asked: Asked, there: Project) -> dict[str, Any]:
    owner, name = there.owner, there.name

    async def run(**said: Any) -> dict[str, Any] | None:
        try:
            run = await asked.services.runs.get(asked.actor, owner, name, said.get("name") or "")
        except NotFoundError:
            return None
        return run_node(asked, run)

    async def run_count(filters: str | None = None) -> int:
        wanted = Wanted(filter=RunFilter(condition=query_of(filters)), limit=1, full=False)
        page = await asked.services.run_search.find(asked.actor, owner, name, wanted)
        return page.total or 0

    async def runs(
        filters: str | None = None,
        after: str | None = None,
        first: int | None = None,
        order: str | None = None,
    ) -> dict[str, Any]:
        return await _runs(asked, there, filters, after, first, order)

    return {
        **project_node(owner, name),
        "description": there.description,
        "createdAt": names.time_of(there.created_at),
        "isBenchmark": False,
        "readOnly": False,
        "user": user(owner),
        "run": run,
        "bucket": run,
        "runCount": run_count,
        "runs": runs,
        **artifacts.of_project(asked, owner, name),
    }


async def _runs(
    asked: Asked,
    found: Project,
    filters: str | None,
    after: str | None,
    first: int | None,
    order: str | None,
) -> dict[str, Any]:
    sort, *then = parse_order(order or "+created_at")
    wanted = Wanted(
        filter=RunFilter(condition=query_of(filters)),
        sort=sort,
        then=tuple(then),
        limit=min(first or PAGE, MAX_PAGE),
        cursor=after or None,
        full=True,
    )
    page = await asked.services.run_search.find(asked.actor, found.owner, found.name, wanted)
    edges = [{"node": run_node(asked, each), "cursor": ""} for each in page.items]
    if edges and page.next:
        edges[-1]["cursor"] = page.next  # the client goes on from the last edge's
    return {
        "edges": edges,
        "pageInfo": {"endCursor": page.next, "hasNextPage": page.next is not None},
        "totalCount": page.total,
    }


ROOTS: Final = {
    "project": project,
    "model": project,
    "models": models,
    "upsertModel": upsert_model,
}
