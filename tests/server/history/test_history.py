"""The rows of a run: exact, in order, by page, as lines, and sampled."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.server.house import START, House, record, send

from wanllmdb import wire
from wanllmdb.wire import Kind

RUN = "/api/v1/projects/ann/vision/runs/first"
URL = RUN + "/history"


def logged(position: int, step: int, values: Mapping[str, Any]) -> tuple[int, int, bytes]:
    said = [step, START + position * 1_000_000, values]
    return position, int(Kind.ROW), wire.encode(said)


async def log(
    http: Any, rows: Sequence[tuple[int, Mapping[str, Any]]], *, writer: str = "w1", at: int = 0
) -> None:
    records = [logged(at + n, step, values) for n, (step, values) in enumerate(rows, 1)]
    answer = await send(http, at, records, writer=writer)
    assert answer.status_code == 200, answer.text


async def ask(http: Any, url: str = URL, **asked: Any) -> dict[str, Any]:
    answer = await http.get(url, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def whole(http: Any, **asked: Any) -> list[dict[str, Any]]:
    page = await ask(http, **asked)
    rows = page["rows"]
    while page["next"]:
        page = await ask(http, **asked, cursor=page["next"])
        rows += page["rows"]
    return rows


def bare(rows: Sequence[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    return [
        (row["_step"], {key: value for key, value in row.items() if key[0] != "_"}) for row in rows
    ]


async def test_rows_are_what_was_logged(house: House) -> None:
    rows: list[tuple[int, dict[str, Any]]] = [
        (0, {"loss": 0.5, "n": 2**60 + 1}),
        (1, {"loss": float("nan"), "word": "x", "list": [1, 2]}),
        (5, {"loss": float("inf"), "hist": {"_type": "histogram", "values": [1], "bins": [0, 1]}}),
    ]
    async with house.client("member") as http:
        await log(http, rows)
        page = await ask(http)
        rows[1][1]["loss"], rows[2][1]["loss"] = "NaN", "Infinity"
        assert bare(page["rows"]) == rows
        assert page["next"] is None
        first = page["rows"][0]
        started = (await http.get(RUN)).json()["started_at"]
        assert first["_timestamp"] == (START + 1_000_000) / 1e6
        assert first["_runtime"] == (START + 1_000_000 - started) / 1e6


async def test_a_step_is_one_row_and_its_last_value_counts(house: House) -> None:
    async with house.client("member") as http:
        await log(http, [(1, {"a": 1.0}), (1, {"b": 2.0}), (2, {"a": 3.0}), (2, {"a": 4.0})])
        assert bare(await whole(http)) == [(1, {"a": 1.0, "b": 2.0}), (2, {"a": 4.0})]
        [one, _] = (await ask(http))["rows"]
        assert one["_timestamp"] == (START + 2_000_000) / 1e6


async def test_with_keys_only_rows_that_have_all_of_them(house: House) -> None:
    async with house.client("member") as http:
        await log(http, [(n, {"a": n} | ({"b": n} if n % 3 == 0 else {})) for n in range(10)])
        keys = ["a", "b", "_step"]
        assert [step for step, _ in bare(await whole(http, keys=keys))] == [0, 3, 6, 9]
        assert len(await whole(http, keys=keys, any=True)) == 10
        assert await whole(http, keys=["a", "nobody"]) == []
        assert bare(await whole(http, keys=["b"], first=3, last=8)) == [
            (3, {"b": 3}),
            (6, {"b": 6}),
        ]


@pytest.mark.parametrize("limit", [1, 7, 100, 10_000])
async def test_pages_join_to_the_whole(house: House, limit: int) -> None:
    rows = [
        (n, {"a": n} | ({"b": n} if n % 10 == 4 else {}) | ({"c": n} if n < 5 else {}))
        for n in range(0, 400, 2)
    ]
    rows += [(1001, {"d": n}) for n in range(30)] + [(1003, {"d": 7, "a": 1})]
    async with house.client("member") as http:
        await log(http, rows)
        found = bare(await whole(http, limit=limit))
        expected = [*rows[:200], (1001, {"d": 29}), (1003, {"a": 1, "d": 7})]
        assert found == expected


async def test_a_resumed_run_shows_what_was_not_superseded(house: House) -> None:
    async with house.client("member") as http:
        await log(http, [(n, {"loss": 1.0}) for n in range(10)])
        await house.store.begin_attempt(1, "w2", at=START + 10**9, since=START)
        await log(http, [(n, {"loss": 2.0}) for n in range(5, 8)], writer="w2")
        assert bare(await whole(http)) == [(n, {"loss": 1.0 if n < 5 else 2.0}) for n in range(8)]


async def test_lines_are_the_rows_of_all_pages(house: House) -> None:
    async with house.client("member") as http:
        await log(http, [(n, {"a": n, "b.c": -n}) for n in range(25_000)])
        async with http.stream("GET", URL, headers={"Accept": "application/x-ndjson"}) as answer:
            assert answer.headers["content-type"] == "application/x-ndjson"
            rows = [json.loads(line) async for line in answer.aiter_lines()]
        assert bare(rows) == [(n, {"a": n, "b.c": -n}) for n in range(25_000)]


@pytest.mark.parametrize("samples", [1, 2, 50, 10_000])
async def test_samples_are_rows_spread_over_the_steps(house: House, samples: int) -> None:
    rows = [(n, {"a": n, "b": -n}) for n in range(3000)]
    async with house.client("member") as http:
        await log(http, rows)
        found = bare((await ask(http, samples=samples))["rows"])
        assert len(found) == min(samples, 3000)
        assert all(values == dict(rows)[step] for step, values in found[:50])
        assert found[-1] == rows[-1]
        gaps = [b[0] - a[0] for a, b in itertools.pairwise(found)]
        assert not gaps or max(gaps) - min(gaps) <= 1


async def test_a_long_history_is_sampled_from_its_buckets(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wanllmdb_server.services import history

    monkeypatch.setattr(history, "SCANNED_POINTS", 1000)
    rows: list[tuple[int, dict[str, Any]]] = [
        (n, {"a": n, "b": -n} | ({"val": n} if n % 100 == 7 else {})) for n in range(3000)
    ]
    rows[0][1]["word"] = "x"
    async with house.client("member") as http:
        await log(http, rows)
        found = bare((await ask(http, samples=100))["rows"])
        assert 20 <= len(found) <= 100
        logged_at = dict(rows)
        assert all(values.items() <= logged_at[step].items() for step, values in found)
        assert any("val" in values for _, values in found)
        assert found[0][1]["word"] == "x"
        pairs = bare((await ask(http, samples=100, keys=["a", "b"]))["rows"])
        assert pairs == [(step, {"a": step, "b": -step}) for step, _ in pairs]


async def test_what_was_measured_of_machines_is_told_apart_by_time(house: House) -> None:
    def measured(position: int, cpu: float) -> tuple[int, int, bytes]:
        return record(position, Kind.SYSTEM, [0, START + position, {"system/cpu": cpu}])

    async with house.client("member") as http:
        await send(http, 0, [measured(1, 10.0)], writer="rank-0")
        await send(http, 0, [measured(2, 20.0)], writer="rank-1")
        await log(http, [(0, {"loss": 1.0})])
        rows = (await ask(http, stream="system"))["rows"]
        assert [row["system/cpu"] for row in rows] == [10.0, 20.0]
        assert [row["system/cpu"] for row in (await ask(http, stream="system", samples=1))["rows"]]
        assert bare(await whole(http)) == [(0, {"loss": 1.0})]


async def test_a_run_without_rows_has_none(house: House) -> None:
    async with house.client("member") as http:
        assert await ask(http) == {"rows": [], "next": None}
        assert await ask(http, samples=5) == {"rows": [], "next": None}


@pytest.mark.parametrize(
    ("asked", "status", "pointer"),
    [
        ({"cursor": "nonsense"}, 400, "/cursor"),
        ({"samples": 0}, 422, "/samples"),
        ({"limit": 25_001}, 422, "/limit"),
        ({"stream": "x"}, 422, "/stream"),
    ],
)
async def test_a_bad_question_is_pointed_at(
    house: House, asked: dict[str, Any], status: int, pointer: str
) -> None:
    async with house.client("member") as http:
        answer = await http.get(URL, params=asked)
        assert answer.status_code == status
        assert answer.json()["errors"][0]["pointer"] == pointer
