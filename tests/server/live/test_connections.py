"""Connections that come, go and do not read: nothing is missed, nothing doubled, little kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from tests.server.house import House, exact, row, send
from tests.server.live.test_stream import PATH

from wanllmdb_server.domain.event import run_topic
from wanllmdb_server.domain.watch import MAX_POINTS
from wanllmdb_server.fronts.rest import live_frame, stream

RECONNECTS = 50


class Page:
    """A viewer that does as the page does: appends what follows, draws anew where it does not."""

    def __init__(self, house: House, address: str) -> None:
        self._house = house
        self._address = address
        self.values: list[float] = []
        self.drawn = 0

    async def look(self, enough: Any) -> None:
        """Connect, go on from the cursor until it is enough, and leave without a word."""
        headers = self._house.headers("viewer")
        async with websockets.connect(
            f"ws://{self._address}{PATH}", additional_headers=headers
        ) as connection:
            cursors = {"first": {"loss": len(self.values)}}
            wish = {"id": "s", "project": "ann/vision", "runs": ["first"], "keys": ["loss"]}
            said = {"type": "subscribe", "cursors": cursors, "rate": 64, **wish}
            await connection.send(json.dumps(said))
            while not enough():
                content = await connection.recv()
                if isinstance(content, bytes) and b'"tail"' in content[:40]:
                    await self._take(content)
            connection.transport.abort()

    async def _take(self, content: bytes) -> None:
        _, pieces = live_frame.tails(content)
        for piece in pieces:
            if piece.start > len(self.values):
                self.drawn += 1
                async with self._house.client("viewer") as http:
                    self.values = [value for _, value in await exact(http, "loss")]
            else:
                self.values += piece.value.tolist()[len(self.values) - piece.start :]


@pytest.mark.timeout(120)
async def test_a_viewer_who_comes_back_again_and_again_sees_every_point_once(house: House) -> None:
    chance = random.Random(7)
    logged = 0
    done = asyncio.Event()

    async def log() -> None:
        nonlocal logged
        async with house.client("member") as http:
            while not done.is_set():
                size = chance.randint(1, 40)
                rows = [row(n, loss=float(n)) for n in range(logged + 1, logged + size + 1)]
                assert (await send(http, logged, rows)).status_code == 200
                logged += size
                if chance.random() < 0.02:
                    await house.store.seal(1)
                await asyncio.sleep(0.005)

    async with house.serving() as address, asyncio.timeout(100):
        page = Page(house, address)
        logging = asyncio.create_task(log())
        for _ in range(RECONNECTS):
            goal = len(page.values) + chance.randint(1, 60)
            await page.look(lambda: len(page.values) >= goal)  # noqa: B023 - awaited here
            if chance.random() < 0.2:
                await asyncio.sleep(0.05)
        done.set()
        await logging
        await page.look(lambda: len(page.values) >= logged)
    assert page.values == [float(n) for n in range(1, logged + 1)]


async def test_points_that_were_sealed_and_let_go_while_nobody_looked_are_a_gap(
    house: House,
) -> None:
    async with house.serving() as address, house.client("member") as http:
        page = Page(house, address)
        await send(http, 0, [row(n, loss=float(n)) for n in range(1, 6)])
        page.values = [1.0, 2.0]
        await house.store.seal(1)
        table = house.store._memtable.get(1)  # type: ignore[attr-defined]
        if table is not None:
            table.fade()  # as time does
        async with asyncio.timeout(20):
            await page.look(lambda: len(page.values) == 5)
    assert (page.values, page.drawn) == ([1.0, 2.0, 3.0, 4.0, 5.0], 1)


@contextlib.asynccontextmanager
async def deaf(house: House, address: str, count: int) -> AsyncIterator[list[socket.socket]]:
    """So many viewers of the run `first` that never read a byte once they look."""
    key = house.headers("viewer")["Authorization"]
    host, _, port = address.partition(":")
    wish = {"type": "subscribe", "id": "s", "project": "ann/vision", "runs": ["first"]}
    text = json.dumps({**wish, "rate": 64}).encode()
    frame = bytes([0x81, 0x80 | 126]) + len(text).to_bytes(2, "big") + bytes(4) + text
    hello = (
        f"GET {PATH} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: {key}\r\n\r\n"
    ).encode()
    held: list[socket.socket] = []
    loop = asyncio.get_running_loop()
    try:
        for _ in range(count):
            one = socket.socket()
            held.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.setblocking(False)
            await loop.sock_connect(one, (host, int(port)))
            await loop.sock_sendall(one, hello)
            assert (await loop.sock_recv(one, 12)).endswith(b"101")
            await loop.sock_sendall(one, frame)
        yield held
    finally:
        for one in held:
            one.close()


async def hung_up(each: socket.socket) -> None:
    """Read what is left, until the other side is gone."""
    with contextlib.suppress(ConnectionResetError):
        while await asyncio.get_running_loop().sock_recv(each, 1 << 20):
            pass


async def test_who_never_reads_is_queued_one_frame_and_let_go(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STUCK_S", 1.0)
    queued: list[int] = []
    put = stream._Connection._put

    def counted(connection: Any, item: bytes | str) -> None:
        put(connection, item)
        queued.append(sum(len(each) for each in connection._queue))

    monkeypatch.setattr(stream._Connection, "_put", counted)
    async with (
        house.serving() as address,
        house.client("member") as http,
        deaf(house, address, 20) as held,
        asyncio.timeout(50),
    ):
        while house.bus.listeners(run_topic(1)) == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        reader = next(iter(house.services.live._readers.values()))
        position = 0
        while reader.watches:  # until all of them were let go
            rows = [
                row(position + n, **{f"k{i}": float(n) for i in range(10)}) for n in range(1, 401)
            ]
            await send(http, position, rows)
            position += 400
            await asyncio.sleep(0.01)
        assert house.bus.listeners(run_topic(1)) == 0
        for each in held:
            await hung_up(each)
    assert max(queued) < 30 * MAX_POINTS, "of points, a frame; of runs, what one look found"


async def test_a_reader_goes_on_where_one_read_failed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wanllmdb_server.services.live import reader

    monkeypatch.setattr(reader, "AFRESH_S", 0.01)
    tail, failures = house.store.tail, iter([True, False])

    async def failing(series: Any, after: Any) -> Any:
        if next(failures, False):
            raise OSError("the disk is gone for a moment")
        return await tail(series, after)

    monkeypatch.setattr(house.store, "tail", failing)
    async with house.serving() as address, house.client("member") as http:
        page = Page(house, address)
        looking = asyncio.create_task(page.look(lambda: len(page.values) == 2))
        await send(http, 0, [row(1, loss=1.0), row(2, loss=2.0)])
        async with asyncio.timeout(20):
            await looking
    assert page.values == [1.0, 2.0]
