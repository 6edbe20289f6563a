"""The whole server's routes: each has its row in the matrix, and lets in whom it should."""

from __future__ import annotations

import contextlib
from pathlib import Path

import httpx
import pytest
from tests.server.house import open_house, row
from tests.server.rest.access_matrix import KNOWN, MATRIX, MEMBERS, OPEN, RUN, VIEWERS, Row, walk
from tests.server.rest.access_matrix import PROJECT as PROJECT_PATH
from tests.server.world import PEOPLE, Template

from wanllmdb import wire
from wanllmdb_server.app import build
from wanllmdb_server.domain.access import Actor, Resource, Role, Scope, Verb, allows
from wanllmdb_server.fronts.rest.routes import declared
from wanllmdb_server.settings import ServerRole, Settings

try:  # the front of another client's protocol may be left out, with its tests
    from tests.server.wandb.access_rows import WANDB
except ModuleNotFoundError:
    WANDB: dict[tuple[str, str], Row] = {}

TICKETS = {
    # Nobody made this one: whoever has none that is valid hears so, whoever they are.
    ("PUT", "/api/v1/files/{ticket}"): Row(OPEN, content=b"x", status=403),
    ("GET", "/api/v1/files/{ticket}"): Row(OPEN, status=403),
}
NAMED = "/api/v1/metrics/{run_id:path}"  # a run as batches of points name it
METRICS: dict[tuple[str, str], Row] = {
    ("POST", "/api/v1/curves"): Row(
        VIEWERS, json={"project": "ann/vision", "runs": ["first"], "keys": ["loss"]}
    ),
    ("GET", RUN + "/keys"): Row(VIEWERS),
    ("GET", PROJECT_PATH + "/keys"): Row(VIEWERS),
    ("GET", RUN + "/points"): Row(VIEWERS, query="?key=loss"),
    ("POST", PROJECT_PATH + "/statistics"): Row(VIEWERS, json={"runs": ["first"]}),
    ("GET", RUN + "/export"): Row(VIEWERS, query="?format=csv"),
    ("POST", PROJECT_PATH + "/export"): Row(VIEWERS, json={"format": "jsonl"}),
    ("POST", RUN + "/writers/{writer}/batches"): Row(
        MEMBERS,
        content=wire.pack(0, [row(1, loss=1.0)]),
        headers={"Content-Type": wire.CONTENT_TYPE},
    ),
    # Who may not write into a point's run hears so at the point (tests/server/ingest).
    ("POST", "/api/v1/metrics/batch"): Row(
        KNOWN, json={"metrics": [{"run_id": "ann/vision/first", "key": "x", "value": 1}]}
    ),
    ("POST", "/api/v1/metrics/system/batch"): Row(
        KNOWN, json={"metrics": [{"run_id": "ann/vision/first", "cpu_percent": 1}]}
    ),
    ("GET", NAMED + "/history"): Row(VIEWERS, query="?key=loss"),
    ("GET", NAMED + "/latest"): Row(VIEWERS),
    ("GET", NAMED + "/statistics"): Row(VIEWERS),
    ("GET", NAMED + "/summary"): Row(VIEWERS),
}
HISTORY = {("GET", RUN + "/history"): Row(VIEWERS, query="?keys=loss&samples=5")}
READING = HISTORY | {
    ("GET", RUN + "/console"): Row(VIEWERS, query="?q=x&regex=true"),
    ("GET", RUN + "/console.txt"): Row(VIEWERS),
}
PAGE = {("GET", "/{path:path}"): Row(OPEN, status=404)}  # it has no such file
STREAM = {("WEBSOCKET", "/api/v1/metrics/stream")}  # tests/server/live asks it as everybody
HEALTH = {("GET", "/healthz"), ("GET", "/readyz")}
DOOR = {("POST", "/internal/v1/store/{method}"), ("WEBSOCKET", "/internal/v1/events")}


def test_every_route_of_both_ports_has_a_row_in_the_matrix() -> None:
    apps = build(Settings())
    main = {(each.method, each.path) for each in declared(apps.main)}
    rows = MATRIX | METRICS | READING | PAGE | TICKETS | WANDB
    assert main == rows.keys() | STREAM
    metrics = {(each.method, each.path) for each in declared(apps.metrics)}
    assert metrics == METRICS.keys() | HISTORY.keys() | TICKETS.keys() | STREAM | HEALTH


@pytest.mark.parametrize("role", ["all", "api", "metrics", "worker"])
def test_only_a_metric_service_of_its_own_has_a_door_for_other_processes(role: ServerRole) -> None:
    apps = build(Settings(role=role))
    main = {(each.method, each.path) for each in declared(apps.main)}
    metrics = {(each.method, each.path) for each in declared(apps.metrics)}
    assert not main & DOOR
    assert metrics & DOOR == (DOOR if role == "metrics" else set())


def test_nobody_has_the_right_to_the_hop_by_who_they_are() -> None:
    somebody = Actor(user_id=1, name="root", admin=True, scope=Scope.ADMIN)
    assert not any(allows(somebody, Resource.HOP, verb, Role.ADMIN) for verb in Verb)


@pytest.mark.parametrize("person", PEOPLE)
async def test_every_metric_route_lets_in_exactly_whom_it_should(
    person: str, template: Template, tmp_path: Path
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        made = 0

        async def fresh(name: str) -> httpx.AsyncClient:
            nonlocal made
            made += 1
            (tmp_path / str(made)).mkdir()
            house = await stack.enter_async_context(open_house(tmp_path / str(made), template))
            return await stack.enter_async_context(house.client(name))

        assert await walk(METRICS | READING | PAGE | TICKETS | WANDB, person, fresh) == []
