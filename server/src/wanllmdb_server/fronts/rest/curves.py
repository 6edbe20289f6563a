"""The routes that draw: curves as wide as a screen, exact points, and which keys there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

import msgspec
from fastapi import Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.series import KeyStats, Superseded, Window
from wanllmdb_server.fronts.rest import frame
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import points as form
from wanllmdb_server.fronts.rest.services import services_of
from wanllmdb_server.services.curves import MAX_RUNS, Panel, Question

MAX_POINTS: Final = 100_000
_JSON: Final = "application/json"
_READ: Final = (Resource.POINTS, Verb.READ)
_INT64: Final = 1 << 63
_SUPERSEDED: Final = (
    "Points that a later attempt logged anew (a resumed or rewound run): hide them, "
    "include them, or give only them"
)
_INLINE_BUCKETS: Final = 4096

router = RestRouter(prefix=API, tags=["points"])


@router.post(
    "/curves",
    access=_READ,
    operation_id="drawCurves",
    summary="Curves of keys of runs, one frame for each key",
    response_class=Response,
    responses={
        200: {
            "description": "Frames, one behind the other; or JSON, by Accept.",
            "content": {frame.CONTENT_TYPE: {}, _JSON: {}},
        }
    },
)
async def draw(request: Request, question: form.CurvesQuestion, actor: CurrentActor) -> Response:
    """Draw curves."""
    as_json = _wants_json(request)
    owner, project = _project_of(question.project)
    panels = await services_of(request).curves.draw(
        actor,
        Question(
            owner=owner,
            project=project,
            runs=question.runs,
            keys=question.keys,
            x=question.x,
            first=question.first,
            last=question.last,
            buckets=question.buckets,
        ),
    )
    if as_json:
        curves = [_panel_json(panel, question.x) async for panel in panels]
        return Response(msgspec.json.encode({"curves": curves}), media_type=_JSON)
    # What fails, fails with the first panel, while the answer can still say so.
    first = await anext(panels, None)
    frames = _frames(first, panels, question.x)
    return StreamingResponse(frames, media_type=frame.CONTENT_TYPE)


@router.get(
    "/projects/{owner}/{project}/runs/{run}/keys",
    access=_READ,
    operation_id="listRunKeys",
    summary="The series of a run",
    response_model=form.RunKeys,
)
async def run_keys(
    request: Request, owner: str, project: str, run: str, actor: CurrentActor
) -> Response:
    """List the series of a run."""
    found = await services_of(request).curves.keys(actor, owner, project, run)
    return _answer({"keys": [_key(stats) for stats in found]})


@router.get(
    "/projects/{owner}/{project}/keys",
    access=_READ,
    operation_id="listProjectKeys",
    summary="The keys of several runs, or of the project's newest",
    response_model=form.ProjectKeys,
)
async def project_keys(
    request: Request,
    owner: str,
    project: str,
    actor: CurrentActor,
    run: Annotated[list[str], Query(max_length=MAX_RUNS)] = [],  # noqa: B006
) -> Response:
    """List the keys of runs."""
    found = await services_of(request).curves.common_keys(actor, owner, project, run)
    return _answer({"keys": found})


@router.get(
    "/projects/{owner}/{project}/runs/{run}/points",
    access=_READ,
    operation_id="getPoints",
    summary="Exact points of a series, by step",
    response_model=form.ExactPoints,
)
async def points(
    request: Request,
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    key: str,
    first: Annotated[int | None, Query(ge=-_INT64, lt=_INT64)] = None,
    last: Annotated[int | None, Query(ge=-_INT64, lt=_INT64)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_POINTS)] = 10_000,
    cursor: str | None = None,
    superseded: Annotated[Superseded, Query(description=_SUPERSEDED)] = "hide",
) -> Response:
    """Read exact points."""
    found = await services_of(request).curves.points(
        actor,
        owner,
        project,
        run,
        key,
        Window(first, last),
        limit=limit,
        cursor=cursor,
        superseded=superseded,
    )
    return _answer(
        {
            "key": key,
            "step": found.step,
            "time": found.time,
            "value": [plain(value) for value in found.value],
            "next": found.cursor,
        }
    )


def _wants_json(request: Request) -> bool:
    """Whether the client would rather have JSON than frames; raises 406 if neither."""
    wanted = [
        part.partition(";")[0].strip().lower()
        for part in request.headers.get("accept", "*/*").split(",")
    ]
    if any(kind in {frame.CONTENT_TYPE, "*/*", "application/*"} for kind in wanted):
        return _JSON in wanted and frame.CONTENT_TYPE not in wanted
    if _JSON in wanted:
        return True
    raise HTTPException(406, f"This route answers with {frame.CONTENT_TYPE} or {_JSON}.")


def _project_of(said: str) -> tuple[str, str]:
    owner, slash, project = said.partition("/")
    if not (owner and slash and project):
        fault = Fault("/project", "invalid", "A project is named owner/project.")
        raise InvalidError(fault.detail, faults=[fault])
    return owner, project


async def _frames(
    first: Panel | None, panels: AsyncIterator[Panel], x: str
) -> AsyncIterator[bytes]:
    panel = first
    while panel is not None:
        said = (panel.key, x, panel.width, panel.curves)
        if sum(len(drawn.curve.bin) for drawn in panel.curves) <= _INLINE_BUCKETS:
            yield frame.curve_frame(*said)  # sooner done than handed to a thread
        else:
            yield await asyncio.to_thread(frame.curve_frame, *said)
        panel = await anext(panels, None)


def _panel_json(panel: Panel, x: str) -> dict[str, Any]:
    series = [frame.curve_json(drawn, with_step=x != "step") for drawn in panel.curves]
    return {"key": panel.key, "x": x, "width": panel.width, "series": series}


def _key(stats: KeyStats) -> dict[str, Any]:
    said = {name: getattr(stats, name) for name in form.Key.model_fields}
    return said | {"last": plain(stats.last)}


def _answer(said: object) -> Response:
    return Response(msgspec.json.encode(said), media_type=_JSON)
