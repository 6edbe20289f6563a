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
from wanllmdb_server.fronts.rest.routes import declared
from wanllmdb_server.settings import Settings

METRICS: dict[tuple[str, str], Row] = {
    ("POST", "/api/v1/curves"): Row(
        VIEWERS, json={"project": "ann/vision", "runs": ["first"], "keys": ["loss"]}
    ),
    ("GET", RUN + "/keys"): Row(VIEWERS),
    ("GET", PROJECT_PATH + "/keys"): Row(VIEWERS),
    ("GET", RUN + "/points"): Row(VIEWERS, query="?key=loss"),
    ("POST", RUN + "/writers/{writer}/batches"): Row(
        MEMBERS,
        content=wire.pack(0, [row(1, loss=1.0)]),
        headers={"Content-Type": wire.CONTENT_TYPE},
    ),
    # Who may not write into a point's run hears so at the point (tests/server/ingest).
    ("POST", "/api/v1/metrics/batch"): Row(
        KNOWN, json={"metrics": [{"run_id": "ann/vision/first", "key": "x", "value": 1}]}
    ),
}
PAGE = {("GET", "/{path:path}"): Row(OPEN, status=404)}  # it has no such file
STREAM = {("WEBSOCKET", "/api/v1/metrics/stream")}  # tests/server/live asks it as everybody
HEALTH = {("GET", "/healthz"), ("GET", "/readyz")}


def test_every_route_of_both_ports_has_a_row_in_the_matrix() -> None:
    apps = build(Settings())
    main = {(each.method, each.path) for each in declared(apps.main)}
    assert main == MATRIX.keys() | METRICS.keys() | PAGE.keys() | STREAM
    metrics = {(each.method, each.path) for each in declared(apps.metrics)}
    assert metrics == METRICS.keys() | STREAM | HEALTH


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

        assert await walk(METRICS | PAGE, person, fresh) == []
