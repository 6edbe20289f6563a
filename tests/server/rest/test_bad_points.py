"""Whatever is sent to the routes of points, or asked of them, is answered and harms nothing.

The rows B16 to B30 of the bad-input matrix for the routes of the metric service; the other
routes have theirs in test_bad_input, the bodies' sizes theirs in test_body.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.server.house import House, exact, open_house, row, send
from tests.server.rest.problems import assert_problem
from tests.server.rest.test_bad_input import JSON, UNREADABLE
from tests.server.world import Template

from wanllmdb import wire

API = "/api/v1"
RUN = f"{API}/projects/ann/vision/runs/first"
BATCH = f"{API}/metrics/batch"
SYSTEM = f"{API}/metrics/system/batch"
NAMED = f"{API}/metrics/ann%2Fvision%2Ffirst"
READS = {
    "points": f"{RUN}/points?key=x",
    "keys": f"{RUN}/keys",
    "history": f"{RUN}/history",
    "metric history": f"{NAMED}/history",
    "latest": f"{NAMED}/latest",
    "statistics": f"{NAMED}/statistics",
    "summary": f"{NAMED}/summary",
}
POINT = {"run_id": "ann/vision/first", "key": "x", "value": 1}


@pytest.fixture
async def house(tmp_path: Path, template: Template) -> AsyncIterator[House]:
    async with open_house(tmp_path, template) as house:
        yield house


async def test_an_unreadable_body_is_refused(house: House) -> None:
    """Rows B16 to B18."""
    async with house.client("member") as http:
        for path in (BATCH, SYSTEM, f"{API}/curves"):
            for content, status, code, pointer in UNREADABLE.values():
                answer = await http.post(path, content=content, headers=JSON)
                assert_problem(answer, status, code, pointer)
        assert await exact(http, "x") == []


async def test_a_fault_inside_a_batch_is_pointed_at(house: House) -> None:
    """Rows B16 and B17, where the batch is otherwise a usual one."""
    one = '{"run_id": "first", "key": "x", "value": 1}'
    faults = {
        '{"run_id": "first", "key": "x", "value": 1, "value": 2}': "/metrics/1/value",
        '{"run_id": "first", "key": "x", "value": NaN}': "/metrics/1/value",
        '{"run_id": "first", "key": "x", "value": 1e999}': "/metrics/1/value",
        '{"run_id": "first", "key": "x", "value": ' + "9" * 5000 + "}": "/metrics/1/value",
        '{"run_id": "first", "key": "\\ud800", "value": 1}': "/metrics/1/key",
        '{"run_id": "first", "values": {"a": 1, "a": 2}}': "/metrics/1/values/a",
    }
    async with house.client("member") as http:
        for fault, pointer in faults.items():
            for path in (BATCH, SYSTEM):
                content = f'{{"metrics": [{one}, {fault}, {one}]}}'
                answer = await http.post(path, content=content.encode(), headers=JSON)
                assert_problem(answer, 400, "malformed-json", pointer)
        assert await exact(http, "x") == []


async def test_a_batch_may_be_packed_and_a_bomb_is_none(house: House) -> None:
    """Row B20."""
    content = json.dumps({"metrics": [POINT]}).encode()
    async with house.client("member") as http:
        packed = {**JSON, "Content-Encoding": "gzip"}
        answer = await http.post(BATCH, content=gzip.compress(content), headers=packed)
        assert answer.json()["accepted"] == 1
        bomb = gzip.compress(b'{"metrics": [' + b" " * 10_000_000)
        assert_problem(await http.post(BATCH, content=bomb, headers=packed), 413)
        twice = {**JSON, "Content-Encoding": "gzip, gzip"}
        assert_problem(await http.post(BATCH, content=content, headers=twice), 415)
        half = gzip.compress(content)[:-5]
        assert_problem(await http.post(BATCH, content=half, headers=packed), 400)


async def test_method_type_and_accept_are_what_the_route_takes(house: House) -> None:
    """Row B21."""
    packed = f"{RUN}/writers/w/batches"
    async with house.client("member") as http:
        for path in (BATCH, SYSTEM, packed, f"{API}/curves"):
            for method in ("PUT", "DELETE", "PATCH"):
                answer = await http.request(method, path)
                assert_problem(answer, 405, "method-not-allowed")
                assert answer.headers["allow"] == "POST", path
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
                answer = await http.post(path, content=b"{}", headers={"Content-Type": kind})
                assert_problem(answer, 415, "unsupported-media-type")
        for name, path in READS.items():
            answer = await http.post(path, json={})
            assert_problem(answer, 405)
            assert "GET" in answer.headers["allow"], name
        for name in ("metric history", "latest", "statistics", "summary"):
            answer = await http.get(READS[name], headers={"Accept": "text/html"})
            assert_problem(answer, 406, "not-acceptable")


async def test_what_is_not_there_and_what_is_not_yours_are_answered_alike(house: House) -> None:
    """Row B25."""
    async with house.client("owner") as http:
        await http.post(f"{API}/runs", json={"id": "gone", "project": "vision"})
        await http.delete(f"{API}/projects/ann/vision/runs/gone")
    async with house.client("stranger") as http:
        await http.post(BATCH, json={"metrics": [{**POINT, "run_id": "sam/vision/first"}]})
    async with house.client("member") as http:
        for path in READS.values():
            foreign = ("sam/vision/first", "sam/none/first")
            for some in (foreign, ("ann/vision/gone", "ann/vision/x")):
                said = set()
                for name in some:
                    owner, project, run = name.split("/")
                    asked = path.replace("ann", owner).replace("vision", project)
                    problem = assert_problem(await http.get(asked.replace("first", run)), 404)
                    detail = problem["detail"].replace(project, "it").replace(f"'{run}'", "it")
                    said.add((problem["code"], detail))
                assert len(said) == 1, (path, said)
        names = ["sam/vision/first", "ann/vision/gone", "ann/vision/x", "nobody", "a/b", "", "/"]
        metrics = [{**POINT, "run_id": name} for name in names]
        for path in (BATCH, SYSTEM):
            rejected = (await http.post(path, json={"metrics": metrics})).json()["rejected"]
            assert [each["code"] for each in rejected] == ["run-not-found"] * len(names)
        for odd in ([1], {"a": 1}, None, 1 << 70, True):
            rejected = (await http.post(BATCH, json={"metrics": [{**POINT, "run_id": odd}]})).json()
            assert [each["code"] for each in rejected["rejected"]] == ["invalid"], odd


# Row B26: (route, query, pointer).
QUERIES = [
    *(
        (route, f"{name}={value}", f"/{name}")
        for route, name in (
            ("points", "limit"),
            ("points", "first"),
            ("history", "limit"),
            ("history", "samples"),
            ("metric history", "limit"),
            ("metric history", "start_step"),
            ("metric history", "end_step"),
        )
        for value in ("NaN", "1.5", "", "x", "9" * 5000, "1e3", "0x10")
    ),
    ("points", "limit=-1", "/limit"),
    ("points", "limit=1000000000", "/limit"),
    ("points", "superseded=maybe", "/superseded"),
    ("points", f"last={1 << 63}", "/last"),
    ("metric history", "limit=0", "/limit"),
    ("metric history", "limit=1000000000", "/limit"),
    ("metric history", f"start_step={-(1 << 63) - 1}", "/start_step"),
    ("metric history", "&".join(f"key=k{n}" for n in range(201)), "/key"),
    ("latest", "&".join(f"key=k{n}" for n in range(201)), "/key"),
    ("statistics", "&".join(f"key=k{n}" for n in range(201)), "/key"),
]


async def test_a_wrong_query_is_refused_with_its_place(house: House) -> None:
    """Row B26."""
    async with house.client("viewer") as http:
        for route, query, pointer in QUERIES:
            path = READS[route]
            answer = await http.get(f"{path}{'&' if '?' in path else '?'}{query}")
            assert_problem(answer, 422, "invalid", pointer)


ODD_NAMES = [
    "'", '"', "%", "_", "a%", "x' OR '1'='1", "x;--", "x); DROP TABLE writer;--", "MATCH x",
    "x*", "NEAR(a b)", "\\", "a\\b", "a\x00b", "\u202e", "é", "e\u0301", " ", "..", "../x", "$x",
    "x" * 1024,
]  # fmt: skip


async def test_odd_names_are_texts_and_find_themselves_alone(house: House) -> None:
    """Row B27."""
    async with house.client("member") as http:
        metrics = [{**POINT, "key": key, "value": n, "step": n} for n, key in enumerate(ODD_NAMES)]
        for batch_id in (*ODD_NAMES[:-1], "x" * 64):
            answer = await http.post(BATCH, json={"metrics": metrics, "batch_id": batch_id})
            assert answer.status_code == 200, batch_id
            assert answer.json() == {"accepted": len(ODD_NAMES), "rejected": []}
        for n, key in enumerate(ODD_NAMES):
            found = await exact(http, key)
            assert found == [(n, n)] * len(ODD_NAMES), key
            asked = {"key": key}
            latest = (await http.get(f"{NAMED}/latest", params=asked)).json()["metrics"]
            assert list(latest) == [key]
            [series] = (await http.get(f"{NAMED}/history", params=asked)).json()["metrics"]
            assert (series["key"], set(series["value"])) == (key, {n})
        for name in ODD_NAMES:
            encoded = quote(name, safe="")
            answer = await http.get(f"{API}/metrics/{encoded}/latest")
            assert answer.status_code == 404, name
            told = await http.post(BATCH, json={"metrics": [{**POINT, "run_id": name}]})
            assert [each["code"] for each in told.json()["rejected"]] == ["run-not-found"], name


async def test_a_cursor_is_good_for_its_own_question_alone(house: House) -> None:
    """Row B28."""
    async with house.client("owner") as http:
        await http.post(f"{API}/runs", json={"id": "other", "project": "vision"})
        for run in ("first", "other"):
            metrics = [{"run_id": run, "step": n, "values": {"x": n, "y": n}} for n in range(20)]
            await http.post(BATCH, json={"metrics": metrics})
    questions = {
        f"{RUN}/points": ({"key": "x"}, {"key": "y"}, {"key": "x", "first": 3}),
        f"{RUN}/history": ({}, {"keys": "x"}, {"first": 3}),
        f"{NAMED}/history": ({}, {"key": "x"}, {"start_step": 3}),
    }
    async with house.client("viewer") as http:
        for path, (asked, *others) in questions.items():
            page = (await http.get(path, params={**asked, "limit": 5})).json()
            cursor = page["next"]
            assert cursor
            good = await http.get(path, params={**asked, "limit": 5, "cursor": cursor})
            assert good.status_code == 200
            assert good.json() != page
            wrong = [
                cursor[:-1],
                cursor + "A",
                cursor[::-1],
                "5.1.0",
                "!!",
                "é",
                "A" * 5000,
                "\x00",
            ]
            flipped = [
                cursor[:at] + chr(ord(cursor[at]) ^ 1) + cursor[at + 1 :]
                for at in range(len(cursor))
            ]
            for each in (*wrong, *flipped):
                answer = await http.get(path, params={**asked, "cursor": each})
                assert answer.status_code in ((400, 422) if len(each) > 4096 else (400,)), each
                assert_problem(answer, answer.status_code, None, "/cursor")
            for other in others:
                answer = await http.get(path, params={**other, "cursor": cursor})
                assert_problem(answer, 400, "bad-cursor", "/cursor")
            foreign = path.replace("first", "other")
            answer = await http.get(foreign, params={**asked, "cursor": cursor})
            assert_problem(answer, 400, "bad-cursor", "/cursor")


async def test_what_does_not_follow_is_refused_and_what_overlaps_is_trimmed(house: House) -> None:
    """Row B30."""
    rows = [row(n, x=float(n)) for n in range(1, 11)]
    async with house.client("member") as http:
        gap = assert_problem(await send(http, 5, rows[5:]), 409, "position-gap")
        assert gap["expected"] == 0
        assert (await send(http, 0, rows[:4])).json()["position"] == 4
        gap = assert_problem(await send(http, 5, rows[5:]), 409, "position-gap")
        assert gap["expected"] == 4
        overlap = (await send(http, 2, rows[2:8])).json()
        assert (overlap["rows"], overlap["position"]) == (4, 8)
        assert (await send(http, 0, rows[:8])).json()["rows"] == 0
        headers = {"Content-Type": wire.CONTENT_TYPE}
        path = f"{RUN}/writers/w1/batches"
        body = wire.unpack("w", wire.pack(8, rows[8:])).body
        wrong = {
            "position 0": (1, 8, 0, 2, 2, body),
            "beyond 64 bits": (1, 8, 1 << 63, 2, 2, body),
            "negative": (1, -1, 10, 2, 2, body),
            "backwards": (1, 9, 8, 2, 2, body),
            "empty": (1, 8, 10, 0, 2, body),
            "an end that is not its last row's": (1, 8, 11, 2, 2, body),
            "another count": (1, 8, 10, 3, 2, body),
        }
        for name, said in wrong.items():
            answer = await http.post(path, content=wire.encode(said), headers=headers)
            assert_problem(answer, 422)
            assert answer.json()["code"] != "internal", name
        for name in ("", "w" * 257):
            answer = await http.post(
                f"{RUN}/writers/{name}/batches", content=wire.pack(0, rows), headers=headers
            )
            assert_problem(answer, 422 if name else 404)
        assert [step for step, _ in await exact(http, "x")] == list(range(1, 9))


# Rows B22 and B24: what no client of HTTP makes, as bytes. None is ever a success.
HEAD = "POST /api/v1/metrics/batch HTTP/1.1\r\n"
BODY = json.dumps({"metrics": [POINT]})
SENT = {
    "length and chunks": (
        "Host: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "two lengths": ("Host: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    "a length that is none": ("Host: localhost\r\nContent-Length: +5\r\n\r\nhello", 400),
    "chunks that are none": (
        "Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n", 400),
    "an unknown transfer": ("Host: localhost\r\nTransfer-Encoding: cow\r\n\r\n", 400),
    "a folded header": ("Host: localhost\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n", 400),
    "a space before the colon": ("Host : localhost\r\nContent-Length: 0\r\n\r\n", 400),
    "a nul in a header": ("Host: localhost\r\nX-A: b\x00c\r\nContent-Length: 0\r\n\r\n", 400),
    "200 headers": (
        "Host: localhost\r\n" + "".join(f"X-{n}: a\r\n" for n in range(200))
        + "Content-Length: 0\r\n\r\n", 431),
    "a header of 64 KiB": (
        "Host: localhost\r\nX-A: " + "a" * 65536 + "\r\nContent-Length: 0\r\n\r\n", 431),
    "no host": ("Content-Length: 0\r\n\r\n", 421),
    "two hosts": ("Host: localhost\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 421),
    "a host with a user": ("Host: root@localhost\r\nContent-Length: 0\r\n\r\n", 421),
    "a foreign host": ("Host: evil.example\r\nContent-Length: 0\r\n\r\n", 421),
}  # fmt: skip


async def _raw(address: str, request: str) -> bytes:
    """What the server answers to these bytes, until it closes or falls silent."""
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    try:
        writer.write(request.encode("latin-1"))
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(5):
                while b"\r\n\r\n" not in answer and (some := await reader.read(65536)):
                    answer += some
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return answer


async def test_what_is_no_http_is_refused_and_nothing_is_kept_of_it(house: House) -> None:
    """Rows B22 and B24."""
    async with house.serving() as address, house.client("member") as http:
        key = f"Authorization: {http.headers['Authorization']}\r\n"
        kind = "Content-Type: application/json\r\n"
        for name, (rest, status) in SENT.items():
            answer = await _raw(address, HEAD + key + kind + rest)
            assert answer.startswith(f"HTTP/1.1 {status} ".encode()), (name, answer[:200])
        whole = f"Host: localhost\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}"
        assert (await _raw(address, HEAD + key + kind + whole)).startswith(b"HTTP/1.1 200 ")
        assert await exact(http, "x") == [(0, 1)]


# Row B23: paths; none is ever a redirect.
PATHS = [
    f"{API}//metrics/batch",
    f"{API}/metrics/batch/",
    f"{API}/metrics/%2e%2e/metrics/batch",
    f"{API}/metrics/..;/latest",
    f"{API}/metrics/ann%2Fvision%2Ffi%00rst/latest",
    f"{API}/metrics/ann%252Fvision%252Ffirst/latest",
    f"{API}/metrics/%ff%fe/latest",
    f"{API}/metrics//latest",
    f"{API}/metrics/{'x' * 8192}/latest",
    f"{API}/metrics/{'a/' * 2000}latest",
    f"{API}/Metrics/first/latest",
    f"{API}/metrics/first/Latest",
    f"{API}/metrics/first",
    f"{API}/metrics",
]


async def test_an_odd_path_finds_nothing_and_never_redirects(house: House) -> None:
    """Row B23."""
    async with house.client("member") as http:
        for path in PATHS:
            answer = await http.get(path, follow_redirects=False)
            assert answer.status_code in (404, 405), (path[:80], answer.text[:200])
            assert_problem(answer, answer.status_code)


async def test_no_odd_value_of_a_batch_is_ever_a_failure(house: House) -> None:
    odd: list[Any] = [None, 1, -1.5, True, [], {}, [None], "\x00", "x" * 70_000, 1 << 80, "é"]
    async with house.client("member") as http:
        for path in (BATCH, SYSTEM):
            for value in odd:
                bodies = [[value], {"metrics": value}, {"metrics": [value]}]
                bodies += [{"metrics": [POINT], name: value} for name in ("batch_id", "more")]
                fields = ("run_id", "key", "metric_name", "value", "values", "step", "timestamp")
                bodies += [{"metrics": [{**POINT, name: value}]} for name in (*fields, "cpu")]
                for body in bodies:
                    answer = await http.post(path, json=body)
                    assert answer.status_code in (200, 422, 409), (path, body)
                    if answer.status_code == 200:
                        said = answer.json()
                        assert said["accepted"] + len(said["rejected"]) >= 1, (path, body)
                    else:
                        assert_problem(answer, answer.status_code)
