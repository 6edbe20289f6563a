"""Runs that are alike as one curve, and what is asked for beside them."""

from __future__ import annotations

import math
import statistics
from typing import Any

import numpy as np
import pytest
from tests.server.curves.test_routes import BINARY, JSON, ask
from tests.server.house import START, House, row, send

from wanllmdb_server.fronts.rest import frame

CONFIGS: dict[str, dict[str, Any]] = {
    "a0": {"lr": 0.1, "opt": {"name": "sgd"}, "seed": 0, "_wandb": {"n": 1}},
    "a1": {"lr": 0.1, "opt": {"name": "sgd"}, "seed": 1, "_wandb": {"n": 2}},
    "b0": {"lr": 1, "opt": {"name": "sgd"}, "seed": 0},
    "b1": {"lr": 1.0, "opt": {"name": "sgd"}, "seed": 1},
    "c0": {"lr": 1, "opt": {"name": "adam"}, "seed": 0},
}
STEPS = range(1, 101)


def value(run: str, step: int) -> float:
    return ord(run[0]) * 10 + int(run[1]) * 2 + step / 100


async def begin(http: Any) -> None:
    for run, config in CONFIGS.items():
        said = {"id": run, "project": "vision", "owner": "ann", "started_at": START,
                "config": config, "tags": ["x"] if run == "c0" else ["y", "x"],
                "job_type": run[0]}  # fmt: skip
        assert (await http.post("/api/v1/runs", json=said)).status_code == 201
        rows = [row(n, loss=value(run, n), epoch=float(n // 10)) for n in STEPS]
        assert (await send(http, 0, rows, run=f"ann/vision/{run}")).status_code == 200


async def grouped(http: Any, **question: Any) -> Any:
    answer = await ask(http, JSON, runs=list(CONFIGS), **question)
    assert answer.status_code == 200, answer.text
    return answer.json()["curves"][0]


@pytest.mark.parametrize(
    ("asked", "names", "groups"),
    [
        ({"group": []}, [], {"[]": ["a0", "a1", "b0", "b1", "c0"]}),
        (
            {"group": ["config.lr"]},
            ["config.lr"],
            {"[0.1]": ["a0", "a1"], "[1]": ["b0", "b1", "c0"]},
        ),
        (
            {"group_except": ["seed"]},
            ["config.lr", "config.opt.name"],
            {"[0.1, 'sgd']": ["a0", "a1"], "[1, 'sgd']": ["b0", "b1"], "[1, 'adam']": ["c0"]},
        ),
        (
            {"group": ["tags", "config.opt"]},
            ["tags", "config.opt"],
            {
                "[['x', 'y'], {'opt.name': 'sgd'}]": ["a0", "a1", "b0", "b1"],
                "[['x'], {'opt.name': 'adam'}]": ["c0"],
            },
        ),
        (
            {"group": ["job_type"], "group_except": ["seed", "lr", "opt"]},
            ["job_type"],
            {"['a']": ["a0", "a1"], "['b']": ["b0", "b1"], "['c']": ["c0"]},
        ),
        ({"group": ["config.none"]}, ["config.none"], {"[None]": list(CONFIGS)}),
    ],
)
async def test_runs_are_grouped_by_what_is_asked(
    house: House, asked: dict[str, Any], names: list[str], groups: dict[str, list[str]]
) -> None:
    async with house.client("member") as http:
        await begin(http)
        found = await grouped(http, **asked)
    assert found["group"] == names
    assert {str(each["group"]): each["runs"] for each in found["groups"]} == groups


async def test_statistics_are_of_the_means_of_runs_and_the_envelope_is_of_all_points(
    house: House,
) -> None:
    aggregates = ["mean", "std", "median", "min", "max", "stderr"]
    async with house.client("member") as http:
        await begin(http)
        found = await grouped(
            http, group=["config.lr"], aggregates=aggregates, quantiles=[0.25], buckets=10
        )
    assert found["width"] == 16
    [first, second] = found["groups"]
    assert first["n"] == 7
    for at in range(7):
        inside = [n for n in STEPS if n // 16 == at]
        runs = ("b0", "b1", "c0")
        means = [statistics.fmean(value(run, n) for n in inside) for run in runs]
        assert second["x"][at] == inside[-1]
        assert second["run_count"][at] == 3
        assert second["count"][at] == 3 * len(inside)
        assert second["low"][at] == min(value(run, n) for run in runs for n in inside)
        assert second["high"][at] == max(value(run, n) for run in runs for n in inside)
        wanted = {
            "mean": statistics.fmean(means),
            "std": statistics.stdev(means),
            "stderr": statistics.stdev(means) / math.sqrt(3),
            "median": statistics.median(means),
            "min": min(means),
            "max": max(means),
            "q0.25": float(np.quantile(means, 0.25)),
        }
        for name, number in wanted.items():
            assert second[name][at] == pytest.approx(number, rel=1e-12), name


async def test_a_frame_of_groups_says_the_same_as_json(house: House) -> None:
    question = {"group": ["config.lr"], "quantiles": [0.5], "aggregates": ["mean", "std"]}
    async with house.client("member") as http:
        await begin(http)
        await send(http, 100, [row(101, loss=math.nan)], run="ann/vision/a0")
        for x in ({"x": "step"}, {"x": "relative"}, {"x": "metric", "x_key": "epoch"}):
            said = await grouped(http, **question, **x)
            answer = await ask(http, BINARY, runs=list(CONFIGS), **question, **x)
            [(header, columns)] = frame.frames(answer.content)
            assert (header["type"], header["group"]) == ("groups", ["config.lr"])
            assert (header["x"], header["width"]) == (x["x"], said["width"])
            for entry, column, each in zip(header["series"], columns, said["groups"], strict=True):
                assert entry["runs"] == each["runs"]
                assert set(column) == set(each) - {"group", "runs", "n"}
                for name, values in column.items():
                    assert frame.spelled(values.astype(float)) == each[name]
            # Over the epoch, what has no epoch has no place; elsewhere it is counted.
            assert ("nan" in said["groups"][0]) == (x["x"] != "metric")


async def test_runs_meet_in_time_though_they_are_of_different_speed(house: House) -> None:
    async with house.client("member") as http:
        for run, pace in (("slow", 1), ("fast", 7)):
            said = {"id": run, "project": "vision", "owner": "ann", "started_at": START}
            await http.post("/api/v1/runs", json=said)
            rows = [row(n, step=n * pace, loss=float(n)) for n in range(1, 401)]
            await send(http, 0, rows, run=f"ann/vision/{run}")
        asked = {"runs": ["slow", "fast"], "group": [], "buckets": 60, "aggregates": ["mean"]}
        for x in ("relative", "wall"):
            found = (await ask(http, JSON, **asked, x=x)).json()["curves"][0]
            [group] = found["groups"]
            assert found["width"] == 8.0
            assert group["n"] <= 52
            assert group["run_count"] == [2] * group["n"]
            assert sum(group["count"]) == 800


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"group": ["color"]}, "unknown-field"),
        ({"group": ["config."]}, "unknown-field"),
        ({"group": [], "quantiles": [1.5]}, "out-of-range"),
        ({"x": "metric"}, "out-of-range"),
        ({"x_key": "epoch"}, "out-of-range"),
    ],
)
async def test_what_means_nothing_is_refused(
    house: House, question: dict[str, Any], code: str
) -> None:
    async with house.client("viewer") as http:
        answer = await ask(http, JSON, **question)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code


async def test_a_run_that_is_not_there_is_named_and_the_others_are_drawn(house: House) -> None:
    async with house.client("member") as http:
        await begin(http)
        asked: dict[str, Any] = {"runs": ["a0", "gone", "b0", "never"], "keys": ["loss", "epoch"]}
        said = (await ask(http, JSON, **asked)).json()
        assert said["missing"] == ["gone", "never"]
        assert [each["run"] for each in said["curves"][0]["series"]] == ["a0", "b0"]
        for header, _ in frame.frames((await ask(http, BINARY, **asked)).content):
            assert header["missing"] == ["gone", "never"]
            assert [each["run"] for each in header["series"]] == ["a0", "b0"]
        [header] = [each for each, _ in frame.frames((await ask(http, BINARY)).content)]
        assert "missing" not in header
        assert (await http.delete("/api/v1/projects/ann/vision/runs/a0")).status_code == 204
        assert (await ask(http, JSON, **asked)).json()["missing"] == ["a0", "gone", "never"]


async def metric(http: Any, **question: Any) -> Any:
    answer = await ask(http, JSON, x="metric", x_key="epoch", **question)
    return answer.json()["curves"][0]["series"][0]


async def test_another_metric_is_x_where_both_were_logged(house: House) -> None:
    rows = [
        row(1, loss=1.0, epoch=0.0),
        row(2, loss=2.0),
        row(3, loss=3.0, epoch=math.nan),
        row(4, loss=4.0, epoch=2.0),
        row(5, epoch=9.0),
        row(6, loss=6.0, epoch=1.5),  # x goes back, as after a resume
        row(7, loss=math.nan, epoch=3.0),
    ]
    async with house.client("member") as http:
        await send(http, 0, rows)
        found = await metric(http)
        assert (found["x"], found["step"]) == ([0.0, 2.0, 1.5, 3.0], [1, 4, 6, 7])
        assert found["last"] == [1.0, 4.0, 6.0, "NaN"]
        assert (found["dropped"], found["unplaced"]) == (1, 1)
        some = await metric(http, first=1.5, last=2.5)
        assert (some["x"], some["last"]) == ([2.0, 1.5], [4.0, 6.0])
        assert (await metric(http, first=10))["x"] == []
        assert (await metric(http, keys=["epoch"]))["x"] == [0.0, 2.0, 9.0, 1.5, 3.0]


async def test_a_window_of_another_metric_is_drawn_as_finely_as_one_of_steps(
    house: House,
) -> None:
    async with house.client("member") as http:
        rows = [row(n, loss=float(n), epoch=n / 100) for n in range(1, 10_001)]
        for first in range(0, 10_000, 2500):
            await send(http, first, rows[first : first + 2500])
        found = await metric(http, first=30, last=31, buckets=200)
    assert found["n"] == 101
    assert found["x"] == [n / 100 for n in range(3000, 3101)]
    assert found["last"] == [float(n) for n in range(3000, 3101)]
