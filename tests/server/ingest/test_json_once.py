"""A batch of JSON with an id is kept once, whatever dies in between, and no other has its id."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.server.house import House, exact, open_house
from tests.server.rest.problems import assert_problem
from tests.server.world import Template

from wanllmdb.wire import Batch
from wanllmdb_server.domain.series import Accepted
from wanllmdb_server.metrics.store import StoreFullError

BATCHES = "/api/v1/metrics/batch"
RUN = "ann/vision/first"


def points(*values: Any, run: str = RUN, **more: Any) -> list[dict[str, Any]]:
    return [{"run_id": run, "key": "x", "value": value, **more} for value in values]


async def post(http: Any, metrics: list[dict[str, Any]], **more: Any) -> Any:
    return await http.post(BATCHES, json={"metrics": metrics, **more})


async def test_the_id_of_a_batch_stands_for_no_other_even_after_a_restart(
    tmp_path: Path, template: Template
) -> None:
    first = points(1, 2, 3)
    async with open_house(tmp_path, template) as house, house.client("member") as http:
        headers = dict(http.headers)
        assert (await post(http, first, batch_id="b")).json() == {"accepted": 3, "rejected": []}
    async with open_house(tmp_path, template) as house, house.client() as http:
        http.headers.update(headers)
        assert (await post(http, first, batch_id="b")).json() == {"accepted": 3, "rejected": []}
        for other in (points(1, 2), points(1, 2, 4), points(1, 2, 3, step=1), points(*range(9))):
            assert_problem(await post(http, other, batch_id="b"), 409, "idempotency-mismatch")
        assert await exact(http, "x") == [(0, 1), (1, 2), (2, 3)]
        assert (await post(http, points(4), batch_id="c")).status_code == 200
        assert await exact(http, "x") == [(0, 1), (1, 2), (2, 3), (3, 4)]


async def test_the_header_of_http_is_an_id_as_well(house: House) -> None:
    async with house.client("member") as http:
        for key in ("k-1", '"k-1"'):
            headers = {"Idempotency-Key": key}
            answer = await http.post(BATCHES, json={"metrics": points(1)}, headers=headers)
            assert answer.json()["accepted"] == 1
        assert await exact(http, "x") == [(0, 1)]
        http.headers["Idempotency-Key"] = "k-1"
        assert_problem(await post(http, points(2)), 409, "idempotency-mismatch")
        assert_problem(await post(http, points(2), batch_id="b"), 422, "invalid", "/batch_id")
        http.headers["Idempotency-Key"] = "k" * 65
        assert_problem(await post(http, points(2)), 422, "invalid")


async def test_an_id_is_its_senders_own(house: House) -> None:
    for person in ("member", "owner"):
        async with house.client(person) as http:
            assert (await post(http, points(person == "owner"), batch_id="b")).status_code == 200
    async with house.client("member") as http:
        assert await exact(http, "x") == [(0, 0), (1, 1)]


async def test_a_batch_that_is_delivered_many_times_at_once_is_kept_once(house: House) -> None:
    async with house.client("member") as http:
        sent = [post(http, points(*range(50)), batch_id="b") for _ in range(8)]
        assert {answer.json()["accepted"] for answer in await asyncio.gather(*sent)} == {50}
        assert await exact(http, "x") == [(n, n) for n in range(50)]


async def test_a_delivery_that_broke_off_between_runs_is_made_whole_by_the_next(
    house: House,
) -> None:
    body = [*points(1, 2), *points(3, run="ann/vision/second"), *points(4)]
    async with house.client("owner") as http:
        for run in ("second", "third"):
            await http.post("/api/v1/runs", json={"id": run, "project": "vision"})
        store, real = house.services.metrics._store, house.services.metrics._store.append

        async def full(run: int, batch: Batch) -> Accepted:
            if calls.append(run) or len(calls) == 2:
                raise StoreFullError("The disk is full.")
            return await real(run, batch)

        calls: list[int] = []
        store.append = full  # type: ignore[method-assign]
        assert_problem(await post(http, body, batch_id="b"), 503, "store-full")
        store.append = real  # type: ignore[method-assign]
        assert await exact(http, "x") == [(0, 1), (1, 2), (2, 4)]
        # Another batch of that id is kept in no run, were it new to some of them.
        other = [*points(7, run="ann/vision/third"), *points(8)]
        assert_problem(await post(http, other, batch_id="b"), 409, "idempotency-mismatch")
        assert await exact(http, "x", "ann/vision/third") == []
        for _ in range(2):
            assert (await post(http, body, batch_id="b")).json()["accepted"] == 4
        assert await exact(http, "x") == [(0, 1), (1, 2), (2, 4)]
        assert await exact(http, "x", "ann/vision/second") == [(0, 3)]


async def test_a_run_that_appears_later_gets_its_points_from_the_next_delivery(
    house: House,
) -> None:
    body = [*points(1), *points(2, 3, run="ann/vision/late")]
    async with house.client("owner") as http:
        answer = (await post(http, body, batch_id="b")).json()
        assert answer["accepted"] == 1
        assert [each["index"] for each in answer["rejected"]] == [1, 2]
        await http.post("/api/v1/runs", json={"id": "late", "project": "vision"})
        assert (await post(http, body, batch_id="b")).json()["accepted"] == 3
        assert await exact(http, "x") == [(0, 1)]
        assert await exact(http, "x", "ann/vision/late") == [(0, 2), (1, 3)]


async def test_senders_to_one_run_wait_for_nobody_and_lose_nothing(house: House) -> None:
    async with house.client("member") as http:
        batches = [[*points(n, step=n), *points(-n, step=1000 + n)] for n in range(40)]
        for answer in await asyncio.gather(*(post(http, each) for each in batches)):
            assert answer.json()["accepted"] == 2
        expected = {(n, n) for n in range(40)} | {(1000 + n, -n) for n in range(40)}
        assert set(await exact(http, "x")) == expected


async def test_points_that_the_store_has_no_room_for_are_named(
    house: House, monkeypatch: Any
) -> None:
    import wanllmdb_server.metrics.counting as counting
    import wanllmdb_server.metrics.memtable as memtable

    for module in (counting, memtable):
        monkeypatch.setattr(module, "MAX_KEYS_PER_RUN", 3)
    moment = {"run_id": RUN, "step": 1, "timestamp": 5, "value": 1}
    async with house.client("member") as http:
        metrics = [{**moment, "key": key} for key in ("a", "b", "c", "d", "a", "e")]
        answer = (await post(http, metrics)).json()
        assert [(each["index"], each["code"]) for each in answer["rejected"]] == [
            (3, "too-many-keys"),
            (5, "too-many-keys"),
        ]
        assert answer["accepted"] == 4
        row = {"run_id": RUN, "values": {"a": 1, "z": 2}}
        [refused] = (await post(http, [row])).json()["rejected"]
        assert (refused["index"], refused["code"], refused["key"]) == (0, "too-many-keys", "z")
