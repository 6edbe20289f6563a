"""The built page: hashed files for ever, index.html for its own paths, nothing else."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from wanllmdb_server.fronts.web import Page, route


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><p>the page</p>")
    (tmp_path / "theme.js").write_text("1;")
    (tmp_path / "assets" / "frame").mkdir()
    (tmp_path / "assets" / "frame" / "html.html").write_text("<!doctype html>a frame")
    (tmp_path / "assets" / "frame" / "plotly-abc.js").write_text("2;")
    script = tmp_path / "assets" / "index-abc.js"
    script.write_text("console.log(1);" * 50)
    script.with_name("index-abc.js.gz").write_bytes(gzip.compress(script.read_bytes()))
    script.with_name("index-abc.js.br").write_bytes(b"packed by brotli")
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


def client(folder: Path) -> httpx.AsyncClient:
    app = Starlette(routes=[route(Page(folder))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


@pytest.mark.parametrize("path", ["/", "/ada", "/ada/mnist", "/ada/node.js", "/login"])
async def test_every_path_of_the_page_answers_with_the_page(built: Path, path: str) -> None:
    async with client(built) as http:
        answer = await http.get(path)
    assert answer.status_code == 200
    assert "the page" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing",
        "/assets/old-123.js",
        "/missing.js",
        "/assets/../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/index-abc.js.br",
    ],
)
async def test_a_file_that_is_not_there_is_not_the_page(built: Path, path: str) -> None:
    async with client(built) as http:
        answer = await http.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


async def test_a_file_with_a_hashed_name_is_kept_for_ever(built: Path) -> None:
    async with client(built) as http:
        asset, theme = await http.get("/assets/index-abc.js"), await http.get("/theme.js")
    assert "immutable" in asset.headers["cache-control"]
    assert theme.headers["cache-control"] == "no-cache"
    assert theme.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None)],
)
async def test_the_browser_gets_what_it_takes(
    built: Path, accepted: str, encoding: str | None
) -> None:
    page = Page(built)
    found = page.find("/assets/index-abc.js")
    assert found is not None
    assert found.chosen(accepted)[0] == encoding


async def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        answer = await http.get("/")
    assert answer.status_code == 200
    assert "make setup" in answer.text


async def test_a_page_that_is_built_anew_is_served_anew(built: Path) -> None:
    page = Page(built)
    assert b"the page" in page.index().plain
    (built / "index.html").write_text("<p>newer</p>")
    assert b"newer" in page.index().plain


async def test_the_document_of_a_frame_has_no_origin_no_network_and_no_way_out(built: Path) -> None:
    async with client(built) as http:
        answer = await http.get("/assets/frame/html.html")
    said = [each.split() for each in answer.headers["content-security-policy"].split(";")]
    policy = {name: rest for name, *rest in said}
    assert policy["sandbox"] == ["allow-scripts"]
    assert policy["default-src"] == policy["connect-src"] == policy["form-action"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'self'"]
    for sources in policy.values():
        assert not any("http" in each or "*" in each or "." in each for each in sources)
    assert "'self'" not in policy["script-src"]
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["cache-control"] == "no-cache"


async def test_what_a_frame_loads_is_open_to_it_alone(built: Path) -> None:
    async with client(built) as http:
        script = await http.get("/assets/frame/plotly-abc.js")
        other = await http.get("/assets/index-abc.js")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "immutable" in script.headers["cache-control"]
    assert "cross-origin-resource-policy" not in other.headers  # the gate says same-origin
