"""The rows of a run: by page, as a stream of lines, or some of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import history as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.services.history import (
    MAX_KEYS,
    MAX_ROWS,
    MAX_SAMPLES,
    Question,
    Stream,
)

router = RestRouter(prefix=API, tags=["points"])

Given = Annotated[Services, Depends(services_of)]
Step = Annotated[int | None, Query(ge=-(1 << 63), lt=1 << 63)]
Keys = Annotated[
    list[str],
    Query(max_length=MAX_KEYS, description="Keys of the rows; none is all that the user logged"),
]

LINES: Final = "application/x-ndjson"
_JSON: Final = "application/json"
_encoder = msgspec.json.Encoder()


@router.get(
    "/projects/{owner}/{project}/runs/{run}/history",
    access=(Resource.POINTS, Verb.READ),
    operation_id="readHistory",
    response_model=form.HistoryPage,
    responses={200: {"description": "Rows; as lines, by Accept", "content": {LINES: {}}}},
)
async def read_history(
    request: Request,
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    services: Given,
    keys: Keys = [],  # noqa: B006 - FastAPI copies it
    first: Step = None,
    last: Step = None,
    any: Annotated[bool, Query(description="Also rows that lack some of the keys")] = False,  # noqa: A002
    stream: Stream = "default",
    samples: Annotated[int | None, Query(ge=1, le=MAX_SAMPLES)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = 1000,
    cursor: Annotated[str | None, Query(max_length=4096)] = None,
) -> Response:
    """Rows of a run, by step."""
    question = Question(keys=tuple(keys), first=first, last=last, any=any, stream=stream)
    of = (actor, owner, project, run, question)
    if samples is None and LINES in request.headers.get("accept", ""):
        parts = await services.history.stream(*of)
        return StreamingResponse(_lines(parts), media_type=LINES)
    if samples is not None:
        found = await services.history.sampled(*of, samples)
    else:
        found = await services.history.page(*of, limit=limit, cursor=cursor)
    said = {"rows": found.rows, "next": found.next}
    return Response(await asyncio.to_thread(_encoder.encode, said), media_type=_JSON)


async def _lines(parts: AsyncIterator[list[dict[str, Any]]]) -> AsyncIterator[bytes]:
    async for rows in parts:
        yield await asyncio.to_thread(_encoder.encode_lines, rows)
