"""Blobs: bytes that a version of an artifact will name, on their way in.

They come one by one as they are, or many small ones in one body: each a line with its digest
and its size, and then its bytes.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.errors import Fault, InvalidError, MalformedError
from wanllmdb_server.domain.file import is_digest
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import artifacts as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.fronts.rest.serving import chunks

router = RestRouter(prefix=API, tags=["artifacts"], only_json=True)

Given = Annotated[Services, Depends(services_of)]

MAX_TOGETHER: Final = 1000
_CREATE = (Resource.ARTIFACT, Verb.CREATE)
_BLOBS: Final = "/projects/{owner}/{project}/blobs"
_BYTES: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(f"{_BLOBS}/missing", access=_CREATE, operation_id="missingBlobs")
async def missing_blobs(
    owner: str, project: str, body: form.Digests, actor: CurrentActor, services: Given
) -> form.MissingDigests:
    """Which bytes have to be put before a version can name them."""
    wanted = [plain(digest, f"/digests/{index}") for index, digest in enumerate(body.digests)]
    missing = await services.intake.missing(actor, owner, project, wanted)
    return form.MissingDigests(missing=[f"sha256:{digest}" for digest in missing])


@router.put(_BLOBS + "/{digest}", access=_CREATE, operation_id="putBlob", openapi_extra=_BYTES)
async def put_blob(
    owner: str,
    project: str,
    digest: str,
    request: Request,
    actor: CurrentActor,
    services: Given,
) -> form.Blob:
    """Put the body, which has this digest."""
    blob = await services.intake.put(
        actor, owner, project, plain(digest, "/digest"), chunks(request)
    )
    return form.Blob(digest=f"sha256:{blob.digest}", size=blob.size)


@router.post(_BLOBS, access=_CREATE, operation_id="putBlobs", openapi_extra=_BYTES)
async def put_blobs(
    owner: str, project: str, request: Request, actor: CurrentActor, services: Given
) -> form.Blobs:
    """Put many small blobs: for each `sha256:<hex> <size>`, a line feed, and its bytes."""
    contents = taken_apart(await request.body())
    return form.Blobs(taken=await services.intake.put_many(actor, owner, project, contents))


def plain(said: str, pointer: str) -> str:
    """The hexadecimal digits of a digest."""
    kind, _, digest = said.partition(":")
    if kind != "sha256" or not is_digest(digest):
        detail = "A digest is sha256: and 64 hexadecimal digits."
        raise InvalidError(detail, code="bad-digest", faults=[Fault(pointer, "bad-digest", detail)])
    return digest


def taken_apart(body: bytes) -> list[tuple[str, bytes]]:
    """The blobs of a body: their digests and their bytes.

    Raises:
        MalformedError: it is no such body; code `malformed-body`.
    """
    found: list[tuple[str, bytes]] = []
    place = 0
    while place < len(body):
        end = body.find(b"\n", place, place + 100)
        said, _, size = body[place : max(end, 0)].decode("ascii", "replace").partition(" ")
        if end < 0 or not (size.isdigit() and len(size) < 12) or len(found) == MAX_TOGETHER:
            raise _malformed(place)
        place = end + 1
        content = body[place : place + int(size)]
        if len(content) != int(size):
            raise _malformed(place)
        found.append((plain(said, f"/{len(found)}"), content))
        place += len(content)
    return found


def _malformed(place: int) -> MalformedError:
    return MalformedError(
        f"At byte {place} there is no 'sha256:<hex> <size>', or not so many bytes as it says; "
        f"there are at most {MAX_TOGETHER}.",
        code="malformed-body",
    )
