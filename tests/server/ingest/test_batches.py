"""Packed batches: what is acknowledged is kept, once; what is said of a run is applied, once."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from tests.server.house import House, exact, open_house, record, row, send
from tests.server.world import Template

from wanllmdb import wire
from wanllmdb.wire import Kind

RUN = "/api/v1/projects/ann/vision/runs/first"


async def test_a_batch_is_there_when_it_is_acknowledged(house: House) -> None:
    async with house.client("member") as http:
        answer = await send(http, 0, [row(n, loss=1 / n) for n in range(1, 11)])
        assert answer.status_code == 200
        assert answer.json() == {
            "position": 10, "rows": 10, "rejected": [], "stop": False, "watched": False,
        }  # fmt: skip
        assert await exact(http, "loss") == [(n, 1 / n) for n in range(1, 11)]


async def test_what_comes_again_is_kept_once_alone_or_in_another_batch(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(1, x=1.0), row(2, x=2.0)])
        again = await send(http, 0, [row(1, x=1.0), row(2, x=2.0)])
        assert (again.json()["position"], again.json()["rows"]) == (2, 0)
        more = await send(http, 0, [row(1, x=1.0), row(2, x=2.0), row(3, x=3.0)])
        assert (more.json()["position"], more.json()["rows"]) == (3, 1)
        assert await exact(http, "x") == [(1, 1.0), (2, 2.0), (3, 3.0)]


async def test_a_gap_is_refused_and_nothing_of_its_batch_is_applied(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(1, x=1.0)])
        for records in ([row(8, x=8.0)], [record(8, Kind.CONFIG, {"set": {"lr": 9}})]):
            answer = await send(http, 7, records)
            assert answer.status_code == 409
            assert answer.json()["code"] == "position-gap"
            assert answer.json()["expected"] == 1
        run = (await http.get(RUN)).json()
        assert run["config"] == {"lr": 0.1}


async def test_each_writer_has_a_position_of_its_own(house: House) -> None:
    async with house.client("member") as http:
        for writer in ("rank-0", "rank-1"):
            answer = await send(http, 0, [row(1, x=1.0)], writer=writer)
            assert answer.json()["rows"] == 1
        assert len(await exact(http, "x")) == 2


async def test_what_a_batch_says_of_its_run_is_applied_once_however_often_it_comes(
    house: House,
) -> None:
    records = [
        record(1, Kind.RUN, {"id": "first"}),
        record(2, Kind.CONFIG, {"set": {"lr": 0.2, "layers": [1, 2]}}),
        row(3, loss=0.5),
        record(4, Kind.LOSS, {"reason": "spool full", "count": 5, "detail": ""}),
        record(5, Kind.SUMMARY, {"set": {"best": 0.5}}),
        row(6, loss=0.25),
        record(7, Kind.PATCH, {"name": "blue", "tags": ["a"]}),
        record(8, Kind.LOSS, {"reason": "spool full", "count": 2, "detail": ""}),
        record(9, Kind.FINISH, {"exit_code": 0, "time_us": 9, "logged": 2, "lost": None}),
    ]
    chance = random.Random(1)
    async with house.client("member") as http:
        position = 0
        while position < 9:
            end = min(9, position + chance.randint(1, 4))
            start = chance.randint(0, position)
            for _ in range(chance.randint(1, 3)):
                answer = await send(http, start, records[start:end])
                assert answer.status_code == 200, answer.text
                assert answer.json()["position"] == end
            position = end
        run = (await http.get(RUN)).json()
        assert run["config"] == {"lr": 0.2, "layers": [1, 2]}
        assert run["summary"] == {"loss": 0.25, "best": 0.5}
        assert run["name"] == "blue"
        assert run["tags"] == ["a"]
        assert (run["state"], run["exit_code"], run["logged"]) == ("finished", 0, 2)
        assert run["lost"] == 7
        assert await exact(http, "loss") == [(3, 0.5), (6, 0.25)]


async def test_what_was_printed_and_measured_is_kept_beside_the_rows(house: House) -> None:
    records = [
        record(1, Kind.CONSOLE, ["stdout", 0, 5, "epoch 1"]),
        row(2, loss=0.5),
        record(3, Kind.SYSTEM, [0, 6, {"system/gpu.0.util": 93.0}]),
        record(4, Kind.CONSOLE, ["stderr", 0, 7, "warning"]),
        record(5, Kind.SIGNAL, {"name": "SIGTERM"}),
    ]
    async with house.client("member") as http:
        for _ in range(2):
            answer = await send(http, 0, records)
            assert answer.json()["position"] == 5
        assert await exact(http, "console/stdout/w1") == [(0, "epoch 1")]
        assert await exact(http, "console/stderr/w1") == [(0, "warning")]
        assert await exact(http, "system/gpu.0.util") == [(0, 93.0)]
        assert await exact(http, "loss") == [(2, 0.5)]
        assert (await http.get(RUN)).json()["summary"] == {"loss": 0.5}


async def test_a_bad_record_or_value_is_named_and_its_batch_is_kept(house: House) -> None:
    records = [
        row(1, loss=1.0),
        record(2, Kind.ROW, ["no", "row"]),
        record(3, Kind.CONFIG, [1]),
        record(4, 40, "of a newer version"),
        record(5, Kind.CONFIG, {"set": {"lr": 7}}),
        row(6, loss=2.0),
    ]
    async with house.client("member") as http:
        answer = (await send(http, 0, records)).json()
        assert (answer["position"], answer["rows"]) == (6, 2)
        assert sorted(each["position"] for each in answer["rejected"]) == [2, 3]
        assert await exact(http, "loss") == [(1, 1.0), (6, 2.0)]
        assert (await http.get(RUN)).json()["config"] == {"lr": 7}


async def test_batches_of_one_writer_that_overtake_each_other_find_their_order(
    house: House,
) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(1, x=1.0)])
        slow = [record(n, Kind.CONFIG, {"set": {"n": n}}) for n in range(2, 400)]
        first = asyncio.create_task(send(http, 1, slow))
        await asyncio.sleep(0)
        second = asyncio.create_task(send(http, 399, [row(400, x=1.0)]))
        statuses = [(await first).status_code, (await second).status_code]
        assert statuses == [200, 200]
        assert (await http.get(RUN)).json()["config"]["n"] == 399


async def test_a_run_that_is_begun_anew_after_its_deletion_gets_its_own_rows(
    house: House,
) -> None:
    async with house.client("owner") as http:
        await send(http, 0, [row(1, x=1.0)])  # and where it went is remembered
        assert (await http.delete(RUN)).status_code == 204
        assert (await send(http, 0, [row(1, x=1.0)])).status_code == 404
        await http.post("/api/v1/runs", json={"id": "first", "project": "vision"})
        assert (await send(http, 0, [row(1, x=2.0)])).status_code == 200
        assert await exact(http, "x") == [(1, 2.0)]


async def test_data_heals_a_crashed_run_and_leaves_a_finished_one(house: House) -> None:
    async with house.client("member") as http:
        house.clock.tick(120)
        assert await house.services.runs.mark_silent() >= 1
        assert (await http.get(RUN)).json()["state"] == "crashed"
        await send(http, 0, [row(1, x=1.0)])
        await house.services.ingest.close()  # the sign of life is written beside the answer
        assert (await http.get(RUN)).json()["state"] == "running"
        await send(http, 1, [record(2, Kind.FINISH, {"exit_code": 3})])
        await send(http, 2, [row(3, x=3.0)])
        assert (await http.get(RUN)).json()["state"] == "failed"
        assert await exact(http, "x") == [(1, 1.0), (3, 3.0)]


@pytest.mark.parametrize("silence", [60, 120, 30 * 24 * 3600])
async def test_late_data_of_a_silent_run_is_taken_and_heals_it(
    house: House, silence: float
) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(1, x=1.0)])
        await house.services.ingest.close()
        house.clock.tick(silence)
        assert await house.services.runs.mark_silent() >= 1
        late = [row(2, x=2.0), record(3, Kind.CONFIG, {"set": {"a": 1}})]
        assert (await send(http, 1, late)).json()["rows"] == 1
        assert (await http.get(RUN)).json()["state"] == "running"
        await send(http, 3, [row(4, x=3.0), record(5, Kind.FINISH, {"exit_code": 0})])
        assert (await http.get(RUN)).json()["state"] == "finished"
        assert [value for _, value in await exact(http, "x")] == [1.0, 2.0, 3.0]


async def test_a_run_that_was_told_to_go_is_preempted_and_found_as_such(house: House) -> None:
    async with house.client("member") as http:
        told = {"name": "SIGTERM", "preempted": True}
        await send(http, 0, [row(1, x=1.0), record(2, Kind.SIGNAL, told)])
        run = (await http.get(RUN)).json()
        assert (run["state"], run["preempting"]) == ("running", "SIGTERM")
        house.clock.tick(46)
        await house.services.runs.mark_silent()
        found = await http.get(RUN.rpartition("/")[0], params={"state": "preempted"})
        assert [each["state"] for each in found.json()["items"]] == ["preempted"]


async def test_the_writer_hears_that_the_run_shall_stop(house: House) -> None:
    async with house.client("member") as http:
        assert (await send(http, 0, [row(1, x=1.0)])).json()["stop"] is False
        await http.patch(RUN, json={"stop_requested": True})
        house.clock.tick(6)
        assert (await send(http, 1, [row(2, x=1.0)])).json()["stop"] is True


async def test_what_was_acknowledged_is_there_after_a_restart(
    tmp_path: Path, template: Template
) -> None:
    async with open_house(tmp_path, template) as house, house.client("member") as http:
        await send(http, 0, [row(n, x=float(n)) for n in range(1, 100)])
        headers = dict(http.headers)
    async with open_house(tmp_path, template) as house, house.client() as http:
        http.headers.update(headers)
        assert await exact(http, "x") == [(n, float(n)) for n in range(1, 100)]
        again = await send(http, 0, [row(n, x=float(n)) for n in range(1, 100)])
        assert again.json()["rows"] == 0


HALF = wire.unpack("w", wire.pack(0, [row(1, x=1.0)])).body[:-5]
NOT_A_BATCH = {
    "empty": (b"", 422),
    "text": (b"hello", 422),
    "json": (b'{"rows": []}', 422),
    "a newer version": (wire.encode((2, 0, 1, 1, 2, b"")), 422),
    "positions that go back": (wire.encode((1, 5, 5, 1, 2, b"")), 422),
    "a position beyond int64": (wire.encode((1, 0, 1 << 63, 1, 2, b"")), 422),
    "no records": (wire.encode((1, 0, 1, 0, 2, b"")), 422),
    "a body that is no zstd": (wire.encode((1, 0, 1, 1, 2, b"abc")), 422),
    "a body that is no zstd, of many kinds": (wire.encode((1, 0, 1, 1, 6, b"abc")), 422),
    "half a body": (wire.encode((1, 0, 1, 1, 2, HALF)), 422),
}


@pytest.mark.parametrize("name", NOT_A_BATCH)
async def test_what_is_no_batch_is_refused_and_harms_nothing(house: House, name: str) -> None:
    content, status = NOT_A_BATCH[name]
    async with house.client("member") as http:
        answer = await http.post(
            RUN + "/writers/w1/batches",
            content=content,
            headers={"Content-Type": wire.CONTENT_TYPE},
        )
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await send(http, 0, [row(1, x=1.0)])).json()["rows"] == 1


async def test_a_body_that_swells_is_refused(house: House) -> None:
    import zstandard

    bomb = zstandard.ZstdCompressor().compress(bytes(65 * 1024 * 1024))
    async with house.client("member") as http:
        for kinds in (1 << Kind.ROW, 1 << Kind.CONFIG):
            content = wire.encode((1, 0, 1, 1, kinds, bomb))
            answer = await http.post(
                RUN + "/writers/w1/batches",
                content=content,
                headers={"Content-Type": wire.CONTENT_TYPE},
            )
            assert answer.status_code == 413, answer.text


async def test_a_body_beyond_the_limit_is_refused(house: House) -> None:
    async with house.client("member") as http:
        answer = await http.post(
            RUN + "/writers/w1/batches",
            content=bytes(wire.MAX_BODY_BYTES + 1),
            headers={"Content-Type": wire.CONTENT_TYPE},
        )
        assert answer.status_code == 413


async def test_who_may_not_write_is_told_as_little_as_they_may_know(house: House) -> None:
    expected = {"anonymous": 401, "stranger": 404, "viewer": 403, "member": 200}
    for person, status in expected.items():
        async with house.client(person) as http:
            assert (await send(http, 0, [row(1, x=1.0)])).status_code == status
    async with house.client("member") as http:
        assert (await send(http, 0, [row(1, x=1.0)], run="ann/vision/none")).status_code == 404
        wrong = await http.post(
            RUN + "/writers/w1/batches", content=b"x", headers={"Content-Type": "text/plain"}
        )
        assert wrong.status_code == 415
        http.headers["Authorization"] = "Bearer wl-" + "x" * 43
        assert (await send(http, 0, [row(1, x=1.0)])).status_code == 401
