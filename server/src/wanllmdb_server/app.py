"""The app: settings in, what uvicorn serves out.

Two of them over the same services: everything on the main port, and the metric routes alone on
the metric port. A process serves one of them or both, as its role is; where it is the metric
service alone, the other processes of its server have a door there. Every route says what it
does to what, or nothing is built.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.routing import BaseRoute, WebSocketRoute

from wanllmdb.version import VERSION
from wanllmdb_server import wiring, worker
from wanllmdb_server.data_dir import DataDir, PartLock
from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.run import LOOK_EVERY_S
from wanllmdb_server.fronts import web
from wanllmdb_server.fronts.gate import Gate
from wanllmdb_server.fronts.internal import door
from wanllmdb_server.fronts.rest import (
    accounts,
    alerts,
    artifacts,
    blobs,
    comparison,
    console,
    curves,
    errors,
    export,
    files,
    history,
    metric_reads,
    metrics,
    points,
    projects,
    receipts,
    run_export,
    run_sets,
    run_tables,
    runs,
    tickets,
    views,
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

    @property
    def served(self) -> Sequence[FastAPI]:
        """What this process listens for."""
        match self.told.role:
            case "all":
                return (self.main, self.metrics) if self.told.metrics_port else (self.main,)
            case "api":
                return (self.main,)
            case "metrics":
                return (self.metrics,)
            case "worker":
                return ()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Services]:
        """Open the stores, and serve from them while the block runs."""
        async with self.opener(self.told) as services, _chores_done(self.told, services):
            self.main.state.services = self.metrics.state.services = services
            if self.told.role == "metrics":
                self.metrics.state.door = wiring.open_door(self.told, services)
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
    rest = (
        *(
            accounts,
            projects,
            run_export,
            run_sets,
            run_tables,
            runs,
            receipts,
            files,
            blobs,
            artifacts,
        ),
        *(alerts, history, console, curves, export, metric_reads, views, comparison),
    )
    main = _app(told, [accounts.health, *(module.router for module in rest)])
    main.router.routes.extend(_protocols())
    main.router.routes.append(_declared(web.route(web.Page())))
    rest = (curves, history, export, metric_reads)
    beside = _app(told, [accounts.health, *(module.router for module in rest)])
    if told.role == "metrics":
        for route in door.routes():
            beside.router.routes.append(_declared(route, Resource.HOP, Verb.CREATE))
    for app in (main, beside):
        refuse_undeclared(app)
    return Apps(main, beside, told, opener)


def _protocols() -> list[BaseRoute]:
    """The routes of other clients' protocols, as far as their fronts are there."""
    try:
        from wanllmdb_server.fronts.wandb import front
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("wanllmdb_server.fronts.wandb"):
            raise
        return []
    return front.routes()


def describe(told: Settings) -> dict[str, Any]:
    """The machine-readable description of the API (OpenAPI)."""
    return build(told).main.openapi()


def _describe_ingest(app: FastAPI) -> None:
    """Add the plain routes, which FastAPI knows nothing of, to the description."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        schema = described()
        schema["paths"].update(points.paths(API) | metrics.paths(API))
        return schema

    app.openapi = openapi  # pyright: ignore[reportAttributeAccessIssue]


def chores(services: Services) -> list[worker.Chore]:
    """What is done again and again beside the requests."""
    return [
        worker.Chore("look for silent runs", LOOK_EVERY_S, services.runs.mark_silent),
        worker.Chore("forget deleted runs", 60.0, services.runs.forget_deleted),
        worker.Chore("forget what was never named", 3600.0, services.intake.drop_abandoned),
        worker.Chore("let go of what is old", 3600.0, services.retention.apply),
        worker.Chore("empty the bin", 600.0, services.run_sets.empty_bin),
        worker.Chore("drop unused bytes", 3600.0, services.files.drop_unused),
    ]


def _chores_done(told: Settings, services: Services) -> AbstractAsyncContextManager[None]:
    """The chores, as the role has them: its own, when nobody else holds them, or not at all."""
    match told.role:
        case "all" | "worker":
            return worker.working(chores(services))
        case "api":
            held = PartLock(DataDir(told.data_dir).path, "worker")
            return worker.working(chores(services), held.borrowed)
        case "metrics":
            return contextlib.nullcontext()


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
    app.router.routes.extend([*points.routes(API), *metrics.routes(API), *tickets.routes(API)])
    for router in routers:
        # As they are: `include_router` would make each of them anew, for what it could add.
        app.router.routes.extend(router.routes)
    app.router.routes.append(WebSocketRoute(API + "/metrics/stream", stream))
    app.add_middleware(BodyLimits)
    app.add_middleware(Gate, hosts=hosts(told))
    app.state.ready = False
    return app


def hosts(told: Settings) -> list[str]:
    """The names by which this server may be addressed, besides addresses in digits."""
    names = [*told.allowed_hosts, told.host]
    said = (told.public_url, told.metric_url, told.metrics_internal_url)
    names.extend(urlsplit(url or "").hostname or "" for url in said)
    if not told.loopback:
        names.append(socket.gethostname())
    return [name for name in names if name]


def _declared(
    route: BaseRoute, resource: Resource = Resource.INSTANCE, verb: Verb = Verb.READ
) -> BaseRoute:
    declares(resource, verb)(getattr(route, "endpoint"))  # noqa: B009
    return route
