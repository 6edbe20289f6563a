"""The routes that draw: curves as wide as a screen, exact points, and which keys there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from fastapi import Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.damage import Damage
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.grouping import parse_grouping
from wanllmdb_server.domain.panel import GroupPanel, Panel
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.series import KeyStats, Superseded, Window
from wanllmdb_server.fronts.rest import frame
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import points as form
from wanllmdb_server.fronts.rest.services import services_of
from wanllmdb_server.fronts.rest.statistics import statistics_json
from wanllmdb_server.metrics.bundle import Wanted
from wanllmdb_server.metrics.placing import Axis
from wanllmdb_server.services.curves import MAX_RUNS, Question

MAX_POINTS: Final = 100_000
_JSON: Final = "application/json"
_READ: Final = (Resource.POINTS, Verb.READ)
_INT64: Final = 1 << 63
_SUPERSEDED: Final = (
    "Points that a later attempt logged anew (a resumed or rewound run): hide them, "
    "include them, or give only them"
)
_INLINE_BUCKETS: Final = 4096
_PIECE: Final = 1 << 16  # bytes

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
    drawing = await services_of(request).curves.draw(actor, _asked(question))
    said: dict[str, Any] = {"x": question.x}
    if question.x_key is not None:
        said["x_key"] = question.x_key
    if as_json:
        curves = [frame.panel_json(panel, said) async for panel in drawing.panels]
        answer = {"curves": curves, "missing": drawing.missing}
        return Response(msgspec.json.encode(answer), media_type=_JSON)
    if drawing.missing:
        said["missing"] = drawing.missing
    # What fails, fails with the first panel, while the answer can still say so.
    first = await anext(drawing.panels, None)
    frames = _frames(first, drawing.panels, said)
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
    damage = await services_of(request).curves.damage(actor, owner, project, run)
    return _answer({"keys": [_key(stats) for stats in found], **_damaged(damage)})


@router.post(
    "/projects/{owner}/{project}/statistics",
    access=_READ,
    operation_id="getStatistics",
    summary="Last, lowest, highest and mean of the keys of many runs",
    response_model=form.RunStatistics,
)
async def statistics(
    request: Request,
    owner: str,
    project: str,
    question: form.StatisticsQuestion,
    actor: CurrentActor,
) -> Response:
    """Read the statistics of runs."""
    of = (actor, owner, project, question.runs, question.keys)
    found = await services_of(request).curves.statistics(*of)
    content = await asyncio.to_thread(statistics_json, found)
    return Response(content, media_type=_JSON)


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
    damage = await services_of(request).curves.damage(actor, owner, project, run)
    return _answer(
        {
            "key": key,
            "step": found.step,
            "time": found.time,
            "value": [plain(value) for value in found.value],
            "next": found.cursor,
            **_damaged([each for each in damage if each.key in {None, key}]),
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


def _asked(question: form.CurvesQuestion) -> Question:
    owner, project = _project_of(question.project)
    grouping = None
    if question.group is not None or question.group_except is not None:
        grouping = parse_grouping(question.group or [], question.group_except)
    return Question(
        owner=owner,
        project=project,
        runs=question.runs,
        keys=question.keys,
        axis=Axis(question.x, question.x_key or "", question.first, question.last),
        buckets=question.buckets,
        grouping=grouping,
        wanted=_wanted(question),
    )


def _wanted(question: form.CurvesQuestion) -> Wanted:
    quantiles = tuple(question.quantiles or ())
    if question.aggregates is None:
        return Wanted(quantiles=quantiles)
    return Wanted(tuple(dict.fromkeys(question.aggregates)), quantiles)


async def _frames(
    first: Panel | GroupPanel | None,
    panels: AsyncIterator[Panel | GroupPanel],
    said: Mapping[str, Any],
) -> AsyncIterator[bytes]:
    """The frames, small ones together: each piece of an answer costs more than a frame of one."""
    panel, waiting, size = first, list[bytes](), 0
    while panel is not None:
        if frame.size(panel) <= _INLINE_BUCKETS:
            waiting.append(frame.panel_frame(panel, said))  # sooner done than handed to a thread
        else:
            waiting.append(await asyncio.to_thread(frame.panel_frame, panel, said))
        size += len(waiting[-1])
        panel = await anext(panels, None)
        if size >= _PIECE or panel is None:
            yield b"".join(waiting)
            waiting, size = [], 0


def _damaged(damage: Sequence[Damage]) -> dict[str, Any]:
    """What is said of damage where there is any."""
    if not damage:
        return {}
    names = form.Damaged.model_fields
    return {"damaged": [{name: getattr(each, name) for name in names} for each in damage]}


def _key(stats: KeyStats) -> dict[str, Any]:
    said = {name: getattr(stats, name) for name in form.Key.model_fields}
    return said | {"last": plain(stats.last)}


def _answer(said: object) -> Response:
    return Response(msgspec.json.encode(said), media_type=_JSON)
