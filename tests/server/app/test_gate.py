"""The gate: only for names of this server, and nothing foreign on its pages."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from wanllmdb_server.fronts.gate import CSP, Gate, hostname, policy


async def page(_request: object) -> HTMLResponse:
    return HTMLResponse("<p>hello</p>")


async def text(_request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


def client(*hosts: str) -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/", page), Route("/text", text)])
    transport = httpx.ASGITransport(Gate(app, hosts))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("localhost.", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("192.168.1.5:8000", 200),  # digits are nobody's name to rebind
        ("train.example", 200),
        ("evil.example", 421),
        ("evil.example:8000", 421),
        ("127.0.0.1.evil.example", 421),
        ("user@localhost", 421),
        ("", 421),
    ],
)
async def test_a_foreign_host_name_is_refused(host: str, status: int) -> None:
    async with client("Train.Example") as http:
        answer = await http.get("/", headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert answer.json()["code"] == "unknown-host"


def test_two_host_headers_are_no_name() -> None:
    assert hostname(["localhost", "localhost"]) is None
    assert hostname([]) is None


@pytest.mark.parametrize(
    ("host", "frames"),
    [
        ("train.example:8000", "train.example:8000/assets/frame/"),
        ("[::1]:8000", "'self'"),
        ("localhost; script-src *", "'self'"),
    ],
)
def test_a_frame_shows_nothing_but_its_own_documents(host: str, frames: str) -> None:
    assert policy(host) == f"{CSP}; frame-src {frames}"


async def test_a_star_allows_every_name() -> None:
    async with client("*") as http:
        answer = await http.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 200


async def test_a_page_may_load_nothing_foreign_and_be_framed_by_nobody() -> None:
    async with client() as http:
        html, plain = await http.get("/"), await http.get("/text")
    assert html.headers["content-security-policy"] == policy("localhost")
    assert html.headers["x-frame-options"] == "DENY"
    assert policy("localhost") == f"{CSP}; frame-src localhost/assets/frame/"
    assert "unsafe" not in CSP
    for answer in (html, plain):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert "content-security-policy" not in plain.headers
