"""Lines of a run: kept once, in any order of repetition, and never refused for what may pass."""

from __future__ import annotations

import gzip
import json

import httpx
from tests.server.house import House, exact
from tests.server.wandb.conftest import STREAM, Speaker

RUN = "ann/vision/run1"


def rows(first: int, count: int) -> list[dict[str, float]]:
    return [
        {"_step": n, "_timestamp": 1.7e9 + n, "_runtime": n, "loss": n / 2}
        for n in range(first, first + count)
    ]


async def test_lines_that_come_again_are_kept_once(ann: Speaker) -> None:
    await ann.open()
    for offset, count in ((0, 10), (0, 10), (5, 10), (15, 5), (0, 20)):
        answer = await ann.stream(offset, rows(offset, count))
        assert answer.status_code == 200, answer.text
        assert answer.json() == {}
    found = await exact(ann.http, "loss", RUN)
    assert found == [(n, n / 2) for n in range(20)]


async def test_lines_may_be_missing_for_ever(ann: Speaker) -> None:
    await ann.open()
    await ann.stream(0, rows(0, 3))
    await ann.stream(100, rows(100, 3))
    assert [step for step, _ in await exact(ann.http, "loss", RUN)] == [0, 1, 2, 100, 101, 102]


async def test_values_of_every_kind_arrive_as_the_client_writes_them(ann: Speaker) -> None:
    await ann.open()
    line = (
        '{"_step": 0, "_timestamp": 1.7e9, "nan": NaN, "inf": -Infinity, "deep": {"a": {"b": 2}},'
        ' "text": "t", "flag": true, "image": {"_type": "image-file", "path": "media/x.png"}}'
    )
    assert (await ann.stream(0, [line])).status_code == 200
    assert await exact(ann.http, "nan", RUN) == [(0, "NaN")]
    assert await exact(ann.http, "inf", RUN) == [(0, "-Infinity")]
    assert await exact(ann.http, "deep.a.b", RUN) == [(0, 2)]
    assert await exact(ann.http, "text", RUN) == [(0, "t")]
    [(_, image)] = await exact(ann.http, "image", RUN)
    assert image["_type"] == "image-file"


async def test_a_packed_body_is_read(ann: Speaker) -> None:
    await ann.open()
    body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": [json.dumps(rows(0, 1)[0])]}}}
    answer = await ann.http.post(
        STREAM,
        content=gzip.compress(json.dumps(body).encode()),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    assert await exact(ann.http, "loss", RUN) == [(0, 0)]


async def test_the_summary_is_what_the_client_says_last(ann: Speaker) -> None:
    await ann.open()
    await ann.stream(0, [{"_step": 0, "_timestamp": 1.7e9, "loss": 1.0, "quiet": 2.0}])
    said = {"loss": 0.5, "best": {"min": 0.1}, "_step": 0}
    files = {"wandb-summary.json": {"offset": 0, "content": ["{}", json.dumps(said)]}}
    assert (await ann.stream(0, [], files=files)).status_code == 200
    run = (await ann.http.get(f"/api/v1/projects/ann/vision/runs/{RUN[-4:]}")).json()
    assert run["summary"] == said


async def test_what_was_printed_and_measured_is_where_ours_is(ann: Speaker) -> None:
    await ann.open()
    printed = [
        json.dumps({"ts": "2023-11-14T22:13:20.5", "content": "one\n"}),
        json.dumps({"ts": "2023-11-14T22:13:21", "content": "oops", "level": "error"}),
        "plain",
    ]
    reading = {"_timestamp": 1.7e9, "_wandb": True, "system.gpu.0.temp": 61, "system.cpu": 12.5}
    files = {
        "output.log": {"offset": 0, "content": printed},
        "wandb-events.jsonl": {"offset": 0, "content": [json.dumps(reading)]},
    }
    assert (await ann.stream(0, [], files=files)).status_code == 200
    again = {"output.log": {"offset": 2, "content": ["plain, said anew"]}}
    assert (await ann.stream(0, [], files=again)).status_code == 200
    shown = (await ann.http.get("/api/v1/projects/ann/vision/runs/run1/console")).json()
    texts = [(line["stream"], line["text"]) for line in shown["lines"]]
    assert sorted(texts) == [("stderr", "oops"), ("stdout", "one"), ("stdout", "plain, said anew")]
    assert await exact(ann.http, "system/gpu.0.temperature", RUN) == [(0, 61)]
    assert await exact(ann.http, "system/process.cpu", RUN) == [(0, 12.5)]


async def test_the_end_of_a_run_is_heard(ann: Speaker) -> None:
    await ann.open()
    await ann.stream(0, rows(0, 1), complete=True, exitcode=3)
    run = (await ann.http.get("/api/v1/projects/ann/vision/runs/run1")).json()
    assert (run["state"], run["exit_code"]) == ("failed", 3)
    # Late lines are kept, and opened once more the run goes on where its lines end.
    assert (await ann.stream(1, rows(1, 1))).status_code == 200
    opened = await ann.open()
    assert opened["inserted"] is False
    assert opened["bucket"]["historyLineCount"] == 2
    run = (await ann.http.get("/api/v1/projects/ann/vision/runs/run1")).json()
    assert run["state"] == "running"
    await ann.stream(2, rows(2, 2))
    assert [step for step, _ in await exact(ann.http, "loss", RUN)] == [0, 1, 2, 3]


async def test_a_second_sync_of_the_same_rows_doubles_nothing(ann: Speaker) -> None:
    await ann.open()
    await ann.stream(0, rows(0, 10), complete=True, exitcode=0)
    again = await ann.open()
    await ann.stream(again["bucket"]["historyLineCount"], rows(0, 10), complete=True, exitcode=0)
    found = await exact(ann.http, "loss", RUN)
    assert found == [(n, n / 2) for n in range(10)]


async def test_a_script_hears_that_it_shall_stop(house: House, ann: Speaker) -> None:
    await ann.open()
    await ann.http.patch("/api/v1/projects/ann/vision/runs/run1", json={"stop_requested": True})
    house.clock.tick(10)
    assert (await ann.stream(0, rows(0, 1))).json() == {"stopped": True}


async def test_only_what_can_never_be_taken_is_refused_for_good(ann: Speaker) -> None:
    await ann.open()
    refused: list[httpx.Response] = [
        await ann.http.post(STREAM, content=b"[1]"),
        await ann.stream(0, ["no json"]),
        await ann.http.post("/files/ann/vision/nobody/file_stream", json={}),
    ]
    assert [answer.status_code for answer in refused] == [422, 422, 404]
    for answer in refused:
        assert answer.json()["errors"][0]["message"]
    for body in (b"", b"{}"):  # a sign of life
        assert (await ann.http.post(STREAM, content=body)).status_code == 200


async def test_several_writers_of_a_run_are_told_apart(house: House, ann: Speaker) -> None:
    await ann.open()
    for name in ("a", "b"):
        async with house.client("owner", headers={"X-WANDB-ASYNC-CLIENT-ID": name}) as http:
            speaker = Speaker(http)
            await speaker.open()
            line = {"_step": 0, "_timestamp": 1.7e9, f"of_{name}": 1}
            assert (await speaker.stream(0, [line])).status_code == 200
    assert await exact(ann.http, "of_a", RUN)
    assert await exact(ann.http, "of_b", RUN)
