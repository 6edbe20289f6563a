"""Alerts: what scripts want people to hear."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.alert import Heard
from wanllmdb_server.domain.alert import Level as Grave
from wanllmdb_server.domain.page import Page
from wanllmdb_server.domain.run import page_path
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.query import DEFAULT_LIMIT, Cursor, Limit
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import alerts as form
from wanllmdb_server.fronts.rest.services import Services, services_of

router = RestRouter(prefix=API, tags=["alerts"], only_json=True)

Given = Annotated[Services, Depends(services_of)]

_READ: Final = (Resource.RUN, Verb.READ)
_PROJECT: Final = "/projects/{owner}/{project}"


@router.get(f"{_PROJECT}/alerts", access=_READ, operation_id="listProjectAlerts")
async def project_alerts(
    owner: str,
    project: str,
    actor: CurrentActor,
    services: Given,
    level: form.Level | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> form.AlertPage:
    """The alerts of all runs of a project, newest first."""
    grave = None if level is None else Grave(level)
    return _page(
        await services.alerts.find(actor, owner, project, level=grave, limit=limit, cursor=cursor)
    )


@router.get(f"{_PROJECT}/runs/{{run}}/alerts", access=_READ, operation_id="listRunAlerts")
async def run_alerts(
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    services: Given,
    level: form.Level | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> form.AlertPage:
    """The alerts of a run, newest first."""
    grave = None if level is None else Grave(level)
    of = (actor, owner, project, run)
    return _page(await services.alerts.find(*of, level=grave, limit=limit, cursor=cursor))


def _page(page: Page[Heard]) -> form.AlertPage:
    items = [_alert(heard) for heard in page.items]
    return form.AlertPage(items=items, next=page.next, total=page.total)


def _alert(heard: Heard) -> form.Alert:
    return form.Alert(
        run=heard.run,
        run_name=heard.run_name,
        title=heard.title,
        text=heard.text,
        level=heard.level.value,
        created_at=heard.created_at,
        url=page_path(heard.owner, heard.project, heard.run),
    )
