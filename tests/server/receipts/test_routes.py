"""The receipt of a run over HTTP: from what writers say to what is stored."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.server.house import House, open_house, record, row, send
from tests.server.world import Template

from wanllmdb.wire import Kind
from wanllmdb_server.catalog.runs import mark_silent

RUN = "/api/v1/projects/ann/vision/runs/first"
RECEIPT = f"{RUN}/receipt"


async def receipt(http: Any, query: str = "") -> Any:
    answer = await http.get(RECEIPT + query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def finish(at: int) -> tuple[int, int, bytes]:
    return record(at, Kind.FINISH, {"exit_code": 0, "time_us": None, "logged": 3, "lost": 0})


def tally(at: int, rows: int, **lost: int) -> tuple[int, int, bytes]:
    return record(at, Kind.TALLY, {"rows": rows, "lost": lost})


ROWS = [
    row(1, loss=0.5, acc=0.1),
    row(2, loss=0.4),
    record(3, Kind.SYSTEM, [1, 1_700_000_000_000_000, {"system/cpu": 0.5}]),
    record(4, Kind.CONSOLE, ["stdout", 1, 1_700_000_000_000_000, "hello"]),
    record(5, Kind.SUMMARY, {"set": {"best": 0.1}}),
]


async def test_a_run_is_open_until_it_ends_and_its_writer_has_said_its_total(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, ROWS)
        assert (await receipt(http))["state"] == "open"
        await send(http, 5, [finish(6)])
        found = await receipt(http)
        assert (found["state"], found["reasons"][0]["code"]) == ("open", "no-total")
        await send(http, 6, [tally(7, 4)])
        found = await receipt(http, "?recount=true")
        assert (found["state"], found["reasons"], found["lost"]) == ("complete", [], {})
        assert (found["rows"], found["stored"]) == (4, 4)
        assert (found["points"], found["found"], found["damaged"]) == (5, 5, [])
        [writer] = found["writers"]
        assert (writer["said"], writer["stored"], writer["points"]) == (4, 4, 5)
        # its last word is no sign of life of a script that has ended
        assert (await http.get(RUN)).json()["state"] == "finished"


async def test_a_tally_that_comes_again_changes_nothing(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [*ROWS, finish(6), tally(7, 4)])
        before = await receipt(http)
        await send(http, 0, [*ROWS, finish(6), tally(7, 4)])
        await send(http, 5, [finish(6), tally(7, 4)])
        assert await receipt(http) == before
        assert before["state"] == "complete"


async def test_each_loss_is_told_with_its_reason(house: House) -> None:
    async with house.client("member") as http:
        losses = [
            record(6, Kind.LOSS, {"reason": "disk", "count": 6, "detail": "no space"}),
            record(7, Kind.LOSS, {"reason": "unloggable", "count": 2, "detail": "'x' has a lock"}),
        ]
        await send(http, 0, [*ROWS, *losses, finish(8), tally(9, 12, disk=6)])
        found = await receipt(http)
        assert found["state"] == "incomplete"
        assert found["lost"] == {"disk": 6, "unloggable": 2}
        assert [(each["code"], each["count"]) for each in found["reasons"]] == [
            ("disk", 6),
            ("missing", 2),
            ("unloggable", 2),
        ]
        assert found["reasons"][0]["detail"] == "no space"


async def test_every_writer_has_to_say_its_total(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(1, x=1.0), finish(2), tally(3, 1)], writer="rank-0")
        await send(http, 0, [row(1, y=1.0)], writer="rank-1")
        assert (await receipt(http))["state"] == "open"
        await send(http, 1, [tally(2, 1)], writer="rank-1")
        found = await receipt(http)
        assert (found["state"], found["rows"]) == ("complete", 2)


async def test_points_that_came_as_json_are_in_the_account(house: House) -> None:
    async with house.client("member") as http:
        metric = {"run_id": "first", "key": "loss", "value": 0.5, "step": 1}
        answer = await http.post("/api/v1/metrics/batch", json={"metrics": [metric, metric]})
        assert answer.status_code == 200, answer.text
        await http.post(f"{RUN}/finish", json={})
        found = await receipt(http, "?recount=true")
        assert (found["state"], found["stored"], found["found"]) == ("complete", 2, 2)


KILLED = {"rows": None, "logged": None, "lost": {}, "closed": "killed"}


async def test_the_last_word_of_a_killed_writer_closes_the_account_when_the_run_has_ended(
    house: House,
) -> None:
    async with house.client("member") as http:
        await send(http, 0, ROWS)
        house.clock.now += 3600 * 1_000_000
        mark_silent(house.catalog, listening_since=0, now=house.clock())
        assert (await http.get(RUN)).json()["state"] == "crashed"
        assert (await receipt(http))["reasons"][0]["code"] == "no-total"
        await send(http, 5, [record(6, Kind.TALLY, KILLED)])
        # it is no sign of life
        assert (await http.get(RUN)).json()["state"] == "crashed"
        found = await receipt(http, "?recount=true")
        assert (found["state"], found["reasons"]) == ("complete", [])
        assert (found["rows"], found["logged"], found["stored"]) == (4, None, 4)
        assert "was killed" in found["notes"][0]
        [writer] = found["writers"]
        assert (writer["killed"], writer["label"]) == (True, "")


async def test_what_is_said_of_a_killed_writer_never_replaces_its_own_word(house: House) -> None:
    async with house.client("member") as http:
        said = {"rows": 9, "logged": 8, "lost": {}}
        await send(http, 0, [*ROWS, finish(6), record(7, Kind.TALLY, said)])
        await send(http, 7, [record(8, Kind.TALLY, KILLED)])
        found = await receipt(http)
        assert (found["rows"], found["logged"], found["notes"]) == (9, 8, [])
        await send(http, 0, [row(1, x=1.0), record(2, Kind.TALLY, KILLED)], writer="late")
        await send(http, 2, [record(3, Kind.TALLY, {"rows": 1, "lost": {}})], writer="late")
        found = await receipt(http)
        assert (found["rows"], found["logged"], found["notes"]) == (10, None, [])


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {},
        {"rows": None},
        {"rows": "4", "closed": "killed"},
        {"rows": "4"},
        {"rows": 4, "lost": [1]},
        {"rows": True},
    ],
)
async def test_a_tally_that_is_none_is_passed_over_and_the_batch_is_kept(
    house: House, payload: Any
) -> None:
    async with house.client("member") as http:
        answer = await send(http, 0, [row(1, x=1.0), record(2, Kind.TALLY, payload)])
        assert [each["code"] for each in answer.json()["rejected"]] == ["malformed-record"]
        assert (answer.json()["position"], answer.json()["rows"]) == (2, 1)


@pytest.mark.parametrize("rows", [-5, 1 << 80])
async def test_a_tally_beyond_all_bounds_is_kept_at_the_nearest(house: House, rows: int) -> None:
    said = {"rows": rows, "lost": {"disk": -1, "r" * 400: 1}}
    async with house.client("member") as http:
        if rows > 0:
            said["rows"] = (1 << 64) - 1  # msgpack has no larger ones
        await send(http, 0, [record(1, Kind.TALLY, said)])
        found = await receipt(http)
        assert found["rows"] == (0 if rows < 0 else (1 << 63) - 1)
        assert all(len(reason) <= 256 for reason in found["lost"])


async def test_a_receipt_outlives_the_server_and_goes_with_its_run(
    tmp_path: Path, template: Template
) -> None:
    async with open_house(tmp_path, template) as house, house.client("member") as http:
        await send(http, 0, [*ROWS, finish(6), tally(7, 4)])
        before = await receipt(http, "?recount=true")
    async with open_house(tmp_path, template) as house, house.client("member") as http:
        assert await receipt(http, "?recount=true") == before
        assert (await http.delete(RUN)).status_code == 204
        assert (await http.get(RECEIPT)).status_code == 404
        with house.catalog.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM tallies").scalar() == 0
        run = {"id": "first", "owner": "ann", "project": "vision"}
        await http.post("/api/v1/runs", json=run)
        found = await receipt(http)
        assert (found["stored"], found["writers"]) == (0, [])


async def test_damage_on_the_disk_is_found_by_the_recount_and_not_without(
    tmp_path: Path, template: Template
) -> None:
    async with open_house(tmp_path, template) as house, house.client("member") as http:
        await send(http, 0, [*ROWS, finish(6), tally(7, 4)])
    # The server is gone, and has sealed everything before.
    connection = sqlite3.connect(tmp_path / "data" / "metrics" / "metrics-0.db")
    with connection:
        connection.execute(
            "UPDATE body SET b = CAST(substr(b, 1, length(b) - 1) || x'00' AS BLOB)"
            " WHERE substr(b, 1, 4) = CAST('WVA2' AS BLOB)"
        )
    connection.close()
    async with open_house(tmp_path, template) as house, house.client("member") as http:
        assert (await receipt(http))["state"] == "complete"
        found = await receipt(http, "?recount=true")
        assert found["state"] == "incomplete"
        assert "values of" in found["damaged"][0]
        assert (found["points"], found["found"]) == (5, 1)
        assert [each["code"] for each in found["reasons"]] == ["damaged", "points-gone"]
        # Once somebody stumbled over it, it is known without.
        keys = (await http.get(f"{RUN}/keys")).json()
        assert "damaged" not in keys
        await http.get(f"{RUN}/points?key=loss")
        found = await receipt(http)
        assert found["state"] == "incomplete"
        assert found["damaged"][0].startswith("The values of ")
        points = (await http.get(f"{RUN}/points?key=loss")).json()
        assert (points["value"], points["damaged"][0]["key"]) == ([], "loss")
        question = {"project": "ann/vision", "runs": ["first"], "keys": ["loss"]}
        headers = {"Accept": "application/json"}
        curves = (await http.post("/api/v1/curves", json=question, headers=headers)).json()
        assert curves["curves"][0]["damaged"] == ["first"]
