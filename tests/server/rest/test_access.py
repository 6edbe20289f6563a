"""Nobody may more than they may, on any route, and a stranger cannot tell what exists."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.server.rest.access_matrix import DIGEST, HELLO, MATRIX, PLACES, ask, walk
from tests.server.rest.versions import tell
from tests.server.world import PEOPLE, Template, World

from wanllmdb_server.domain.access import Resource, Scope, Verb
from wanllmdb_server.fronts.rest.routes import (
    RestRouter,
    UndeclaredRouteError,
    declared,
    declares,
    refuse_undeclared,
)

Fresh = Callable[[str], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def fresh(template: Template, tmp_path: Path) -> AsyncIterator[Fresh]:
    """Makes a new world for each request, so that no request changes what the next one finds."""
    async with contextlib.AsyncExitStack() as stack:
        made = 0

        async def make(person: str) -> httpx.AsyncClient:
            nonlocal made
            made += 1
            world = template.copy(tmp_path / str(made))
            stack.callback(world.catalog.close)
            file = {"content": HELLO, "headers": {"X-Wanllmdb-Digest": DIGEST}}
            async with world.client("owner") as owner:
                await owner.put("/api/v1/projects/ann/vision/runs/first/files/notes.txt", **file)
                await tell(owner, "digits", {"notes.txt": HELLO})
            return await stack.enter_async_context(world.client(person))

        yield make


def test_every_route_has_a_row_in_the_matrix(world: World) -> None:
    routes = {(each.method, each.path) for each in declared(world.app)}
    assert routes == set(MATRIX)


@pytest.mark.parametrize("person", PEOPLE)
async def test_every_route_lets_in_exactly_whom_it_should(person: str, fresh: Fresh) -> None:
    assert await walk(MATRIX, person, fresh) == []


async def test_a_foreign_project_and_a_missing_one_look_the_same(world: World) -> None:
    missing = PLACES | {"owner": "bob", "project": "absent"}
    async with world.client("stranger") as client:
        for route, row in MATRIX.items():
            if "{project}" not in route[1]:
                continue
            foreign = (await ask(client, route, row)).json()
            absent = (await ask(client, route, row, missing)).json()
            for body in (foreign, absent):
                body.pop("instance")
            told = str(absent).replace("bob/absent", "ann/vision")
            assert str(foreign) == told, route


async def test_a_foreign_run_and_a_missing_one_look_the_same(world: World) -> None:
    async with world.client("stranger") as client:
        foreign = await client.get("/api/v1/projects/ann/vision/runs/first")
        absent = await client.get("/api/v1/projects/ann/vision/runs/other")
        assert foreign.status_code == absent.status_code == 404
        assert foreign.json()["detail"].replace("first", "other") == absent.json()["detail"]


@pytest.mark.parametrize(
    ("scope", "reads", "writes", "administrates"),
    [(Scope.READ, 200, 403, 403), (Scope.WRITE, 200, 200, 403), (Scope.ADMIN, 200, 200, 200)],
)
async def test_a_key_can_do_no_more_than_its_scope(
    world: World, scope: Scope, reads: int, writes: int, administrates: int
) -> None:
    root = world.services.accounts.me(world.actors["admin"])
    _, secret = world.services.accounts.create_key(root, "narrow", scope)
    async with world.client(headers={"Authorization": f"Bearer {secret}"}) as client:
        run = "/api/v1/projects/ann/vision/runs/first"
        assert (await client.get(run)).status_code == reads
        assert (await client.patch(run, json={"notes": "x"})).status_code == writes
        assert (await client.get("/api/v1/users")).status_code == administrates


def test_a_route_that_declares_nothing_stops_the_start() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/open")
    async def open_route() -> str:
        return "everybody comes in here"

    with pytest.raises(UndeclaredRouteError, match="GET /open"):
        refuse_undeclared(app)


def test_a_socket_that_declares_nothing_stops_the_start() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.websocket("/socket")
    async def socket() -> None:
        pass

    with pytest.raises(UndeclaredRouteError, match="WEBSOCKET /socket"):
        refuse_undeclared(app)


def test_the_description_route_of_the_framework_stops_the_start() -> None:
    with pytest.raises(UndeclaredRouteError, match=r"openapi\.json"):
        refuse_undeclared(FastAPI())


def test_declared_routes_of_all_kinds_are_listed() -> None:
    router = RestRouter(prefix="/x")

    @router.websocket("/socket", access=(Resource.POINTS, Verb.READ))
    async def socket() -> None:
        pass

    @declares(Resource.RUN, Verb.READ)
    async def plain() -> None:
        pass

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    app.router.add_route("/plain", plain, methods=["GET"])
    assert [(d.method, d.path, d.resource, d.verb) for d in declared(app)] == [
        ("WEBSOCKET", "/x/socket", Resource.POINTS, Verb.READ),
        ("GET", "/plain", Resource.RUN, Verb.READ),
    ]


async def test_who_loses_their_membership_is_a_stranger_again(world: World) -> None:
    async with world.client("owner") as owner, world.client("viewer") as viewer:
        assert (await viewer.get("/api/v1/projects/ann/vision")).status_code == 200
        await owner.delete("/api/v1/projects/ann/vision/members/vic")
        assert (await viewer.get("/api/v1/projects/ann/vision")).status_code == 404
        assert (await viewer.get("/api/v1/projects")).json()["items"] == []
