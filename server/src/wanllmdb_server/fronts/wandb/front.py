"""The routes of this front."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.fronts.rest.routes import declares
from wanllmdb_server.fronts.wandb import file_stream, transfers
from wanllmdb_server.fronts.wandb.graphql import graphql


@declares(Resource.INSTANCE, Verb.CREATE)
async def telemetry(_: Request) -> Response:
    """The client reports on itself to nobody here: with 404 it stops trying."""
    return Response(status_code=404)


def routes() -> list[BaseRoute]:
    """All routes of the protocol."""
    return [
        Route("/graphql", graphql, methods=["POST"]),
        *file_stream.routes(),
        *transfers.routes(),
        Route("/sdk/otel/v1/{rest:path}", telemetry, methods=["POST"]),
        Route("/oidc/token", telemetry, methods=["POST"]),
    ]
