"""The same question gives the same bytes: asked again, after sealing, merging and restarting."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

from tests.server.curves.test_routes import BINARY, JSON, ask
from tests.server.house import START, open_house, row, send
from tests.server.world import Template

from wanllmdb_server.catalog.access import locate_runs
from wanllmdb_server.domain.access import Resource, Verb

RUNS = ["r1", "r2", "r3"]
ODD = (math.nan, math.inf, -math.inf, 1e300, -0.0, 0.0, 1e-300)
QUESTIONS: list[dict[str, Any]] = [
    {},
    {"buckets": 10},
    {"first": 100, "last": 900, "buckets": 50},
    {"x": "relative", "first": 2e7, "last": 9e8},
    {"x": "metric", "x_key": "epoch"},
    {"group": [], "aggregates": ["mean", "std", "median"], "quantiles": [0.1]},
    {"group": ["config.lr"], "x": "wall", "buckets": 60},
    {"group_except": ["seed"], "x": "metric", "x_key": "epoch"},
]


async def answers(http: Any) -> list[bytes]:
    asked = {"runs": RUNS, "keys": ["loss", "acc"]}
    return [
        (await ask(http, kind, **asked, **question)).content
        for question in QUESTIONS
        for kind in (BINARY, JSON)
    ]


async def log(http: Any, start: int, chance: random.Random) -> None:
    """A hundred more rows of each run, some of them a little late."""
    for run in RUNS:
        rows = [
            row(
                start + n,
                step=start + n + chance.choice((0, 0, 0, -40)),
                loss=chance.choice(ODD) if chance.random() < 0.02 else chance.gauss(0, 1),
                acc=float(n % 7) / 3,
                epoch=(start + n) // 100,
            )
            for n in range(1, 101)
        ]
        answer = await send(http, start, rows, run=f"ann/vision/{run}")
        assert answer.status_code == 200, answer.text


async def begin(http: Any) -> None:
    for at, run in enumerate(RUNS):
        said = {"id": run, "project": "vision", "owner": "ann", "started_at": START}
        config = {"lr": at // 2, "seed": at}
        assert (await http.post("/api/v1/runs", json=said | {"config": config})).status_code == 201


async def test_the_same_question_gives_the_same_bytes(tmp_path: Path, template: Template) -> None:
    chance = random.Random(5)
    async with open_house(tmp_path, template) as house, house.client("member") as http:
        await begin(http)
        of = (house.catalog, house.actors["owner"], "ann", "vision", RUNS)
        numbers = [run.number for run in locate_runs(*of, Resource.POINTS, Verb.READ)]
        for start in range(0, 1000, 100):  # so many chunks of a series are merged
            await log(http, start, chance)
            for number in numbers[:2]:  # one stays in memory
                await house.store.seal(number)
        await log(http, 1000, chance)
        before = await answers(http)
        assert await answers(http) == before
        for number in numbers:
            await house.store.seal(number)
        assert await answers(http) == before
        for run in RUNS:
            await http.post(f"/api/v1/projects/ann/vision/runs/{run}/finish", json={"exit_code": 0})
        for number in numbers:
            await house.store.seal(number)
        assert await answers(http) == before
    async with open_house(tmp_path, template) as house, house.client("member") as http:
        assert await answers(http) == before
