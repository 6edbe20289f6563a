"""The ingest route of the SDK: packed batches.

The hot path: a plain Starlette endpoint, for a batch is bytes that the store takes as they are,
and has nothing to gain from a layer that looks at each value. A sender that says the same head
again is answered on a shorter way still (`repeats`).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wanllmdb import wire
from wanllmdb_server.domain.access import Actor, Resource, Role, Verb, allows, must_be_allowed
from wanllmdb_server.fronts.rest.auth import actor_of, key_of
from wanllmdb_server.fronts.rest.plain_routes import JSON, described, must_be
from wanllmdb_server.fronts.rest.repeats import AGAIN, Tell
from wanllmdb_server.fronts.rest.routes import declares
from wanllmdb_server.fronts.rest.services import services_of
from wanllmdb_server.services.ingest import Answer

_WRITER: Final = "/projects/{owner}/{project}/runs/{run}/writers/{writer}/batches"

# Always the same but for a few numbers: filled in, for a writer of small batches has many of them.
_SAID: Final = b'{"position":%d,"rows":%d,"rejected":%b,"stop":%b,"watched":%b}'

_encode = msgspec.json.Encoder().encode


@declares(Resource.POINTS, Verb.CREATE)
async def take_batch(request: Request) -> Response:
    """A packed batch of one writer of a run."""
    actor = await actor_of(request)
    must_be_allowed(actor, Resource.POINTS, Verb.CREATE, Role.ADMIN)
    must_be(request, wire.CONTENT_TYPE)
    path = request.path_params
    of = (path["owner"], path["project"], path["run"], path["writer"])
    ingest = services_of(request).ingest
    taken = await ingest.accept(actor, *of, await request.body())
    _leave_again(request, *of)
    return Response(_said(taken), media_type=JSON)


def _leave_again(request: Request, owner: str, project: str, run: str, writer: str) -> None:
    """Say how the next batch of this writer is taken, if it comes with the same key."""
    key = key_of(request)
    if not key:
        return
    services = services_of(request)
    actor_now = services.accounts.recall(key)
    take = services.ingest.taker(owner, project, run, writer)
    allowed: Actor | None = None  # whom the rules, which do not change, were asked about last

    def again(body: bytes, tell: Tell) -> bool:
        nonlocal allowed
        actor = actor_now()
        if actor is None:
            return False
        if actor is not allowed:
            if not allows(actor, Resource.POINTS, Verb.CREATE, Role.ADMIN):
                return False
            allowed = actor
        return take(actor, body, lambda taken: tell(taken and _said(taken)))

    request.scope[AGAIN] = again


def _said(taken: Answer) -> bytes:
    accepted, stop, watched = taken
    rejected = accepted.rejected and [
        {"position": position, "code": code, "detail": detail}
        for position, code, detail in accepted.rejected
    ]
    return _SAID % (
        accepted.position,
        accepted.rows,
        _encode(rejected) if rejected else b"[]",
        b"true" if stop else b"false",
        b"true" if watched else b"false",
    )


def routes(prefix: str) -> list[Route]:
    """The routes of this file, under the prefix."""
    return [Route(prefix + _WRITER, take_batch, methods=["POST"])]


def paths(prefix: str) -> dict[str, Any]:
    """The routes as the description of the API (OpenAPI) has them."""
    names = ("owner", "project", "run", "writer")
    batch = described("sendBatch", "A packed batch of one writer of a run", wire.CONTENT_TYPE)
    batch["parameters"] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    return {prefix + _WRITER: {"post": batch}}
