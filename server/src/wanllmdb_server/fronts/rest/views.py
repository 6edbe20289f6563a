"""Views: how people look at a project, kept under a name; links: single looks, in short."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request, Response

from wanllmdb_server.catalog.views import Draft
from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.view import Kind, View
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.problems import problem
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import views as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.services.views import ViewChangedError

router = RestRouter(prefix=API, tags=["views"], only_json=True)

Given = Annotated[Services, Depends(services_of)]

_READ: Final = (Resource.VIEW, Verb.READ)
_CREATE: Final = (Resource.VIEW, Verb.CREATE)
_VIEWS: Final = "/projects/{owner}/{project}/views"
_VIEW: Final = f"{_VIEWS}/{{view}}"


@router.get(_VIEWS, access=_READ, operation_id="listViews")
async def list_views(
    owner: str, project: str, actor: CurrentActor, services: Given, kind: Kind | None = None
) -> form.ViewList:
    """Your own views of a project and the shared ones, by name."""
    found = await asyncio.to_thread(services.views.find, actor, owner, project, kind)
    return form.ViewList(items=[form.ListedView.model_validate(view) for view in found])


@router.post(_VIEWS, access=_CREATE, operation_id="createView", status_code=201)
async def create_view(
    owner: str, project: str, body: form.NewView, actor: CurrentActor, services: Given
) -> form.View:
    """Keep a view: your own, or as a member one for all."""
    draft = Draft(body.name, body.kind, body.shared, body.content)
    return _view(await asyncio.to_thread(services.views.create, actor, owner, project, draft))


@router.get(_VIEW, access=_READ, operation_id="getView")
async def get_view(
    owner: str,
    project: str,
    view: str,
    actor: CurrentActor,
    services: Given,
) -> form.View:
    """A view with its content."""
    return _view(await asyncio.to_thread(services.views.get, actor, owner, project, view))


@router.put(
    _VIEW,
    access=(Resource.VIEW, Verb.UPDATE),
    operation_id="changeView",
    response_model=form.View,
)
async def change_view(
    request: Request,
    owner: str,
    project: str,
    view: str,
    body: form.ViewChange,
    actor: CurrentActor,
    services: Given,
) -> form.View | Response:
    """Change a view that is at this revision; 409 with the present one as `view` if it is not."""
    said = {name: getattr(body, name) for name in body.model_fields_set - {"revision"}}
    try:
        changed = await asyncio.to_thread(
            services.views.change, actor, owner, project, view, revision=body.revision, changes=said
        )
    except ViewChangedError as error:
        extra = {"expected": error.expected, "view": _view(error.present).model_dump()}
        return problem(request.scope, 409, error.code, str(error), extra=extra)
    return _view(changed)


@router.delete(
    _VIEW,
    access=(Resource.VIEW, Verb.DELETE),
    operation_id="deleteView",
    status_code=204,
    response_class=Response,
)
async def delete_view(
    owner: str,
    project: str,
    view: str,
    actor: CurrentActor,
    services: Given,
) -> Response:
    """Drop a view."""
    await asyncio.to_thread(services.views.delete, actor, owner, project, view)
    return Response(status_code=204)


@router.post(
    "/projects/{owner}/{project}/links", access=_CREATE, operation_id="createLink", status_code=201
)
async def create_link(
    owner: str, project: str, body: form.NewLink, actor: CurrentActor, services: Given
) -> form.MadeLink:
    """The short word of a look at a page of the project; the same for the same look."""
    of = (actor, owner, project, body.path, body.state)
    return form.MadeLink(hash=await asyncio.to_thread(services.views.shorten, *of))


@router.get("/links/{link}", access=_READ, operation_id="getLink")
async def get_link(link: str, actor: CurrentActor, services: Given) -> form.Link:
    """The look behind a short word."""
    found = await asyncio.to_thread(services.views.follow, actor, link)
    path = f"/{quote(found.owner, safe='')}/{quote(found.project, safe='')}{found.place}"
    return form.Link(owner=found.owner, project=found.project, path=path, state=found.state)


def _view(view: View) -> form.View:
    return form.View.model_validate(view)
