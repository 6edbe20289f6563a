"""The live stream, end to end: a real socket, a real store, what is told and to whom."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from tests.server.house import House, record, row, send
from websockets.asyncio.client import ClientConnection

from wanllmdb.wire import Kind
from wanllmdb_server.fronts.rest import live_frame, stream
from wanllmdb_server.services.live import follower

PATH = "/api/v1/metrics/stream"


class Viewer:
    """One connection, and everything that was told on it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.told: list[dict[str, Any]] = []

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def subscribe(self, **more: Any) -> None:
        wish = {"id": "s1", "project": "ann/vision", "runs": ["first"], "keys": ["loss"], **more}
        await self.say(type="subscribe", **wish)
        assert (await self.until("subscribed"))["id"] == wish["id"]

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of a kind; a frame's has what it carries as `pieces` or `lasts`."""
        async with asyncio.timeout(20):
            while True:
                message = self._read(await self.socket.recv())
                self.told.append(message)
                if message["type"] == kind:
                    return message

    async def points(self, n: int, key: str = "loss") -> list[tuple[int, float, float]]:
        """The next n points of a key, as (start + place, step, value)."""
        found: list[tuple[int, float, float]] = []
        while len(found) < n:
            message = await self.until("tail")
            for piece in message["pieces"]:
                if piece.key == key:
                    places = range(piece.start, piece.start + len(piece.step))
                    found += zip(places, piece.step.tolist(), piece.value.tolist(), strict=True)
        return found

    def _read(self, content: str | bytes) -> dict[str, Any]:
        if isinstance(content, str):
            return json.loads(content)
        if b'"type":"last"' in content[:40]:
            header, lasts = live_frame.lasts(content)
            return {**header, "lasts": lasts}
        header, pieces = live_frame.tails(content)
        return {**header, "pieces": pieces}


@contextlib.asynccontextmanager
async def viewing(house: House, address: str, person: str = "viewer") -> AsyncIterator[Viewer]:
    async with websockets.connect(
        f"ws://{address}{PATH}", additional_headers=house.headers(person)
    ) as socket:
        yield Viewer(socket)


async def test_what_is_logged_is_told_in_order_and_once(house: House) -> None:
    async with house.serving() as address, house.client("member") as http:
        await send(http, 0, [row(n, loss=float(n)) for n in range(1, 4)])
        async with viewing(house, address) as viewer:
            await viewer.subscribe()
            for n in range(4, 8):
                await send(http, n - 1, [row(n, loss=float(n), other=1.0)])
            assert await viewer.points(4) == [(n - 1, n, float(n)) for n in range(4, 8)]
        assert all(
            piece.key == "loss"
            for told in viewer.told
            if told["type"] == "tail"
            for piece in told["pieces"]
        )


async def test_a_cursor_brings_what_came_since_the_curve_was_drawn(house: House) -> None:
    async with house.serving() as address, house.client("member") as http:
        await send(http, 0, [row(n, loss=float(n)) for n in range(1, 6)])
        async with viewing(house, address) as viewer:
            await viewer.subscribe(cursors={"first": {"loss": 3}})
            assert await viewer.points(2) == [(3, 4, 4.0), (4, 5, 5.0)]


async def test_all_keys_includes_those_that_come_later(house: House) -> None:
    async with (
        house.serving() as address,
        house.client("member") as http,
        viewing(house, address) as viewer,
    ):
        await viewer.subscribe(keys=None)
        await send(http, 0, [row(1, acc=0.5)])
        keys = await viewer.until("keys")
        assert (keys["run"], keys["keys"]) == ("first", [{"key": "acc", "kind": "number"}])
        assert await viewer.points(1, "acc") == [(0, 1, 0.5)]


async def test_a_run_that_changes_or_appears_is_told_with_its_summary(house: House) -> None:
    async with (
        house.serving() as address,
        house.client("member") as http,
        viewing(house, address) as viewer,
    ):
        await send(http, 0, [row(1, loss=0.5)])
        await viewer.subscribe(cursors={"first": {"loss": 0}})
        await send(http, 1, [row(2, loss=0.25, note="a")])
        [run] = (await viewer.until("runs"))["runs"]
        assert (run["id"], run["state"], run["url"]) == (
            "first",
            "running",
            "/ann/vision/runs/first",
        )
        assert run["summary"] == {"loss": 0.25, "note": "a"}
        assert "config" not in run
        await send(http, 2, [row(3, loss=math.nan, note="b")])
        [change] = (await viewer.until("changes"))["runs"]
        assert (change["id"], change["summary"]) == ("first", {"note": "b"})
        [(run_id, key, value)] = (await viewer.until("last"))["lasts"]
        assert (run_id, key, math.isnan(value)) == ("first", "loss", True)
        await send(http, 3, [record(4, Kind.FINISH, {"exit_code": 0})])
        while "state" not in change:
            [change] = (await viewer.until("changes"))["runs"]
        assert (change["id"], change["state"], change["exit_code"]) == ("first", "finished", 0)
        assert "name" not in change
        await http.post("/api/v1/runs", json={"id": "new", "project": "vision", "owner": "ann"})
        told = await viewer.until("runs")
        assert [each["id"] for each in told["runs"]] == ["new"]


async def test_a_run_is_watched_while_somebody_looks(house: House) -> None:
    beat = "/api/v1/projects/ann/vision/runs/first/heartbeat"
    async with house.serving() as address, house.client("member") as http:
        async with viewing(house, address) as viewer:
            await viewer.subscribe()
            assert (await send(http, 0, [row(1, loss=1.0)])).json()["watched"] is True
            assert (await http.post(beat, json={})).json()["watched"] is True
            await viewer.say(type="unsubscribe", id="s1")
            await viewer.say(type="ping")
            await viewer.until("pong")
            assert (await http.post(beat, json={})).json()["watched"] is False
            await viewer.subscribe(id="s2")
            assert (await http.post(beat, json={})).json()["watched"] is True
        async with asyncio.timeout(20):
            while (await http.post(beat, json={})).json()["watched"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_a_wish_with_a_known_id_replaces_the_one_before(house: House) -> None:
    async with house.serving() as address, house.client("member") as http:
        async with viewing(house, address) as viewer:
            await viewer.subscribe(keys=["loss"])
            await viewer.subscribe(keys=["acc"])
            await send(http, 0, [row(1, loss=1.0, acc=2.0)])
            assert await viewer.points(1, "acc") == [(0, 1, 2.0)]
        told = [piece.key for m in viewer.told if m["type"] == "tail" for piece in m["pieces"]]
        assert told == ["acc"]


async def test_a_foreign_or_unknown_run_is_an_error_and_the_socket_stays(house: House) -> None:
    async with house.serving() as address, viewing(house, address) as viewer:
        for project, run, code in (
            ("sam/vision", "first", "project-not-found"),
            ("ann/vision", "none", "run-not-found"),
        ):
            await viewer.say(type="subscribe", id="s", project=project, runs=[run], keys=None)
            error = await viewer.until("error")
            assert (error["id"], error["code"]) == ("s", code)
        await viewer.say(type="subscribe", id="s", project="ann/vision", runs=["first"] * 1001)
        assert (await viewer.until("error"))["code"] == "too-many-runs"
        await viewer.say(type="dance")
        assert (await viewer.until("error"))["code"] == "bad-message"
        await viewer.say(type="ping")
        await viewer.until("pong")


async def closing_of(socket: ClientConnection) -> int:
    """The code with which the server closes."""
    async with asyncio.timeout(20):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", stream.UNSUPPORTED),
        (b"\x00\x01", stream.UNSUPPORTED),
        ('{"type": "ping", "more": ' + "[" * 10_000, stream.UNSUPPORTED),
        (" " * (stream.MAX_MESSAGE_BYTES + 1), stream.TOO_BIG),
    ],
    ids=["text", "bytes", "deep", "long"],
)
async def test_what_is_no_message_ends_the_connection(
    house: House, message: str | bytes, code: int
) -> None:
    async with house.serving() as address, viewing(house, address) as viewer:
        await viewer.socket.send(message)
        assert await closing_of(viewer.socket) == code


async def test_a_flood_of_messages_ends_the_connection(house: House) -> None:
    async with house.serving() as address, viewing(house, address) as viewer:
        with contextlib.suppress(websockets.ConnectionClosed):
            for _ in range(stream.MAX_MESSAGES + 1):
                await viewer.say(type="ping")
        assert await closing_of(viewer.socket) == stream.POLICY


async def test_a_first_message_may_say_who_this_is(house: House) -> None:
    async with house.serving() as address:
        async with viewing(house, address, "anonymous") as viewer:
            await viewer.say(type="auth", key=house.keys["viewer"])
            await viewer.subscribe()
        async with viewing(house, address, "anonymous") as viewer:
            await viewer.say(type="auth", key="wl-" + "x" * 43)
            assert await closing_of(viewer.socket) == stream.POLICY
        async with viewing(house, address, "anonymous") as viewer:
            await viewer.say(type="ping")
            assert await closing_of(viewer.socket) == stream.POLICY


async def test_who_says_nothing_is_let_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "AUTH_S", 0.05)
    async with house.serving() as address, viewing(house, address, "anonymous") as viewer:
        assert await closing_of(viewer.socket) == stream.POLICY


async def test_a_wrong_key_is_refused_before_the_socket_opens(house: House) -> None:
    headers = {"Authorization": "Bearer wl-" + "x" * 43}
    async with house.serving() as address:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(f"ws://{address}{PATH}", additional_headers=headers)
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
async def test_a_browser_of_a_foreign_page_is_refused_with_its_cookie(
    house: House, origin: str | None
) -> None:
    async with house.serving() as address:
        cookie = {"Cookie": await session_of(house)}
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(
                f"ws://{address}{PATH}",
                additional_headers={**cookie, **({"Origin": origin} if origin else {})},
            )
        assert refused.value.response.status_code == 403


async def test_a_browser_of_our_page_is_let_in_with_its_cookie(house: House) -> None:
    async with house.serving() as address:
        headers = {"Cookie": await session_of(house), "Origin": f"http://{address}"}
        async with websockets.connect(
            f"ws://{address}{PATH}", additional_headers=headers
        ) as socket:
            await Viewer(socket).subscribe()


async def session_of(house: House) -> str:
    """The cookie of a browser that has signed in."""
    from tests.server.world import PASSWORD

    async with house.client() as http:
        answer = await http.post(
            "/api/v1/auth/login", json={"username": "vic", "password": PASSWORD}
        )
        assert answer.status_code == 200
        return "; ".join(f"{name}={value}" for name, value in http.cookies.items())


async def test_who_may_no_longer_look_is_told_nothing_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "ACCESS_S", 0.0)
    async with house.serving() as address, house.client("owner") as http:
        async with viewing(house, address) as viewer:
            await viewer.subscribe()
            await http.delete("/api/v1/projects/ann/vision/members/vic")
            assert (await viewer.until("error"))["code"] == "project-not-found"
            await send(http, 0, [row(1, loss=1.0)])
            await viewer.say(type="ping")
            await viewer.until("pong")
        assert not [m for m in viewer.told if m["type"] in {"tail", "runs"}]


async def test_a_key_that_is_deleted_ends_its_connection(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "RECHECK_S", 0.05)
    async with (
        house.serving() as address,
        house.client("viewer") as http,
        viewing(house, address) as viewer,
    ):
        await viewer.subscribe()
        [key] = (await http.get("/api/v1/keys")).json()["items"]
        await http.delete(f"/api/v1/keys/{key['id']}")
        assert await closing_of(viewer.socket) == stream.POLICY
