"""Transfers: files of versions put and got by URLs that need no key, and the lists of them."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.artifact import Entry, Version
from wanllmdb_server.domain.errors import ServerError
from wanllmdb_server.fronts.rest.routes import declares
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.fronts.rest.serving import Served, begun, chunks, serve
from wanllmdb_server.fronts.wandb import errors, manifest
from wanllmdb_server.fronts.wandb.asked import Asked
from wanllmdb_server.services.artifacts import MAX_ENTRIES, Named, Stretch

WHOLE: Final = "whole"  # what is said of a list of files that are all of them
PART: Final = "part"
_PATH: Final = "/artifact-files/{ticket}"


def put_url(asked: Asked, draft: Version, path: str, checksum: str) -> str:
    """Where to put a file of a version; without a path, the list of its files."""
    ticket = asked.services.drafts.ticket(asked.actor, draft, path, "put", checksum)
    return asked.base_url + _PATH.format(ticket=ticket)


def get_url(asked: Asked, version: Version, path: str = "") -> str:
    """Where to get a file of a version; without a path, the list of its files."""
    ticket = asked.services.drafts.ticket(asked.actor, version, path, "get")
    return asked.base_url + _PATH.format(ticket=ticket)


def named(version: Version) -> Named:
    """A version by the names of the place where it was found."""
    place = version.place
    return Named(place.owner, place.project, place.artifact, f"v{place.number}")


async def entries(services: Services, actor: Actor, version: Version) -> AsyncIterator[list[Entry]]:
    """All files of a version, page by page."""
    cursor: str | None = None
    while True:
        wanted = Stretch(MAX_ENTRIES, cursor)
        page = await asyncio.to_thread(
            services.artifacts.entries, actor, named(version), wanted=wanted
        )
        yield page.items
        cursor = page.next
        if cursor is None:
            return


@declares(Resource.INSTANCE, Verb.CREATE)
async def put_with_ticket(request: Request) -> Response:
    """Keep the body as the file that the ticket names."""
    services = services_of(request)
    try:
        actor, ticket = await services.files.holder(request.path_params["ticket"], "put")
        if ticket.path:
            of = (actor, ticket.version, ticket.path, ticket.checksum)
            entry = await services.drafts.put(*of, chunks(request))
            return Response(status_code=200, headers={"ETag": f'"{entry.digest}"'})
        text = await manifest.body(chunks(request))
        told = await asyncio.to_thread(manifest.read, text)
        whole = ticket.checksum == WHOLE
        await asyncio.to_thread(services.drafts.tell, actor, ticket.version, told, whole=whole)
    except ServerError as error:
        return errors.answer(error)
    return Response(status_code=200)


@declares(Resource.INSTANCE, Verb.READ)
async def get_with_ticket(request: Request) -> Response:
    """The bytes of the file that the ticket names."""
    services = services_of(request)
    try:
        actor, ticket = await services.files.holder(request.path_params["ticket"], "get")
        of = (actor, ticket.version)
        version = await asyncio.to_thread(services.artifacts.version_by_id, *of)
        if not ticket.path:
            text = manifest.written(entries(services, actor, version), version.id)
            return StreamingResponse(await begun(text), media_type="application/json")
        entry = await services.artifacts.entry(actor, named(version), ticket.path)
    except ServerError as error:
        return errors.answer(error)
    digest = entry.digest or ""

    def content(start: int, end: int) -> AsyncIterator[bytes]:
        return services.artifacts.content(digest, start=start, end=end)

    mime = mimetypes.guess_type(entry.path)[0] or "application/octet-stream"
    return await serve(request, Served(entry.path, digest, entry.size, mime), content)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        Route(_PATH, put_with_ticket, methods=["PUT"]),
        Route(_PATH, get_with_ticket, methods=["GET"]),
    ]
