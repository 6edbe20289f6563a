"""The app: settings in, what uvicorn serves out.

Two of them over the same services: everything on the main port, and the metric routes alone on
the metric port. Every route of both says what it does to what, or nothing is built.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.routing import BaseRoute, WebSocketRoute

from wanllmdb.version import VERSION
from wanllmdb_server import wiring, worker
from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.run import LOOK_EVERY_S
from wanllmdb_server.fronts import web
from wanllmdb_server.fronts.gate import Gate
from wanllmdb_server.fronts.rest import (
    accounts,
    curves,
    errors,
    files,
    points,
    projects,
    receipts,
    runs,
)
from wanllmdb_server.fronts.rest.body import BodyLimits
from wanllmdb_server.fronts.rest.routes import API, RestRouter, declares, refuse_undeclared
from wanllmdb_server.fronts.rest.services import Services
from wanllmdb_server.fronts.rest.stream import stream
from wanllmdb_server.settings import Settings

Opener = Callable[[Settings], AbstractAsyncContextManager[Services]]


@dataclass(slots=True)
class Apps:
    """What is served: `main` on the main port, `metrics` on the metric port."""

    main: FastAPI
    metrics: FastAPI
    told: Settings
    opener: Opener

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Services]:
        """Open the stores, and serve from them while the block runs."""
        async with self.opener(self.told) as services, worker.working(chores(services)):
            self.main.state.services = self.metrics.state.services = services
            self.ready(True)
            try:
                yield services
            finally:
                self.ready(False)

    def ready(self, answer: bool) -> None:
        """Whether `/readyz` says that requests are welcome."""
        self.main.state.ready = self.metrics.state.ready = answer


def build(told: Settings, opener: Opener = wiring.open_services) -> Apps:
    """The apps for these settings.

    Raises:
        UndeclaredRouteError: a route does not say what it does to what.
    """
    rest = (accounts, projects, runs, receipts, files, curves)
    main = _app(told, [accounts.health, *(module.router for module in rest)])
    main.router.routes.append(_declared(web.route(web.Page())))
    metrics = _app(told, [accounts.health, curves.router])
    for app in (main, metrics):
        refuse_undeclared(app)
    return Apps(main, metrics, told, opener)


def describe(told: Settings) -> dict[str, Any]:
    """The machine-readable description of the API (OpenAPI)."""
    return build(told).main.openapi()


def _describe_ingest(app: FastAPI) -> None:
    """Add the plain routes, which FastAPI knows nothing of, to the description."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        schema = described()
        schema["paths"].update(points.paths(API))
        return schema

    app.openapi = openapi  # pyright: ignore[reportAttributeAccessIssue]


def chores(services: Services) -> list[worker.Chore]:
    """What is done again and again beside the requests."""
    return [
        worker.Chore("look for silent runs", LOOK_EVERY_S, services.runs.mark_silent),
        worker.Chore("forget deleted runs", 60.0, services.runs.forget_deleted),
    ]


def _app(told: Settings, routers: Iterable[RestRouter]) -> FastAPI:
    app = FastAPI(
        title="wanLLMDB",
        version=VERSION,
        docs_url=None,  # they would load their scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    errors.install(app)
    _describe_ingest(app)
    # Routes are tried in their order, which for the last of forty costs more than its answer.
    app.router.routes.extend(points.routes(API))
    for router in routers:
        app.include_router(router)
    app.router.routes.append(WebSocketRoute(API + "/metrics/stream", stream))
    app.add_middleware(BodyLimits)
    app.add_middleware(Gate, hosts=hosts(told))
    app.state.ready = False
    return app


def hosts(told: Settings) -> list[str]:
    """The names by which this server may be addressed, besides addresses in digits."""
    names = [*told.allowed_hosts, told.host]
    if told.public_url:
        names.append(urlsplit(told.public_url).hostname or "")
    if not told.loopback:
        names.append(socket.gethostname())
    return [name for name in names if name]


def _declared(route: BaseRoute) -> BaseRoute:
    declares(Resource.INSTANCE, Verb.READ)(getattr(route, "endpoint"))  # noqa: B009
    return route
