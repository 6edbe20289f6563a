"""What the metric service answers of a run: its points, its latest, its statistics, in short."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.server.house import House, open_house
from tests.server.rest.problems import assert_problem
from tests.server.world import Template

import wanllmdb_server.services.metric_answers as metric_answers

METRICS = "/api/v1/metrics"
RUN = "ann%2Fvision%2Ffirst"


@pytest.fixture
async def house(tmp_path: Path, template: Template) -> AsyncIterator[House]:
    async with open_house(tmp_path, template) as house:
        yield house


async def log(http: Any, *rows: tuple[int, dict[str, Any]]) -> None:
    metrics = [
        {"run_id": "first", "step": step, "timestamp": 1_000 + step, "values": values}
        for step, values in rows
    ]
    answer = await http.post(f"{METRICS}/batch", json={"metrics": metrics})
    assert answer.json()["rejected"] == []


async def get(http: Any, path: str, **query: Any) -> Any:
    answer = await http.get(f"{METRICS}/{RUN}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_history_is_every_point_of_the_series_asked_page_by_page(house: House) -> None:
    async with house.client("member") as http:
        await log(http, *((n, {"b": n, "a": -n, "system/cpu": 1}) for n in range(150)))
        await log(http, (3, {"a": "NaN"}), (150, {"a": "-Infinity"}))
        whole = await get(http, "history")
        assert whole["run_id"] == "ann/vision/first"
        assert [each["key"] for each in whole["metrics"]] == ["a", "b"]
        assert whole["next"] is None
        a = whole["metrics"][0]
        assert a["step"] == sorted([*range(151), 3])
        assert a["value"][3:6] == [-3, "NaN", -4]
        assert a["value"][-1] == "-Infinity"
        assert a["time"][:2] == [1_000, 1_001]
        for limit in (1, 7, 149, 150, 151, 301, 302):
            joined: dict[str, list[Any]] = {}
            cursor: dict[str, str] = {}
            pages = 0
            while True:
                asked = {"key": ["b", "none", "a", "b"], "limit": limit, **cursor}
                page = await get(http, "history", **asked)
                pages += 1
                assert sum(len(each["step"]) for each in page["metrics"]) <= limit
                for each in page["metrics"]:
                    points = zip(each["step"], each["value"], strict=True)
                    joined.setdefault(each["key"], []).extend(points)
                if page["next"] is None or pages > 400:
                    break
                cursor = {"cursor": page["next"]}
            assert list(joined) == ["b", "a"]
            for each in whole["metrics"]:
                assert joined[each["key"]] == list(zip(each["step"], each["value"], strict=True))
            assert pages <= 302 // limit + 3
        window = await get(http, "history", key="b", start_step=10, end_step=12)
        assert window["metrics"][0]["step"] == [10, 11, 12]
        assert (await get(http, "history", key="system/cpu"))["metrics"][0]["step"][-1] == 149


async def test_latest_statistics_and_summary_say_what_the_points_say(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = [0.5, "NaN", -2.0, 7.25, "Infinity", 1e-3, "-Infinity", "NaN", 3.0]
    finite = [value for value in values if isinstance(value, float)]
    async with house.client("member") as http:
        empty = await get(http, "summary")
        assert empty | {"metrics": {}, "points": 0, "last_step": None} == empty
        assert (await get(http, "statistics"))["metrics"] == []
        await log(http, *((2 * n, {"loss": value}) for n, value in enumerate(values)))
        await log(http, (1, {"one": 3, "system/cpu": 9}), (4, {"none": "NaN"}))
        latest = (await get(http, "latest"))["metrics"]
        assert latest == {
            "loss": {"value": 3.0, "step": 16, "time": 1016},
            "none": {"value": "NaN", "step": 4, "time": 1004},
            "one": {"value": 3.0, "step": 1, "time": 1001},
        }
        assert list((await get(http, "latest", key="system/cpu"))["metrics"]) == ["system/cpu"]
        [loss, none, one] = (await get(http, "statistics"))["metrics"]
        assert loss == {
            "key": "loss",
            "count": 9,
            "min": -2.0,
            "max": 7.25,
            "mean": pytest.approx(np.mean(finite)),
            "std": pytest.approx(np.std(finite)),
            "nan": 2,
            "posinf": 1,
            "neginf": 1,
            "first_step": 0,
            "last_step": 16,
            "last_time": 1016,
            "last": 3.0,
        }
        assert (one["std"], one["min"], one["count"]) == (0.0, 3.0, 1)
        assert (none["std"], none["mean"], none["count"], none["nan"]) == (None, None, 1, 1)
        summary = await get(http, "summary")
        assert (summary["points"], summary["first_step"], summary["last_step"]) == (11, 0, 16)
        assert summary["state"] == "running"
        assert summary["metrics"]["loss"]["last"] == 3.0
        assert list(summary["metrics"]) == ["loss", "none", "one"]
        monkeypatch.setattr(metric_answers, "MAX_SPREAD", 8)
        found = (await get(http, "statistics"))["metrics"]
        assert [each["std"] for each in found] == [None, None, 0.0]  # nobody guesses


@pytest.mark.parametrize(
    "values",
    [
        [1e308, -1e308, 1e308],
        [1e-320, 3e-320],
        [1e9 + 1, 1e9 + 2, 1e9 + 3],
        [0.0, 0.0],
        [5.0],
    ],
)
def test_the_spread_of_any_numbers_is_exact(values: list[float]) -> None:
    from fractions import Fraction

    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    square = sum((value - mean) ** 2 for value in exact) / len(exact)
    scale = max(map(abs, exact)) or 1
    wanted = math.sqrt(square / scale**2) * float(scale)
    assert metric_answers._deviation(np.array(values)) == pytest.approx(wanted, rel=1e-9)


async def test_a_run_is_named_in_full_or_by_its_id(house: House) -> None:
    async with house.client("member") as http:
        await log(http, (1, {"x": 1}))
        for name in ("first", "ann%2Fvision%2Ffirst", "ann/vision/first"):
            for what in ("history", "latest", "statistics", "summary"):
                answer = await http.get(f"{METRICS}/{name}/{what}")
                assert answer.json()["run_id"] == "ann/vision/first", (name, what)
    async with house.client("admin") as http:  # sees sam's run of that id as well
        assert_problem(await http.get(f"{METRICS}/first/latest"), 422, "ambiguous-run")
