"""Points as JSON: for curl, and kept once by the id of their batch."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.server.house import House, exact


async def post(http: Any, *metrics: dict[str, Any], **more: Any) -> Any:
    said = [{"run_id": "ann/vision/first", "key": "x", **metric} for metric in metrics]
    return await http.post("/api/v1/metrics/batch", json={"metrics": said, **more})


async def test_a_missing_step_goes_on_from_the_last_one(house: House) -> None:
    async with house.client("member") as http:
        await post(http, {"value": 1}, {"value": 2}, {"value": 9, "step": 10}, {"value": 3})
        await post(http, {"value": 4}, {"value": 0.5, "key": "y"})
        assert await exact(http, "x") == [(0, 1), (1, 2), (10, 9), (11, 3), (12, 4)]
        assert await exact(http, "y") == [(0, 0.5)]


async def test_a_batch_with_an_id_is_kept_once(house: House) -> None:
    async with house.client("member") as http:
        for _ in range(3):
            answer = await post(http, {"value": 1}, {"value": 2}, batch_id="job-7/1")
            assert answer.json() == {"accepted": 2, "rejected": []}
        await post(http, {"value": 3}, batch_id="job-7/2")
        assert await exact(http, "x") == [(0, 1), (1, 2), (2, 3)]


async def test_a_run_may_be_named_by_its_id_alone(house: House) -> None:
    async with house.client("member") as http:
        answer = await post(
            http, {"value": 1, "run_id": "first"}, {"value": 2}, {"value": 3, "run_id": "first"},
            batch_id="b",
        )  # fmt: skip
        assert answer.json()["accepted"] == 3
        assert await exact(http, "x") == [(0, 1), (1, 2), (2, 3)]


async def test_an_id_of_several_runs_must_say_more(house: House) -> None:
    async with house.client("admin") as http:  # may write into sam's run of the same id as well
        answer = await post(http, {"value": 1, "run_id": "first"})
        assert [each["code"] for each in answer.json()["rejected"]] == ["ambiguous-run"]


async def test_one_bad_point_never_rejects_its_batch(house: House) -> None:
    bad = {
        "missing-key": {"key": ""},
        "bad-value": {"value": "high"},
        "invalid": {"step": 1.5},
        "run-not-found": {"run_id": "sam/vision/first"},
        "bad-timestamp": {"timestamp": "yesterday"},
        "key-too-long": {"key": "k" * 1025},
    }
    metrics = [{"value": 1.0, **each} for each in bad.values()]
    async with house.client("member") as http:
        answer = await post(http, {"value": 1}, *metrics, {"value": 2})
        said = answer.json()
        assert said["accepted"] == 2
        assert [(each["index"], each["code"]) for each in said["rejected"]] == list(
            enumerate(bad, 1)
        )
        assert await exact(http, "x") == [(0, 1), (1, 2)]


async def test_numbers_beyond_json_have_names(house: House) -> None:
    async with house.client("member") as http:
        values = ["NaN", "Infinity", "-Infinity", 1e300, True]
        answer = await post(http, *({"value": value} for value in values))
        assert answer.json()["rejected"] == []
        assert [value for _, value in await exact(http, "x")] == [
            "NaN",
            "Infinity",
            "-Infinity",
            1e300,
            1,
        ]


async def test_a_timestamp_is_text_or_microseconds(house: House) -> None:
    async with house.client("member") as http:
        await post(
            http,
            {"value": 1, "timestamp": "2023-11-14T22:13:20.5Z"},
            {"value": 2, "timestamp": 1_700_000_000_500_000},
            {"value": 3, "metric_name": "y", "key": None, "timestamp": "2023-11-14T23:13:20+01:00"},
        )
        times = {}
        for key in "xy":
            url = f"/api/v1/projects/ann/vision/runs/first/points?key={key}"
            times[key] = (await http.get(url)).json()["time"]
        assert times == {"x": [1_700_000_000_500_000] * 2, "y": [1_700_000_000_000_000]}


async def test_two_senders_at_once_continue_one_series(house: House) -> None:
    async with house.client("member") as http:
        await asyncio.gather(*(post(http, {"value": n}) for n in range(20)))
        steps = [step for step, _ in await exact(http, "x")]
        assert steps == list(range(20))


REFUSED = {
    "not json": ("{", 400),
    "a NaN literal": ('{"metrics": [{"run_id": "first", "key": "x", "value": NaN}]}', 400),
    "a list": ("[]", 422),
    "no metrics": ('{"metrics": []}', 422),
    "metrics that are no list": ('{"metrics": 3}', 422),
    "a batch id that is too long": ('{"metrics": [{}], "batch_id": "' + "x" * 65 + '"}', 422),
    "too many": ('{"metrics": [' + ",".join(["{}"] * 1001) + "]}", 422),
    "nested too deep": ("[" * 100_000, 400),
    "two bytes of order": ("\ufeff{}", 400),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_batch_is_refused_with_a_reason(house: House, name: str) -> None:
    content, status = REFUSED[name]
    async with house.client("member") as http:
        answer = await http.post(
            "/api/v1/metrics/batch",
            content=content.encode(),
            headers={"Content-Type": "application/json"},
        )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]


async def test_nobody_writes_without_a_key_or_with_one_that_only_reads(house: House) -> None:
    async with house.client() as http:
        assert (await post(http, {"value": 1})).status_code == 401
    async with house.client("viewer") as http:
        said = (await post(http, {"value": 1})).json()
        assert [each["code"] for each in said["rejected"]] == ["not-allowed"]
    async with house.client("owner") as http:
        key = (await http.post("/api/v1/keys", json={"name": "r", "scope": "read"})).json()["key"]
        http.headers["Authorization"] = f"Bearer {key}"
        assert (await post(http, {"value": 1})).status_code == 403
