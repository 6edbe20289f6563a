"""A small world: a server's services over a fresh catalog, and people with different rights.

In it, ann owns the project `ann/vision` with the run `first`; mia is a member of it, vic a
viewer, sam a stranger with a project of his own, and root administrates the instance.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from tests.server.memory_store import MemoryStore

from wanllmdb_server.blobs.arrivals import Arrivals
from wanllmdb_server.blobs.local import LocalBlobStore
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.credentials import Passwords
from wanllmdb_server.catalog.runs import NewRun
from wanllmdb_server.domain.access import ANONYMOUS, Actor, Role, Scope
from wanllmdb_server.domain.retention import Rule
from wanllmdb_server.events.memory import MemoryEventBus
from wanllmdb_server.fronts.rest import (
    accounts,
    alerts,
    artifacts,
    blobs,
    comparison,
    errors,
    files,
    projects,
    receipts,
    run_export,
    run_sets,
    run_tables,
    runs,
    views,
)
from wanllmdb_server.fronts.rest.body import BodyLimits
from wanllmdb_server.fronts.rest.services import Services
from wanllmdb_server.services.accounts import Accounts, actor_for
from wanllmdb_server.services.alerts import Alerts
from wanllmdb_server.services.analysis import Analysis
from wanllmdb_server.services.artifacts import Artifacts
from wanllmdb_server.services.comparison import Comparison
from wanllmdb_server.services.drafts import Drafts
from wanllmdb_server.services.files import Files
from wanllmdb_server.services.intake import Intake
from wanllmdb_server.services.projects import Projects
from wanllmdb_server.services.receipts import Receipts
from wanllmdb_server.services.retention import Retention
from wanllmdb_server.services.run_search import Choice, RunSearch, RunTables
from wanllmdb_server.services.run_sets import RunSets
from wanllmdb_server.services.runs import Runs
from wanllmdb_server.services.views import Views
from wanllmdb_server.wiring import chooser, finder

PASSWORD = "correct horse battery"  # noqa: S105
PEOPLE = ("anonymous", "stranger", "viewer", "member", "owner", "admin")
NAMES = {"stranger": "sam", "viewer": "vic", "member": "mia", "owner": "ann", "admin": "root"}


@dataclass
class Clock:
    """Time that goes on when it is told to, in microseconds."""

    now: int = 1_700_000_000_000_000

    def __call__(self) -> int:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += int(seconds * 1_000_000)


@dataclass
class World:
    """The services, and who may use them how."""

    clock: Clock
    catalog: Catalog
    store: MemoryStore
    bus: MemoryEventBus
    services: Services
    app: FastAPI
    actors: dict[str, Actor] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def headers(self, person: str) -> dict[str, str]:
        """What this person sends along with a request."""
        key = self.keys.get(person)
        return {"Authorization": f"Bearer {key}"} if key else {}

    @asynccontextmanager
    async def client(self, person: str = "anonymous", **options: Any) -> AsyncIterator[Any]:
        """An HTTP client of this person."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://localhost",
            headers=self.headers(person) | options.pop("headers", {}),
            **options,
        ) as client:
            yield client


@functools.cache
def rest_app() -> FastAPI:
    """An app of the routes of this front that are about everything but metrics.

    One for all worlds, since it takes long to build; it serves the world that was opened last.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    errors.install(app)
    for module in (
        accounts,
        projects,
        run_export,
        run_sets,
        run_tables,
        runs,
        receipts,
        files,
        alerts,
        blobs,
        artifacts,
        views,
        comparison,
    ):
        app.router.routes.extend(module.router.routes)
    app.router.routes.extend(accounts.health.routes)
    app.add_middleware(BodyLimits)
    app.state.ready = True
    return app


def open_world(folder: Path) -> World:
    """A world over what lies in the folder, and with nobody known in it yet."""
    clock = Clock()
    catalog = Catalog(f"sqlite:///{folder / 'catalog.db'}", clock=clock)
    catalog.migrate()
    store, bus = MemoryStore(), MemoryEventBus()
    kept, arrivals = LocalBlobStore(folder / "blobs"), Arrivals()
    choice = Choice(catalog, store)
    search = RunSearch(catalog, store, choice)
    services = Services(
        accounts=Accounts(catalog, passwords=Passwords(memory_kib=8, passes=1)),
        projects=Projects(catalog, store, bus),
        runs=Runs(catalog, store, bus),
        run_search=search,
        run_sets=RunSets(catalog, store, bus, chooser(choice), days=30),
        run_tables=RunTables(catalog, store, choice),
        files=Files(catalog, kept, arrivals),
        artifacts=Artifacts(catalog, kept),
        intake=Intake(catalog, kept, arrivals),
        drafts=Drafts(catalog, kept, arrivals, ticket_key="a key"),
        ingest=None,  # type: ignore[arg-type]  # the metric routes are not part of this world
        metrics=None,  # type: ignore[arg-type]
        numbered=None,  # type: ignore[arg-type]
        metric_answers=None,  # type: ignore[arg-type]
        curves=None,  # type: ignore[arg-type]
        export=None,  # type: ignore[arg-type]
        alerts=Alerts(catalog),
        history=None,  # type: ignore[arg-type]
        console=None,  # type: ignore[arg-type]
        receipts=Receipts(catalog, store),
        retention=Retention(catalog, store, Rule()),
        live=None,  # type: ignore[arg-type]
        views=Views(catalog),
        comparison=Comparison(catalog, store),
        analysis=Analysis(catalog, store, finder(search)),
        store=store,
        bus=bus,
    )
    app = rest_app()
    app.state.services = services
    return World(clock, catalog, store, bus, services, app)


@dataclass
class Template:
    """A settled world on disk, of which each test gets a copy: that is quicker than settling."""

    folder: Path
    actors: dict[str, Actor]
    keys: dict[str, str]

    def copy(self, folder: Path) -> World:
        """A fresh world in the folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        world = open_world(folder)
        world.actors, world.keys = dict(self.actors), dict(self.keys)
        return world


async def make_template(folder: Path) -> Template:
    """Settle a world: let the people in, and give them projects."""
    world = open_world(folder)
    services = world.services
    world.actors["anonymous"] = ANONYMOUS
    for person, name in NAMES.items():
        user = services.accounts.create_user(name, admin=person == "admin", password=PASSWORD)
        world.actors[person] = actor_for(user)
        _, world.keys[person] = services.accounts.create_key(user, "test", Scope.ADMIN)
    owner, stranger = world.actors["owner"], world.actors["stranger"]
    await services.runs.create(owner, "vision", NewRun(id="first", config={"lr": 0.1}))
    await services.runs.create(stranger, "vision", NewRun(id="first", name="foreign"))
    services.projects.put_member(owner, "ann", "vision", "mia", Role.MEMBER)
    services.projects.put_member(owner, "ann", "vision", "vic", Role.VIEWER)
    world.catalog.close()
    return Template(folder, world.actors, world.keys)
