"""The routes that draw: what was logged, as curves and as exact points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tests.server.house import START, House, exact, row, send

from wanllmdb_server.fronts.rest import frame

BINARY = {"Accept": frame.CONTENT_TYPE}
JSON = {"Accept": "application/json"}


async def ask(http: Any, headers: dict[str, str], **question: Any) -> Any:
    said = {"project": "ann/vision", "runs": ["first"], "keys": ["loss"], **question}
    return await http.post("/api/v1/curves", json=said, headers=headers)


async def drawn(http: Any, **question: Any) -> dict[str, Any]:
    """The first series of the first curve, as JSON."""
    answer = await ask(http, JSON, **question)
    assert answer.status_code == 200, answer.text
    return answer.json()["curves"][0]["series"][0]


async def begin(http: Any, *runs: str) -> None:
    for run in runs:
        answer = await http.post(
            "/api/v1/runs",
            json={"id": run, "project": "vision", "owner": "ann", "started_at": START},
        )
        assert answer.status_code == 201, answer.text


async def test_a_frame_says_the_same_as_json(house: House) -> None:
    values = {n: math.sin(n / 10) + n for n in range(1, 2001)}
    async with house.client("member") as http:
        await send(http, 0, [row(n, loss=value) for n, value in values.items()])
        for x in ("step", "relative", "wall"):
            binary = await ask(http, BINARY, x=x, buckets=100)
            json = (await ask(http, JSON, x=x, buckets=100)).json()["curves"][0]
            [(header, [columns])] = frame.frames(binary.content)
            [series] = json["series"]
            assert {name: header[name] for name in ("key", "x", "width")} == {
                name: json[name] for name in ("key", "x", "width")
            }
            assert header["width"] == 32
            assert header["series"][0]["n"] == series["n"] <= 100
            assert header["series"][0]["logged"] == series["logged"] == 2000
            span = max(values.values()) - min(values.values())
            for name, column in columns.items():
                np.testing.assert_allclose(column, series[name], rtol=0, atol=span * 2**-16)


async def test_several_keys_come_in_the_order_asked_and_runs_as_well(house: House) -> None:
    async with house.client("member") as http:
        await begin(http, "r1", "r2")
        await send(http, 0, [row(1, a=1.0, b=2.0)], run="ann/vision/r1")
        await send(http, 0, [row(1, b=3.0)], run="ann/vision/r2")
        answer = await ask(http, BINARY, runs=["r2", "r1"], keys=["b", "a", "none"])
        found = list(frame.frames(answer.content))
        assert [header["key"] for header, _ in found] == ["b", "a", "none"]
        assert [entry["run"] for entry in found[0][0]["series"]] == ["r2", "r1"]
        assert [columns["last"].tolist() for columns in found[0][1]] == [[3.0], [2.0]]
        assert [columns["last"].tolist() for columns in found[1][1]] == [[], [1.0]]
        assert [entry["logged"] for entry in found[2][0]["series"]] == [0, 0]


async def test_time_counts_from_each_runs_own_start(house: House) -> None:
    async with house.client("member") as http:
        await begin(http, "r1")
        await send(http, 0, [row(n, loss=1.0) for n in (1, 2, 3)], run="ann/vision/r1")
        assert (await drawn(http, runs=["r1"], x="relative"))["x"] == [1.0, 2.0, 3.0]
        assert (await drawn(http, runs=["r1"], x="wall"))["x"] == [
            START / 1e6 + n for n in (1, 2, 3)
        ]


async def test_a_window_is_in_the_units_of_its_axis(house: House) -> None:
    second = 1_000_000
    async with house.client("member") as http:
        await begin(http, "r1")
        await send(
            http, 0, [row(n, step=n * 10, loss=float(n)) for n in range(1, 101)],
            run="ann/vision/r1",
        )  # fmt: skip
        by_step = await drawn(http, runs=["r1"], first=95.5, last=120)
        assert by_step["x"] == [100.0, 110.0, 120.0]
        relative = await drawn(http, runs=["r1"], x="relative", first=10 * second, last=12 * second)
        assert relative["x"] == [10.0, 11.0, 12.0]
        assert relative["step"] == [100, 110, 120]
        wall = await drawn(http, runs=["r1"], x="wall", first=START + 99 * second)
        assert wall["last"] == [99.0, 100.0]
        nothing = await drawn(http, runs=["r1"], x="wall", last=START - second)
        assert nothing["x"] == []
        assert nothing["logged"] == 100


async def test_runs_of_different_speed_are_drawn_as_finely_as_alone(house: House) -> None:
    second = 1_000_000
    async with house.client("member") as http:
        await begin(http, "slow", "fast")
        slow = [row(n, step=n, loss=1.0) for n in range(1, 1001)]
        fast = [row(n, step=n * 1000, loss=1.0) for n in range(1, 1001)]
        await send(http, 0, slow, run="ann/vision/slow")
        await send(http, 0, fast, run="ann/vision/fast")
        answer = await ask(
            http, JSON, runs=["slow", "fast"], x="relative", buckets=400,
            first=400 * second, last=500 * second,
        )  # fmt: skip
        widths = [series["n"] for series in answer.json()["curves"][0]["series"]]
        assert widths[1] >= 50  # of its 101 points
        for series in answer.json()["curves"][0]["series"]:
            assert all(400 <= x <= 500 for x in series["x"])


async def test_what_is_not_finite_is_named_in_json_and_counted(house: House) -> None:
    async with house.client("member") as http:
        odd = [math.nan, math.inf, -math.inf, 1.0]
        await send(http, 0, [row(n, loss=value) for n, value in enumerate(odd, 1)])
        series = await drawn(http)
        assert series["last"] == ["NaN", "Infinity", "-Infinity", 1.0]
        assert (series["nan"], series["posinf"], series["neginf"]) == (
            [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0],
        )  # fmt: skip
        assert [value for _, value in await exact(http, "loss")] == [
            "NaN", "Infinity", "-Infinity", 1.0,
        ]  # fmt: skip
        stats = (await http.get("/api/v1/projects/ann/vision/runs/first/keys")).json()["keys"]
        assert [(each["key"], each["logged"], each["nan"]) for each in stats] == [("loss", 4, 1)]


async def test_keys_of_several_runs_are_counted(house: House) -> None:
    async with house.client("member") as http:
        await begin(http, "r1", "r2")
        await send(http, 0, [row(1, a=1.0, b=2.0, note="text")], run="ann/vision/r1")
        await send(http, 0, [row(1, b=3.0)], run="ann/vision/r2")
        url = "/api/v1/projects/ann/vision/keys"
        everything = (await http.get(url)).json()["keys"]
        assert everything == [
            {"key": "a", "kind": "number", "runs": 1},
            {"key": "b", "kind": "number", "runs": 2},
            {"key": "note", "kind": "object", "runs": 1},
        ]
        some = (await http.get(url, params={"run": ["r2"]})).json()["keys"]
        assert some == [{"key": "b", "kind": "number", "runs": 1}]


async def test_exact_points_come_page_by_page(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(n, loss=float(n)) for n in range(1, 2501)])
        assert await exact(http, "loss") == [(n, float(n)) for n in range(1, 2501)]
        url = "/api/v1/projects/ann/vision/runs/first/points"
        some = await http.get(url, params={"key": "loss", "first": 10, "last": 12})
        assert some.json()["step"] == [10, 11, 12]
        bad = await http.get(url, params={"key": "loss", "cursor": "nonsense"})
        assert bad.status_code == 400
        assert bad.json()["code"] == "bad-cursor"


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "an unknown field": ({"smoothing": 3}, 422),
    "an unknown axis": ({"x": "epoch"}, 422),
    "too few buckets": ({"buckets": 9}, 422),
    "too many buckets": ({"buckets": 10_001}, 422),
    "too many runs": ({"runs": ["r"] * 1001}, 422),
    "too many keys": ({"keys": ["k"] * 201}, 422),
    "text for a number": ({"first": "1"}, 422),
    "no project": ({"project": "vision"}, 422),
    "an unknown project": ({"project": "ann/none"}, 404),
    "a foreign project": ({"project": "sam/vision"}, 404),
    "only unknown runs": ({"runs": ["nobody", "none"]}, 404),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_question_that_cannot_be_answered_is_refused(house: House, name: str) -> None:
    question, status = REFUSED[name]
    async with house.client("viewer") as http:
        answer = await ask(http, BINARY, **question)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, frame.CONTENT_TYPE),
        ("*/*", frame.CONTENT_TYPE),
        ("application/json, */*;q=0.1", "application/json"),
        (f"{frame.CONTENT_TYPE}, application/json", frame.CONTENT_TYPE),
        ("text/html", None),
    ],
)
async def test_the_form_of_the_answer_is_chosen_by_accept(
    house: House, accept: str | None, kind: str | None
) -> None:
    async with house.client("viewer") as http:
        answer = await ask(http, {} if accept is None else {"Accept": accept})
    if kind is None:
        assert answer.status_code == 406
    else:
        assert answer.headers["content-type"] == kind


async def test_statistics_of_many_runs_are_columns(house: House) -> None:
    odd = [math.nan, math.inf, 1.0, 3.0]
    url = "/api/v1/projects/ann/vision/statistics"
    async with house.client("member") as http:
        await begin(http, "r1", "r2")
        await send(http, 0, [row(n, loss=value) for n, value in enumerate(odd, 1)])
        await send(http, 0, [row(7, loss=2.0, acc=0.5, note="x")], run="ann/vision/r2")
        answer = (await http.post(url, json={"runs": ["r2", "gone", "r1", "first"]})).json()
        some = (await http.post(url, json={"runs": ["r2"], "keys": ["acc"]})).json()
        none = await http.post(url, json={"runs": ["gone"]})
        listed = (await http.get("/api/v1/projects/ann/vision/runs/first/keys")).json()["keys"][0]
    assert (answer["runs"], answer["missing"]) == (["r2", "r1", "first"], ["gone"])
    [acc, loss] = answer["keys"]
    assert (acc["key"], acc["runs"], acc["last"], acc["mean"]) == ("acc", [0], [0.5], [0.5])
    assert (loss["runs"], loss["logged"], loss["nan"]) == ([2, 0], [4, 1], [1, 0])
    assert {name: loss[name][0] for name in listed if name in loss and name != "key"} == {
        name: value for name, value in listed.items() if name in loss and name != "key"
    }
    assert [each["key"] for each in some["keys"]] == ["acc"]
    assert none.status_code == 404
