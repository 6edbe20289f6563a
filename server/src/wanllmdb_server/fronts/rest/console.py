"""What the scripts of a run printed: by page, searched, and as one text to take away."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, Literal
from urllib.parse import quote

import msgspec
from fastapi import Depends, Query
from starlette.responses import Response, StreamingResponse

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import console as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.services.console import MAX_LINES, MAX_WANTED, Wanted

router = RestRouter(prefix=API, tags=["console"])

Given = Annotated[Services, Depends(services_of)]
Stream = Literal["stdout", "stderr"]
Number = Annotated[int | None, Query(ge=-1, lt=1 << 63)]

_READ: Final = (Resource.POINTS, Verb.READ)
_RUN: Final = "/projects/{owner}/{project}/runs/{run}"


@router.get(
    f"{_RUN}/console",
    access=_READ,
    operation_id="readConsole",
    response_model=form.ConsolePage,
)
async def read_console(
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    services: Given,
    stream: Stream | None = None,
    writer: Annotated[str | None, Query(max_length=256)] = None,
    after: Number = None,
    before: Number = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LINES)] = 1000,
    q: Annotated[str, Query(max_length=MAX_WANTED, description="What occurs in a line")] = "",
    case: Annotated[bool, Query(description="Tell upper and lower case apart")] = False,
    regex: Annotated[bool, Query(description="`q` is a regular expression")] = False,
) -> Response:
    """Lines that the run printed, in the order of time."""
    page = await services.console.read(
        actor,
        owner,
        project,
        run,
        Wanted(
            stream=stream,
            writer=writer,
            after=after,
            before=before,
            limit=limit,
            search=q,
            case=case,
            pattern=regex,
        ),
    )
    said = {
        "lines": page.lines,
        "total": page.total,
        "streams": page.streams,
        "matches": page.matches,
        "searched": page.searched,
        "after": page.after,
        "before": page.before,
        "writers": [{"writer": name, "label": label} for name, label in page.writers.items()],
    }
    content = await asyncio.to_thread(msgspec.json.encode, said)
    return Response(content, media_type="application/json")


@router.get(
    f"{_RUN}/console.txt",
    access=_READ,
    operation_id="downloadConsole",
    response_class=StreamingResponse,
    responses={200: {"description": "All lines", "content": {"text/plain": {}}}},
)
async def download_console(
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    services: Given,
    stream: Stream | None = None,
) -> Response:
    """Everything that the run printed, as one text."""
    text = await services.console.text(actor, owner, project, run, stream)
    name = quote(f"{run}.txt", safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(text, headers=headers, media_type="text/plain; charset=utf-8")
