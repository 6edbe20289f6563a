"""Tickets: files put and got by whoever has the URL that was made for it.

For clients that send no key along with bytes. The ticket says who it was made for; what that
user may not do any more, it does not do either.
"""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.fronts.rest.routes import declares
from wanllmdb_server.fronts.rest.services import services_of
from wanllmdb_server.fronts.rest.serving import Served, chunks, serve

_TICKET: Final = "/files/{ticket}"


def put_path(prefix: str, ticket: str) -> str:
    """Where a file is put, or got, with a ticket."""
    return prefix + _TICKET.format(ticket=ticket)


@declares(Resource.INSTANCE, Verb.CREATE)
async def put_with_ticket(request: Request) -> Response:
    """Keep the body as the file that the ticket names."""
    files = services_of(request).files
    actor, ticket = await files.holder(request.path_params["ticket"], "put")
    of = (actor, ticket.owner, ticket.project, ticket.run, ticket.path)
    kept = await files.put(*of, chunks(request), digest=None, mime=_mime(ticket.path))
    return Response(status_code=200, headers={"ETag": f'"{kept.digest}"'})


@declares(Resource.INSTANCE, Verb.READ)
async def get_with_ticket(request: Request) -> Response:
    """The bytes of the file that the ticket names."""
    files = services_of(request).files
    actor, ticket = await files.holder(request.path_params["ticket"], "get")
    of = (actor, ticket.owner, ticket.project, ticket.run, ticket.path)
    file = await files.read(*of)

    def content(start: int, end: int) -> AsyncIterator[bytes]:
        return files.content(file, start=start, end=end)

    return await serve(request, Served(file.path, file.digest, file.size, file.mime), content)


def _mime(path: str) -> str:
    """What a file is by its name: who has only a URL says nothing better."""
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def routes(prefix: str) -> list[Route]:
    """The routes of this file, under the prefix."""
    return [
        Route(prefix + _TICKET, put_with_ticket, methods=["PUT"]),
        Route(prefix + _TICKET, get_with_ticket, methods=["GET"]),
    ]
