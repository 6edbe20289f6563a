"""A body is read as far as it may go, and no further."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import zstandard
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from tests.server.rest.problems import assert_problem
from tests.server.world import World

from wanllmdb_server.domain.errors import MalformedError, TooLargeError
from wanllmdb_server.fronts.rest.body import RATIO_FROM, BodyLimits, unpack

LIMIT = 1000


async def echo_length(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers how long the body is, and how it is packed."""
    request = Request(scope, receive)
    body = await request.body()
    answer = Response(f"{len(body)} {request.headers.get('content-encoding')}")
    await answer(scope, receive, send)


def limited(patience_s: float = 30.0) -> httpx.AsyncClient:
    """A client of an app whose bodies have at most 1000 bytes, and files 2000."""
    bounded = BodyLimits(
        echo_length,
        max_body=LIMIT,
        max_unpacked=2 * RATIO_FROM,
        max_file=2 * LIMIT,
        patience_s=patience_s,
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=bounded), base_url="http://localhost"
    )


async def pieces(*lengths: int, told: list[int] | None = None) -> AsyncIterator[bytes]:
    """A body in pieces; remembers which were asked for."""
    for length in lengths:
        if told is not None:
            told.append(length)
        yield b"x" * length


async def test_a_body_of_the_limit_is_read() -> None:
    async with limited() as client:
        assert (await client.post("/", content=b"x" * LIMIT)).text == "1000 None"


async def test_a_body_one_beyond_the_limit_is_refused() -> None:
    async with limited() as client:
        answer = await client.post("/", content=b"x" * (LIMIT + 1))
    assert_problem(answer, 413, "too-large")
    assert answer.headers["connection"] == "close"


async def test_an_endless_body_is_refused_without_reading_on() -> None:
    asked: list[int] = []
    async with limited() as client:
        answer = await client.post("/", content=pieces(*[600] * 100, told=asked))
    assert_problem(answer, 413, "too-large")
    assert len(asked) <= 3


async def test_a_length_that_is_too_large_is_refused_before_anything_is_read() -> None:
    asked: list[int] = []
    async with limited() as client:
        answer = await client.post(
            "/", content=pieces(1, told=asked), headers={"Content-Length": "99999999999999"}
        )
    assert_problem(answer, 413, "too-large")


async def refuse_unread(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers without a look at the body."""
    await Response("no", 401)(scope, receive, send)


@pytest.mark.parametrize(
    ("content", "closed"),
    [(b"x" * LIMIT, False), (b"", False), (pieces(1, 1), True)],
    ids=["short", "none", "of unknown length"],
)
async def test_a_connection_is_closed_when_an_unread_body_could_go_on_for_ever(
    content: bytes | AsyncIterator[bytes], closed: bool
) -> None:
    transport = httpx.ASGITransport(app=BodyLimits(refuse_unread, max_body=LIMIT))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.post("/", content=content)
    assert answer.status_code == 401
    assert (answer.headers.get("connection") == "close") is closed


async def test_headers_and_urls_beyond_all_need_are_refused() -> None:
    async with limited() as client:
        many = {f"X-{n}": "x" for n in range(101)}
        assert_problem(await client.post("/", headers=many), 431, "headers-too-large")
        large = {"X-Large": "x" * 65_536}
        assert_problem(await client.post("/", headers=large), 431, "headers-too-large")
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"x" * 262_144}
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    await BodyLimits(echo_length)(scope | {"headers": []}, _nothing, send)
    assert told[0]["status"] == 414


async def _nothing() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_a_file_may_be_larger_than_a_body() -> None:
    async with limited() as client:
        assert (await client.put("/files/a", content=b"x" * 2 * LIMIT)).status_code == 200
        assert_problem(await client.put("/files/a", content=b"x" * (2 * LIMIT + 1)), 413)
        assert_problem(await client.post("/files/a", content=b"x" * (LIMIT + 1)), 413)


async def test_a_body_that_does_not_come_is_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async with limited(patience_s=0.05) as client:
        answer = await client.post("/", content=slow())
    assert_problem(answer, 408, "request-timeout")
    assert answer.headers["connection"] == "close"


async def test_a_route_of_the_api_refuses_too_large_a_body(world: World) -> None:
    async with world.client("owner", headers={"Content-Type": "application/json"}) as client:
        answer = await client.post("/api/v1/runs", content=pieces(*[1024 * 1024] * 17))
    assert_problem(answer, 413, "too-large")


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_packed_body_reaches_the_route_plain(encoding: str) -> None:
    packed = PACKED[encoding](b"x" * 5000)
    async with limited() as client:
        answer = await client.post("/", content=packed, headers={"Content-Encoding": encoding})
    assert answer.text == "5000 None"


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_bomb_is_refused(encoding: str) -> None:
    packed = PACKED[encoding](b"\0" * 64 * 1024 * 1024)
    with pytest.raises(TooLargeError):
        unpack(packed, encoding, limit=1024 * 1024 * 1024)


@pytest.mark.parametrize("encoding", PACKED)
def test_no_more_is_unpacked_than_the_limit(encoding: str) -> None:
    packed = PACKED[encoding](bytes(range(256)) * 40)
    assert len(unpack(packed, encoding, limit=10_240)) == 10_240
    with pytest.raises(TooLargeError):
        unpack(packed, encoding, limit=10_239)


@pytest.mark.parametrize("encoding", PACKED)
def test_a_packed_body_cut_anywhere_is_refused(encoding: str) -> None:
    packed = PACKED[encoding](b"some text that is packed " * 4)
    for length in range(len(packed)):
        with pytest.raises(MalformedError):
            unpack(packed[:length], encoding, limit=LIMIT)


@pytest.mark.parametrize("encoding", PACKED)
def test_what_stands_behind_a_packed_body_is_refused(encoding: str) -> None:
    with pytest.raises(MalformedError):
        unpack(PACKED[encoding](b"text") + b"more", encoding, limit=LIMIT)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd, gzip", "compress"])
async def test_an_unknown_packing_is_refused(encoding: str) -> None:
    async with limited() as client:
        answer = await client.post(
            "/", content=zlib.compress(b"text"), headers={"Content-Encoding": encoding}
        )
    assert_problem(answer, 415, "unknown-encoding")


async def test_a_body_that_is_not_packed_as_it_says_is_refused() -> None:
    async with limited() as client:
        answer = await client.post("/", content=b"plain text", headers={"Content-Encoding": "gzip"})
    assert_problem(answer, 400, "malformed-body")
