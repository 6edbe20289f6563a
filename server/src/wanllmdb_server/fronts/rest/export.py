"""The routes that give everything away: points of a run or of a project, as a file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.series import Window
from wanllmdb_server.fronts.rest.attachment import attached
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.drip import Drip
from wanllmdb_server.fronts.rest.export_files import CONTENT_TYPES, Format, write
from wanllmdb_server.fronts.rest.export_lines import Part
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas.export import ExportQuestion, Step
from wanllmdb_server.fronts.rest.services import services_of
from wanllmdb_server.services.export import Shape, Stream, Wanted

MAX_KEYS: Final = 1000  # that are named in an address
_READ: Final = (Resource.POINTS, Verb.READ)
_RESPONSES: Final = {
    200: {"description": "The file.", "content": {kind: {} for kind in CONTENT_TYPES.values()}}
}

router = RestRouter(prefix=API, tags=["points"])


@router.get(
    "/projects/{owner}/{project}/runs/{run}/export",
    access=_READ,
    operation_id="exportRun",
    summary="All points of a run as a file",
    response_class=Response,
    responses=_RESPONSES,
)
async def export_run(
    request: Request,
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    keys: Annotated[list[str], Query(max_length=MAX_KEYS)] = [],  # noqa: B006 - FastAPI copies it
    format: Format = "parquet",  # noqa: A002
    shape: Shape = "long",
    stream: Stream = "default",
    first: Step | None = None,
    last: Step | None = None,
) -> Response:
    """Take a run's points away."""
    wanted = Wanted(
        owner=owner, project=project, runs=[run], keys=keys or None, stream=stream, shape=shape,
        window=Window(first, last),
    )  # fmt: skip
    return await _answer(request, actor, wanted, format, [project, run])


@router.post(
    "/projects/{owner}/{project}/export",
    access=_READ,
    operation_id="exportProject",
    summary="Points of many runs as a file",
    response_class=Response,
    responses=_RESPONSES,
)
async def export_project(
    request: Request, owner: str, project: str, question: ExportQuestion, actor: CurrentActor
) -> Response:
    """Take a project's points away."""
    wanted = Wanted(
        owner=owner, project=project, runs=question.runs, keys=question.keys,
        stream=question.stream, shape=question.shape,
        window=Window(question.first, question.last),
    )  # fmt: skip
    return await _answer(request, actor, wanted, question.format, [project])


async def _answer(
    request: Request, actor: Actor, wanted: Wanted, file_format: Format, names: Sequence[str]
) -> Response:
    contents = await services_of(request).export.open(actor, wanted)
    drip = Drip[Part](contents.parts, partial(write, contents, wanted.shape, file_format))
    return await attached(drip, "-".join(names), file_format, CONTENT_TYPES[file_format])
