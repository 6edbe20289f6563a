"""What is taken away is what was logged: all of it, in every format, and nothing else."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import math
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from arro3.core import RecordBatchReader
from arro3.io import read_ipc_stream, read_parquet
from tests.server.house import START, House, row, send

from wanllmdb_server.metrics import extract

RUN = "/api/v1/projects/ann/vision/runs/first/export"
PROJECT = "/api/v1/projects/ann/vision/export"
ROWS = [
    row(1, loss=0.5, note="début", lr=1.0),
    row(2, loss=math.nan, count=9007199254740993),
    row(3, loss=math.inf, table={"_type": "table", "rows": [1, None]}),
    row(4, loss=-math.inf, lr=2.0, step_name='a,b\n"c"'),
    row(5, 4, loss=7.0),
]


async def begin(http: Any, *runs: str) -> None:
    for run in runs:
        said = {"id": run, "project": "vision", "owner": "ann", "started_at": START}
        assert (await http.post("/api/v1/runs", json=said)).status_code == 201


async def take(http: Any, **asked: Any) -> Any:
    answer = await http.get(RUN, params=asked)
    assert answer.status_code == 200, answer.text
    return answer


def rows_of(content: bytes, file_format: str) -> list[dict[str, Any]]:
    """The rows of a file as plain values, its times as microseconds."""
    match file_format:
        case "jsonl":
            return [json.loads(line) for line in content.splitlines()]
        case "csv":
            return list(csv.DictReader(io.StringIO(content.decode())))
        case "parquet":
            reader = read_parquet(io.BytesIO(content))
        case _:
            reader = read_ipc_stream(io.BytesIO(content))
    return table_rows(reader)


def table_rows(reader: RecordBatchReader) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for batch in reader:
        names = batch.column_names
        columns = [batch.column(name).to_pylist() for name in names]
        found += [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    for each in found:
        if isinstance(each.get("time"), datetime):
            each["time"] = round(each["time"].timestamp() * 1e6)
    return found


def alike(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and math.isnan(wanted):
        return isinstance(found, float) and math.isnan(found)
    return found == wanted


EXACT = [
    ("count", 2, 9007199254740992.0, "9007199254740993"),
    ("loss", 1, 0.5, None),
    ("loss", 2, math.nan, None),
    ("loss", 3, math.inf, None),
    ("loss", 4, -math.inf, None),
    ("loss", 4, 7.0, None),
    ("lr", 1, 1.0, None),
    ("lr", 4, 2.0, None),
    ("note", 1, None, '"début"'),
    ("step_name", 4, None, '"a,b\\n\\"c\\""'),
    ("table", 3, None, '{"_type":"table","rows":[1,null]}'),
]


@pytest.mark.parametrize("file_format", ["parquet", "arrow"])
async def test_a_row_for_each_point(house: House, file_format: str) -> None:
    async with house.client("member") as http:
        await send(http, 0, ROWS)
        found = rows_of((await take(http, format=file_format)).content, file_format)
    assert list(found[0]) == ["run", "key", "step", "time", "value", "object"]
    assert {each["run"] for each in found} == {"first"}
    assert [(each["key"], each["step"]) for each in found] == [each[:2] for each in EXACT]
    for each, (_, _, value, text) in zip(found, EXACT, strict=True):
        assert alike(each["value"], value), each
        assert each["object"] == text
    assert [each["time"] for each in found if each["key"] == "loss"] == [
        START + n * 1_000_000 for n in (1, 2, 3, 4, 5)
    ]


async def test_csv_says_the_same(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, ROWS)
        found = rows_of((await take(http, format="csv")).content, "csv")
    assert [(each["key"], int(each["step"])) for each in found] == [each[:2] for each in EXACT]
    said = [each["value"] for each in found]
    assert said[1:6] == ["0.5", "NaN", "inf", "-inf", "7.0"]
    assert [each["object"] for each in found] == [text or "" for *_, text in EXACT]
    moment = datetime.fromisoformat(found[1]["time"])
    assert moment == datetime.fromtimestamp(START / 1e6 + 1, UTC)


async def test_lines_of_json_hold_values_as_they_were_logged(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, ROWS)
        found = rows_of((await take(http, format="jsonl")).content, "jsonl")
    values = [(each["key"], each["step"], each["value"]) for each in found]
    assert values == [
        ("count", 2, 9007199254740993),
        ("loss", 1, 0.5),
        ("loss", 2, "NaN"),
        ("loss", 3, "Infinity"),
        ("loss", 4, "-Infinity"),
        ("loss", 4, 7.0),
        ("lr", 1, 1.0),
        ("lr", 4, 2.0),
        ("note", 1, "début"),
        ("step_name", 4, 'a,b\n"c"'),
        ("table", 3, {"_type": "table", "rows": [1, None]}),
    ]
    assert found[1]["time"] == START + 1_000_000


@pytest.mark.parametrize("file_format", ["parquet", "arrow", "jsonl"])
async def test_a_row_for_each_step(house: House, file_format: str) -> None:
    async with house.client("member") as http:
        await send(http, 0, ROWS)
        answer = await take(http, format=file_format, shape="wide")
        history = await http.get(f"{RUN.removesuffix('export')}history")
    found = rows_of(answer.content, file_format)
    if file_format == "jsonl":
        same = [{"_run": "first", **each} for each in history.json()["rows"]]
        assert found == same
        return
    assert [each["_step"] for each in found] == [1, 2, 3, 4]
    assert [each["_timestamp"] for each in found] == [START / 1e6 + n for n in (1, 2, 3, 5)]
    assert [each["lr"] for each in found] == [1.0, None, None, 2.0]
    losses = [each["loss"] for each in found]
    assert all(map(alike, losses, [0.5, math.nan, math.inf, 7.0]))  # the last one of a step
    assert [each["note"] for each in found] == ['"début"', None, None, None]
    assert [each["count"] for each in found] == [None, 9007199254740992.0, None, None]


async def test_a_key_of_numbers_here_and_of_texts_there_is_text_in_rows(house: House) -> None:
    async with house.client("member") as http:
        await begin(http, "r1", "r2")
        await send(http, 0, [row(1, a=1.5, run=1.0)], run="ann/vision/r1")
        await send(http, 0, [row(1, a="x"), row(2, b=1.0)], run="ann/vision/r2")
        asked = {"runs": ["r2", "r1"], "shape": "wide"}
        answer = await http.post(PROJECT, json=asked)
    found = rows_of(answer.content, "parquet")
    assert [(each["_run"], each["a"], each["b"], each["run"]) for each in found] == [
        ("r2", '"x"', None, None), ("r2", None, 1.0, None), ("r1", "1.5", None, 1.0),
    ]  # fmt: skip


async def test_all_runs_of_a_project_or_those_named(house: House) -> None:
    async with house.client("member") as http:
        await begin(http, "r1", "r2")
        for n, run in enumerate(("first", "r1", "r2")):
            await send(http, 0, [row(1, loss=float(n), acc=1.0)], run=f"ann/vision/{run}")
        everything = await http.post(PROJECT, json={"format": "arrow", "keys": ["loss"]})
        some = await http.post(PROJECT, json={"format": "arrow", "runs": ["r2"]})
        none = await http.post(PROJECT, json={"runs": ["r2", "nobody"]})
        foreign = await http.post("/api/v1/projects/sam/vision/export", json={})
    said = [(each["run"], each["value"]) for each in rows_of(everything.content, "arrow")]
    assert said == [("first", 0.0), ("r1", 1.0), ("r2", 2.0)]
    assert [(each["run"], each["key"]) for each in rows_of(some.content, "arrow")] == [
        ("r2", "acc"), ("r2", "loss"),
    ]  # fmt: skip
    assert (none.status_code, foreign.status_code) == (404, 404)


async def test_what_was_measured_of_the_machine_comes_when_asked_for(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(1, **{"loss": 1.0, "system/cpu": 5.0})])
        for stream, keys in {
            "default": ["loss"], "system": ["system/cpu"], "all": ["loss", "system/cpu"],
        }.items():  # fmt: skip
            found = rows_of((await take(http, stream=stream, format="jsonl")).content, "jsonl")
            assert [each["key"] for each in found] == keys


@pytest.mark.parametrize("file_format", ["parquet", "arrow", "csv", "jsonl"])
@pytest.mark.parametrize("shape", ["long", "wide"])
async def test_of_nothing_a_file_without_rows(house: House, file_format: str, shape: str) -> None:
    async with house.client("viewer") as http:
        answer = await take(http, format=file_format, shape=shape)
    assert rows_of(answer.content, file_format) == []


@pytest.mark.parametrize("shape", ["long", "wide"])
async def test_a_long_run_comes_whole_though_only_parts_of_it_are_in_memory(
    house: House, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "POINTS", 300)
    monkeypatch.setattr(extract, "_BUCKETS", 16)
    monkeypatch.setattr(extract, "OBJECTS", 7)
    monkeypatch.setattr(extract, "OBJECTS_TOGETHER", 5)
    # Most of the points are in a corner, many at one step.
    steps = [n if n < 900 else 900 if n < 1400 else n * 1000 for n in range(1500)]
    async with house.client("member") as http:
        some = [row(n + 1, step, loss=float(n), word="x" * (n % 3)) for n, step in enumerate(steps)]
        await send(http, 0, some)
        text = (await take(http, format="jsonl", shape=shape, first=3, last=1_450_000)).content
    found = rows_of(text, "jsonl")
    wanted = [(step, n) for n, step in enumerate(steps) if 3 <= step <= 1_450_000]
    if shape == "long":
        losses = [(each["step"], each["value"]) for each in found if each["key"] == "loss"]
        assert losses == wanted
        words = [each["value"] for each in found if each["key"] == "word"]
        assert words == ["x" * (n % 3) for _, n in wanted]
    else:
        assert [(each["_step"], each["loss"]) for each in found] == list(dict(wanted).items())


async def test_windows_hold_steps(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(n, loss=float(n)) for n in range(1, 20)])
        found = rows_of((await take(http, first=5, last=7, format="jsonl")).content, "jsonl")
    assert [each["step"] for each in found] == [5, 6, 7]


async def test_what_a_later_attempt_logged_anew_is_there_once(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [row(n, loss=1.0) for n in range(1, 6)])
        run = house.services.runs
        located = await run.get(house.actors["owner"], "ann", "vision", "first")
        await house.store.begin_attempt(located.number, "w2", at=START + 10**9, since=START)
        await send(http, 0, [row(n, n + 2, loss=2.0) for n in range(1, 6)], writer="w2")
        found = rows_of((await take(http, format="jsonl")).content, "jsonl")
    assert [(each["step"], each["value"]) for each in found] == [
        (1, 1.0), (2, 1.0), *((n, 2.0) for n in range(3, 8)),
    ]  # fmt: skip


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "an unknown format": ({"format": "xls"}, 422),
    "an unknown shape": ({"shape": "round"}, 422),
    "a run that is not there": ({"runs": ["nobody"]}, 404),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_is_refused(house: House, name: str) -> None:
    asked, status = REFUSED[name]
    async with house.client("viewer") as http:
        answer = await http.post(PROJECT, json=asked)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_too_many_columns_are_refused_with_advice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wanllmdb_server.services.export.MAX_COLUMNS", 3)
    async with house.client("member") as http:
        await send(http, 0, [row(1, a=1.0, b=1.0, c=1.0, d=1.0)])
        refused = await http.get(RUN, params={"shape": "wide"})
        named = await http.get(RUN, params={"shape": "wide", "keys": ["a", "d"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "too-many-keys"
    assert named.status_code == 200


@pytest.mark.parametrize(
    ("file_format", "kind"),
    [
        ("parquet", "application/vnd.apache.parquet"),
        ("arrow", "application/vnd.apache.arrow.stream"),
        ("csv", "text/csv; charset=utf-8"),
        ("jsonl", "application/x-ndjson"),
    ],
)
async def test_a_file_has_its_type_and_a_name(house: House, file_format: str, kind: str) -> None:
    async with house.client("viewer") as http:
        answer = await take(http, format=file_format)
    assert answer.headers["content-type"] == kind
    name = f'attachment; filename="vision-first.{file_format}"'
    assert answer.headers["content-disposition"].startswith(name)
    assert answer.headers["cache-control"] == "no-store"


async def test_who_stops_reading_leaves_nobody_waiting(house: House) -> None:
    async with house.client("member") as http, house.serving() as address:
        for first in range(0, 60_000, 5000):
            some = [row(n, loss=n / 7) for n in range(first + 1, first + 5001)]
            await send(http, first, some)
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        key = house.headers("member")["Authorization"]
        ask = f"GET {RUN}?format=jsonl HTTP/1.1\r\nHost: {address}\r\nAuthorization: {key}\r\n\r\n"
        writer.write(ask.encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.transport.abort()
        for _ in range(200):
            if not any(thread.name == "drip" for thread in threading.enumerate()):
                return
            await asyncio.sleep(0.05)
    raise AssertionError("the thread still waits for somebody to read")
