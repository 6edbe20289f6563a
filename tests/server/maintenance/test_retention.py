"""Retention: what is old goes as the project says, what is kept stays, and first it is told."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.server.house import House, exact, open_house, record, row, send
from tests.server.world import Template

from wanllmdb.wire import Kind
from wanllmdb_server.domain.retention import DAY_US, Rule, parse

PROJECT = "/api/v1/projects/ann/vision"
POINTS = 300


@pytest.fixture
async def house(tmp_path: Path, template: Template) -> AsyncIterator[House]:
    async with open_house(tmp_path, template) as house:
        yield house


async def fill(http: Any, run: str, *, end: bool = True) -> None:
    """A run with points, figures of its machine, console lines and a file."""
    time = 1_700_000_000_000_000
    rows = [row(n, step=n, loss=n / 7, acc=1.0) for n in range(1, POINTS + 1)]
    rows += [
        record(POINTS + n, Kind.SYSTEM, [n, time + n, {"system/cpu": 0.5}]) for n in range(1, 51)
    ]
    rows += [
        record(POINTS + 50 + n, Kind.CONSOLE, ["stdout", n, time, f"line {n}"])
        for n in range(1, 11)
    ]
    if end:
        rows.append(
            record(
                POINTS + 61,
                Kind.FINISH,
                {"exit_code": 0, "time_us": None, "logged": POINTS, "lost": 0},
            )
        )
        rows.append(record(POINTS + 62, Kind.TALLY, {"rows": POINTS + 60, "lost": {}}))
    assert (await send(http, 0, rows, run=f"ann/vision/{run}")).status_code == 200
    content = b"weights" * 100
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    answer = await http.put(
        f"{PROJECT}/runs/{run}/files/model.bin",
        content=content,
        headers={"X-Wanllmdb-Digest": digest},
    )
    assert answer.status_code < 300, answer.text


async def make(http: Any, run: str) -> None:
    body = {"id": run, "owner": "ann", "project": "vision"}
    assert (await http.post("/api/v1/runs", json=body)).status_code < 300


async def keys(http: Any, run: str) -> set[str]:
    answer = await http.get(f"{PROJECT}/runs/{run}/keys")
    return {each["key"].partition("/")[0] for each in answer.json()["keys"]}


async def set_rule(http: Any, **days: int | None) -> None:
    answer = await http.patch(PROJECT, json={"retention": days})
    assert answer.status_code == 200, answer.text


async def test_what_would_go_is_told_and_then_goes_and_nothing_else_does(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.client("owner") as http:
        for run in ("first", "tagged", "running"):
            await make(http, run)
            await fill(http, run, end=run != "running")
        await http.patch(f"{PROJECT}/runs/tagged", json={"tags": ["keep"]})
        await set_rule(http, points_days=30, files_days=30)
        house.clock.now += 29 * DAY_US
        nothing = (await http.get(f"{PROJECT}/retention")).json()
        assert nothing["points"] == nothing["files"] == {"runs": 0, "items": 0, "bytes": 0}
        house.clock.now += 2 * DAY_US
        told = (await http.get(f"{PROJECT}/retention")).json()
        assert (told["own"], told["console"], told["system"]) == (True, None, None)
        assert (told["points"]["runs"], told["points"]["items"]) == (1, 2 * POINTS)
        assert 0 < told["points"]["bytes"] < 2 * POINTS * 100
        assert told["files"] == {"runs": 1, "items": 1, "bytes": 700}
        assert await keys(http, "first") == {"loss", "acc", "system", "console"}
        with caplog.at_level(logging.INFO, "wanllmdb.retention"):
            assert await house.services.retention.apply() == 2
        assert {message.split(":")[1].split(" of ")[0].strip() for message in caplog.messages} == {
            "points",
            "files",
        }
        assert await keys(http, "first") == {"system", "console"}
        assert await exact(http, "loss") == []
        assert len(await exact(http, "system/cpu")) == 50
        assert (await http.get(f"{PROJECT}/runs/first/files")).json()["total"] == 0
        for run in ("tagged", "running"):
            assert await keys(http, run) == {"loss", "acc", "system", "console"}
            assert (await http.get(f"{PROJECT}/runs/{run}/files")).json()["total"] == 1
        receipt = (await http.get(f"{PROJECT}/runs/first/receipt?recount=true")).json()
        assert receipt["state"] == "complete", receipt
        assert "600 points were deleted by the retention" in receipt["notes"][0]
        after = (await http.get(f"{PROJECT}/retention")).json()
        assert after["points"] == {"runs": 0, "items": 0, "bytes": 0}
        assert await house.services.retention.apply() == 0


async def test_a_run_that_was_resumed_keeps_what_is_new_for_as_long_again(house: House) -> None:
    async with house.client("owner") as http:
        await make(http, "first")
        await fill(http, "first")
        await set_rule(http, points_days=1)
        house.clock.now += 2 * DAY_US
        assert await house.services.retention.apply() == 1
        more = [row(POINTS + 100, step=1000, loss=5.0)]
        assert (await send(http, POINTS + 62, more)).status_code == 200
        finish = {"exit_code": 0, "time_us": None, "logged": 1, "lost": 0}
        await send(http, POINTS + 100, [record(POINTS + 101, Kind.FINISH, finish)])
        assert await house.services.retention.apply() == 0
        assert await exact(http, "loss") == [(1000, 5.0)]
        house.clock.now += 2 * DAY_US
        assert await house.services.retention.apply() == 1
        assert await exact(http, "loss") == []


async def test_what_is_gone_is_gone_after_a_restart_and_takes_no_room(
    tmp_path: Path, template: Template
) -> None:
    async with open_house(tmp_path, template) as house, house.client("owner") as http:
        await make(http, "first")
        await fill(http, "first")
        await set_rule(http, points_days=1, console_days=1, system_days=1)
        house.clock.now += 2 * DAY_US
        assert await house.services.retention.apply() == 3
        assert house.store._database.log.execute("SELECT count(*) FROM body").fetchone() == (0,)
    async with open_house(tmp_path, template) as house, house.client("owner") as http:
        assert await keys(http, "first") == set()
        count = await house.store.count(1)
        assert (count.points, count.damaged, count.released) == (0, (), 2 * POINTS + 60)


async def test_a_rule_is_set_by_an_admin_and_told_to_everybody(house: House) -> None:
    async with house.client("owner") as http, house.client("viewer") as other:
        assert (await other.patch(PROJECT, json={"retention": {}})).status_code == 403
        await set_rule(http, points_days=7, files_days=None)
        said = (await other.get(PROJECT)).json()["retention"]
        assert said == {
            "points_days": 7, "console_days": None, "system_days": None, "files_days": None,
        }  # fmt: skip
        await http.patch(PROJECT, json={"description": "another"})
        assert (await http.get(PROJECT)).json()["retention"] == said
        await http.patch(PROJECT, json={"retention": None})
        assert (await http.get(PROJECT)).json()["retention"] is None
        for wrong in ({"points_days": 0}, {"points_days": "x"}, {"days": 1}, 5):
            answer = await http.patch(PROJECT, json={"retention": wrong})
            assert answer.status_code == 422, wrong


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", Rule()),
        ("points=365", Rule(points_days=365)),
        ("points=365, console=30,files=7,system=1", Rule(365, 30, 1, 7)),
    ],
)
def test_the_rule_of_a_server_is_said_in_words(text: str, rule: Rule) -> None:
    assert parse(text) == rule


@pytest.mark.parametrize("text", ["points", "points=0", "points=-1", "runs=3", "points=99999"])
def test_a_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="kind=days"):
        parse(text)
