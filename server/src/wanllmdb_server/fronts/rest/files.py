"""Files of runs: bytes in, bytes out. How they are given out is said in `serving`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from wanllmdb_server.domain import file as domain
from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.query import DEFAULT_LIMIT, Cursor, Limit
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import files as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.fronts.rest.serving import Served, chunks, serve

router = RestRouter(prefix=API, tags=["files"])

Given = Annotated[Services, Depends(services_of)]
Digest = Annotated[str, Header(alias="X-Wanllmdb-Digest", description="sha256:<hex>")]

Named = Annotated[
    str | None,
    Query(
        min_length=16,
        max_length=64,
        description="The file's SHA-256 in hexadecimal digits, or how it begins, where the "
        "asker knows it: the answer may then be kept",
    ),
]

_FILES: Final = "/projects/{owner}/{project}/runs/{run}/files"
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
        chunks(request),
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
    digest: Named = None,
) -> Response:
    """The bytes of a file; one range of them if asked."""
    file = await services.files.read(actor, owner, project, run, path)
    served = Served(file.path, file.digest, file.size, file.mime)

    def content(start: int, end: int) -> AsyncIterator[bytes]:
        return services.files.content(file, start=start, end=end)

    return await serve(request, served, content, digest=digest)


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


def _hex(said: str) -> str:
    kind, _, digest = said.strip().lower().partition(":")
    if kind != "sha256" or not domain.is_digest(digest):
        detail = "X-Wanllmdb-Digest is sha256: and 64 hexadecimal digits."
        raise InvalidError(
            detail, code="bad-digest", faults=[Fault("/X-Wanllmdb-Digest", "bad-digest", detail)]
        )
    return digest


def _file(file: domain.File) -> form.File:
    return form.File(
        path=file.path,
        digest=f"sha256:{file.digest}",
        size=file.size,
        mime=file.mime,
        created_at=file.created_at,
    )
