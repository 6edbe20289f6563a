"""Files go in and come out byte by byte; their names are text, and nothing in them is run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from tests.server.rest.problems import assert_problem
from tests.server.world import World

FILES = "/api/v1/projects/ann/vision/runs/first/files"
TEXT = b"0123456789"


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


async def put(
    client: httpx.AsyncClient, path: str, content: bytes = TEXT, mime: str = "text/plain"
) -> httpx.Response:
    headers = {"X-Wanllmdb-Digest": digest(content), "Content-Type": mime}
    return await client.put(at(path), content=content, headers=headers)


def at(path: str) -> str:
    """The URL of a file; nothing in it looks like dots and slashes that a client resolves."""
    return f"{FILES}/{quote(path, safe='')}".replace("..", "%2E%2E").replace("/.", "/%2E")


async def test_a_file_comes_back_as_it_was_sent(world: World) -> None:
    async with world.client("member") as client:
        kept = (await put(client, "media/a.txt")).json()
        answer = await client.get(f"{FILES}/media/a.txt")
        listed = (await client.get(FILES)).json()
    assert kept == {
        "path": "media/a.txt",
        "digest": digest(TEXT),
        "size": 10,
        "mime": "text/plain",
        "created_at": world.clock.now,
    }
    assert answer.content == TEXT
    assert answer.headers["etag"] == f'"{digest(TEXT)[7:]}"'
    assert listed == {"items": [kept], "next": None, "total": 1}


async def test_a_file_takes_the_place_of_the_one_with_its_name(world: World) -> None:
    async with world.client("member") as client:
        await put(client, "a.txt", b"old")
        await put(client, "a.txt", b"new")
        assert (await client.get(f"{FILES}/a.txt")).content == b"new"
        assert (await client.get(FILES)).json()["total"] == 1


async def test_files_are_listed_page_by_page(world: World) -> None:
    async with world.client("member") as client:
        for n in range(7):
            await put(client, f"f{n}", b"%d" % n)
        found: list[str] = []
        cursor = ""
        while True:
            page = (await client.get(f"{FILES}?limit=3{cursor}")).json()
            found += [file["path"] for file in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
    assert found == [f"f{n}" for n in range(7)]


async def test_other_bytes_than_announced_are_refused(world: World) -> None:
    async with world.client("member") as client:
        url, headers = f"{FILES}/a", {"X-Wanllmdb-Digest": digest(b"other")}
        answer = await client.put(url, content=TEXT, headers=headers)
        assert_problem(answer, 422, "digest-mismatch")
        assert_problem(await client.get(url), 404, "file-not-found")


@pytest.mark.parametrize("said", ["", "sha256:", "md5:abc", "sha256:" + "g" * 64, "a" * 64])
async def test_a_digest_that_is_none_is_refused(world: World, said: str) -> None:
    async with world.client("member") as client:
        answer = await client.put(f"{FILES}/a", content=TEXT, headers={"X-Wanllmdb-Digest": said})
        assert_problem(answer, 422, "bad-digest")
        assert_problem(await client.put(f"{FILES}/a", content=TEXT), 422, "invalid")


TRAVERSALS = [
    "../secret",
    "../../../../etc/passwd",
    "a/../../b",
    "/etc/passwd",
    "//etc/passwd",
    "..",
    ".",
    "a/./b",
    "a//b",
    "a/",
    "..\\secret",
    "C:\\secret",
    "c:secret",
    "\\\\host\\share",
    "a\x00b",
    "a\nb",
    "a\x7f",
    "x" * 1025,
    "é" * 513,
]


@pytest.mark.parametrize("path", TRAVERSALS)
async def test_a_name_that_could_lead_elsewhere_is_refused(
    world: World, path: str, tmp_path: Path
) -> None:
    canary = tmp_path / "secret"
    canary.write_text("alive")
    async with world.client("member") as client:
        assert (await put(client, path)).status_code in {404, 422}
        assert (await client.get(at(path))).status_code in {404, 422}
        assert (await client.get(FILES)).json()["total"] == 0
    assert canary.read_text() == "alive"


@pytest.mark.parametrize(
    "path",
    [
        "%2e%2e%2fsecret",
        "..;/x",
        "a#b",
        "a?b",
        "CON",
        "a.",
        "...",
        "\u202etxt.exe",
        "é/ü.png",
        "'\";--",
    ],
)
async def test_an_odd_name_is_only_text(world: World, path: str) -> None:
    async with world.client("member") as client:
        answer = await put(client, path)
        assert answer.json()["path"] == path
        back = await client.get(at(path))
        assert back.content == TEXT
        name = path.rpartition("/")[2]
        expected = f"inline; filename*=UTF-8''{quote(name, safe='')}"
        assert back.headers["content-disposition"] == expected


@pytest.mark.parametrize(
    ("mime", "served", "place"),
    [
        ("image/png", "image/png", "inline"),
        ("text/plain", "text/plain; charset=utf-8", "inline"),
        ("text/html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "image/svg+xml", "attachment"),
        ("application/xhtml+xml", "application/octet-stream", "attachment"),
        ("text/xml", "application/octet-stream", "attachment"),
        ("text/javascript", "application/octet-stream", "attachment"),
        ("audio/x-wav", "audio/wav", "inline"),
        ("audio/mpeg", "audio/mpeg", "inline"),
        ("audio/flac", "audio/flac", "inline"),
        ("application/ogg", "video/ogg", "inline"),
        ("video/mp4", "video/mp4", "inline"),
        ("application/pdf", "application/octet-stream", "attachment"),
        ("text/html; charset=x", "application/octet-stream", "attachment"),
        ("not a type", "application/octet-stream", "attachment"),
    ],
)
async def test_no_file_is_served_as_something_that_could_run(
    world: World, mime: str, served: str, place: str
) -> None:
    async with world.client("member") as client:
        await put(client, "a", b"<script>alert(1)</script>", mime)
        answer = await client.get(f"{FILES}/a")
    assert answer.headers["content-type"] == served
    assert answer.headers["content-disposition"].startswith(place)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    ("said", "status", "content"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=-99", 206, TEXT),
        ("bytes=8-99", 206, b"89"),
        ("bytes=10-", 416, b""),
        ("bytes=99-100", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=5-2", 200, TEXT),
        ("bytes=0-1,3-4", 200, TEXT),
        ("bytes=" + ",".join(["0-"] * 10_000), 200, TEXT),
        ("bytes=-", 200, TEXT),
        ("lines=1-2", 200, TEXT),
        ("bytes=a-b", 200, TEXT),
        ("bytes=" + "9" * 19 + "-", 416, b""),
        ("bytes=" + "9" * 5000 + "-", 200, TEXT),
    ],
)
async def test_one_range_is_answered(world: World, said: str, status: int, content: bytes) -> None:
    async with world.client("member") as client:
        await put(client, "a")
        answer = await client.get(f"{FILES}/a", headers={"Range": said})
    assert (answer.status_code, answer.content) == (status, content)
    if status == 206:
        assert answer.headers["content-range"].endswith("/10")
        assert int(answer.headers["content-length"]) == len(content)


async def test_an_empty_file_is_a_file(world: World) -> None:
    async with world.client("member") as client:
        await put(client, "empty", b"")
        assert (await client.get(f"{FILES}/empty")).content == b""


async def test_a_file_that_is_known_to_the_browser_is_not_sent_again(world: World) -> None:
    async with world.client("member") as client:
        await put(client, "a")
        etag = (await client.get(f"{FILES}/a")).headers["etag"]
        answer = await client.get(f"{FILES}/a", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


async def test_a_file_asked_for_by_its_digest_may_be_kept(world: World) -> None:
    async with world.client("member") as client:
        await put(client, "a")
        right = await client.get(f"{FILES}/a?digest={digest(TEXT)[7:]}")
        begun = await client.get(f"{FILES}/a?digest={digest(TEXT)[7:27]}")
        wrong = await client.get(f"{FILES}/a?digest={'0' * 64}")
        short = await client.get(f"{FILES}/a?digest={digest(TEXT)[7:10]}")
    assert_problem(short, 422, "invalid")
    assert right.content == begun.content == wrong.content == TEXT
    assert right.headers["cache-control"] == begun.headers["cache-control"]
    assert right.headers["cache-control"] == "private, max-age=604800, immutable"
    assert wrong.headers["cache-control"] == "private, no-cache"


async def test_knowing_a_digest_gives_nobody_the_bytes(world: World) -> None:
    async with world.client("member") as client:
        await put(client, "a", b"a secret of ann's")
    other = "/api/v1/projects/sam/vision/runs/first/files/a"
    async with world.client("stranger") as client:
        answer = await client.put(
            other, content=b"", headers={"X-Wanllmdb-Digest": digest(b"a secret of ann's")}
        )
        assert_problem(answer, 422, "digest-mismatch")
        assert_problem(await client.get(other), 404)


async def test_bytes_that_no_run_names_go_after_a_day(world: World, tmp_path: Path) -> None:
    files = world.services.files
    async with world.client("member") as client:
        await put(client, "a", b"dropped")
        await put(client, "b", b"kept")
        await put(client, "c", b"kept")
        await client.delete(f"{FILES}/a")
        await client.delete(f"{FILES}/b")
        assert await files.drop_unused() == 0
        world.clock.tick(25 * 3600)
        assert await files.drop_unused() == 1
        assert (await client.get(f"{FILES}/c")).content == b"kept"
        await put(client, "a", b"dropped")
        assert (await client.get(f"{FILES}/a")).content == b"dropped"
