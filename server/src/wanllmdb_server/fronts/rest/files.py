"""Files of runs: bytes in, bytes out, and never anything that a browser would run.

What a file claims to be is shown; how it is served is decided here: only types that cannot
carry a script are shown in place, everything else is downloaded, and all of it in a sandbox.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Header, Request, Response
from starlette.responses import StreamingResponse

from wanllmdb_server.domain import file as domain
from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.query import DEFAULT_LIMIT, Cursor, Limit
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import files as form
from wanllmdb_server.fronts.rest.services import Services, services_of

router = RestRouter(prefix=API, tags=["files"])

Given = Annotated[Services, Depends(services_of)]
Digest = Annotated[str, Header(alias="X-Wanllmdb-Digest", description="sha256:<hex>")]

_FILES: Final = "/projects/{owner}/{project}/runs/{run}/files"
_SHOWN: Final = frozenset(
    [
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "video/mp4",
        "video/webm",
        "audio/wav",
        "text/plain",
    ]
)
_RANGE: Final = re.compile(r"bytes=(\d{0,19})-(\d{0,19})\Z")
_MIME: Final = re.compile(r"[a-z0-9.+-]{1,100}/[a-z0-9.+-]{1,100}\Z")
_BYTES: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_CONTENT: Final = {200: {"description": "The bytes", "content": {"application/octet-stream": {}}}}


@router.get(_FILES, access=(Resource.FILE, Verb.READ), operation_id="listFiles")
async def list_files(
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    services: Given,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> form.FilePage:
    """The files of a run, by name."""
    page = await services.files.find(actor, owner, project, run, limit=limit, cursor=cursor)
    return form.FilePage(items=[_file(f) for f in page.items], next=page.next, total=page.total)


@router.put(
    _FILES + "/{path:path}",
    access=(Resource.FILE, Verb.CREATE),
    operation_id="putFile",
    openapi_extra=_BYTES,
)
async def put_file(
    owner: str,
    project: str,
    run: str,
    path: str,
    request: Request,
    actor: CurrentActor,
    services: Given,
    x_wanllmdb_digest: Digest,
) -> form.File:
    """Keep the body as a file of the run."""
    mime = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kept = await services.files.put(
        actor,
        owner,
        project,
        run,
        path,
        _chunks(request),
        digest=_hex(x_wanllmdb_digest),
        mime=mime if _MIME.match(mime) else "application/octet-stream",
    )
    return _file(kept)


@router.get(
    _FILES + "/{path:path}",
    access=(Resource.FILE, Verb.READ),
    operation_id="getFile",
    response_class=StreamingResponse,
    responses=_CONTENT,
)
async def get_file(
    owner: str,
    project: str,
    run: str,
    path: str,
    request: Request,
    actor: CurrentActor,
    services: Given,
) -> Response:
    """The bytes of a file; one range of them if asked."""
    file = await services.files.read(actor, owner, project, run, path)
    headers = _headers(file)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    start, end, status = _asked(request.headers.get("range", ""), file.size)
    if status == 416:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{file.size}"})
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(
        services.files.content(file, start=start, end=end),
        status_code=status,
        headers=headers,
        media_type=file.mime if file.mime in _SHOWN else "application/octet-stream",
    )


@router.delete(
    _FILES + "/{path:path}",
    access=(Resource.FILE, Verb.DELETE),
    operation_id="deleteFile",
    status_code=204,
    response_class=Response,
)
async def delete_file(
    owner: str, project: str, run: str, path: str, actor: CurrentActor, services: Given
) -> Response:
    """Take a file from a run."""
    await services.files.delete(actor, owner, project, run, path)
    return Response(status_code=204)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


def _hex(said: str) -> str:
    kind, _, digest = said.strip().lower().partition(":")
    if kind != "sha256" or not domain.is_digest(digest):
        detail = "X-Wanllmdb-Digest is sha256: and 64 hexadecimal digits."
        raise InvalidError(
            detail, code="bad-digest", faults=[Fault("/X-Wanllmdb-Digest", "bad-digest", detail)]
        )
    return digest


def _asked(said: str, size: int) -> tuple[int, int, int]:
    """The stretch of a file that a Range header asks for, and the status of the answer.

    Several ranges, and what is no range at all, are answered with the whole file.
    """
    found = _RANGE.match(said.strip().lower())
    if not found or found.group(1) == found.group(2) == "":
        return 0, size, 200
    first, last = found.groups()
    if not first:  # the last so many
        length = min(int(last), size)
        return (size - length, size, 206) if length else (0, 0, 416)
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return 0, size, 200
    return (start, end, 206) if start < size else (0, 0, 416)


def _headers(file: domain.File) -> dict[str, str]:
    name = file.path.rpartition("/")[2]
    place = "inline" if file.mime in _SHOWN else "attachment"
    return {
        "ETag": f'"{file.digest}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"{place}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }


def _file(file: domain.File) -> form.File:
    return form.File(
        path=file.path,
        digest=f"sha256:{file.digest}",
        size=file.size,
        mime=file.mime,
        created_at=file.created_at,
    )
