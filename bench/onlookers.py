"""Onlookers: a process that logs to runs at a steady rate and looks at them over the live stream.

It says when each point was sent, acknowledged and seen, and how many bytes each onlooker was
told. `python -m bench.onlookers`, told by JSON.
"""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import websockets
from bench.writer import Writer
from websockets.asyncio.client import ClientConnection

from wanllmdb import wire
from wanllmdb_server.fronts.rest import live_frame

ROOT = Path(__file__).parents[1]
STREAM = "/api/v1/metrics/stream"


@dataclass(frozen=True, slots=True)
class Orders:
    """What to do.

    Attributes:
        runs: to log to, one row at a time, `hertz` times a second each.
        keys: of each row.
        wishes: of each onlooker, without id and project.
        settle: seconds before anything counts.
    """

    port: int
    key: str
    owner: str
    project: str
    runs: tuple[str, ...]
    keys: tuple[str, ...]
    hertz: float
    seconds: float
    wishes: tuple[list[dict[str, Any]], ...]
    settle: float = 0.0


@dataclass(slots=True)
class Seen:
    """What came of it, on the clock of `time.perf_counter`.

    Attributes:
        rows: (sent, acknowledged, seen by the first onlooker) of each row; None where it was not.
        told: bytes that each onlooker was told, once they counted.
        messages: how many each was told, once they counted.
        counted: seconds that counted.
    """

    rows: list[tuple[float, float, float | None]] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    counted: float = 0.0


class Onlookers:
    """The process while it runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def enough(self) -> Seen:
        """End it before its time."""
        out, _ = self._process.communicate("enough\n")
        return self._told(out)

    def seen(self) -> Seen:
        """Wait until it is done."""
        out, _ = self._process.communicate("")
        return self._told(out)

    def _told(self, out: str) -> Seen:
        if self._process.returncode:
            raise RuntimeError("the onlookers failed")
        return Seen(**json.loads(out))


def look_on(orders: Orders) -> Onlookers:
    """Begin in a process of its own; returns when everybody looks."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.onlookers"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(asdict(orders)) + "\n")
    process.stdin.flush()
    if process.stdout.readline() != "looking\n":
        raise RuntimeError("nobody looks")
    return Onlookers(process)


class _Logging:
    """One run that is logged to, over a connection of its own."""

    def __init__(self, orders: Orders, run: str, writer: str) -> None:
        self._orders = orders
        self._path = (
            f"/api/v1/projects/{orders.owner}/{orders.project}/runs/{run}/writers/{writer}/batches"
        )
        self._writer = Writer(list(orders.keys))
        self.sent: list[float] = []
        self.acknowledged: list[float] = []

    async def run(self, first: float, end: float, enough: asyncio.Event) -> None:
        """Log at the rate until the end; what could not be sent in time is sent late."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._orders.port)
        at = first
        while at < end and not enough.is_set():
            await asyncio.sleep(at - time.perf_counter())
            self.sent.append(time.perf_counter())
            writer.write(self._request())
            await _answer(reader)
            self.acknowledged.append(time.perf_counter())
            at += 1 / self._orders.hertz
        writer.close()

    def _request(self) -> bytes:
        now, count = time.time_ns(), len(self.sent)
        row = [math.sin(count + index) for index in range(len(self._orders.keys))]
        # Time is the step, too: a run may be logged to again.
        body = self._writer.batch([now // 1_000_000], [now // 1000], [row])
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: 127.0.0.1:{self._orders.port}\r\n"
            f"Content-Type: {wire.CONTENT_TYPE}\r\nAuthorization: Bearer {self._orders.key}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length: ")
    body = await reader.readexactly(int(length.partition(b"\r")[0]))
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(body.decode())


class _Onlooker:
    """One connection to the stream."""

    def __init__(self, orders: Orders, wishes: Sequence[dict[str, Any]]) -> None:
        self._orders = orders
        self._wishes = wishes
        self.seen: dict[int, float] = {}  # by place in the first series of the first run
        self.told = self.messages = 0
        self.looking = asyncio.Event()

    async def run(self, counts_from: float, *, watch: bool) -> None:
        """Look on; `watch` is to say when each point came."""
        orders = self._orders
        headers = {"Authorization": f"Bearer {orders.key}"}
        address = f"ws://127.0.0.1:{orders.port}{STREAM}"
        async with websockets.connect(
            address, additional_headers=headers, compression=None, max_size=None
        ) as socket:
            for number, wish in enumerate(self._wishes):
                project = f"{orders.owner}/{orders.project}"
                said = {"type": "subscribe", "id": f"s{number}", "project": project, **wish}
                await socket.send(json.dumps(said))
            await self._hear(socket, counts_from, watch=watch)

    async def _hear(self, socket: ClientConnection, counts_from: float, *, watch: bool) -> None:
        confirmed = 0
        async for content in socket:
            now = time.perf_counter()
            if now >= counts_from:
                self.told += len(content)
                self.messages += 1
            if isinstance(content, str):
                confirmed += content.startswith('{"type":"subscribed"')
                if confirmed == len(self._wishes):
                    self.looking.set()
            elif watch and b'{"type":"tail"' in content[:40]:
                self._note(content, now)

    def _note(self, content: bytes, now: float) -> None:
        _, pieces = live_frame.tails(content)
        for piece in pieces:
            if (piece.run, piece.key) == (self._orders.runs[0], self._orders.keys[0]):
                for place in range(piece.start, piece.start + len(piece.step)):
                    self.seen.setdefault(place, now)


async def _listen(enough: asyncio.Event) -> None:
    if await asyncio.to_thread(sys.stdin.readline):
        enough.set()


async def _run(orders: Orders) -> Seen:
    onlookers = [_Onlooker(orders, wishes) for wishes in orders.wishes]
    counts_from = time.perf_counter() + orders.settle
    looking = [
        asyncio.create_task(each.run(counts_from, watch=number == 0))
        for number, each in enumerate(onlookers)
    ]
    for each in onlookers:
        await each.looking.wait()
    print("looking", flush=True)
    begun = time.perf_counter()
    name = f"w{time.time_ns()}"
    logging = [_Logging(orders, run, name) for run in orders.runs]
    enough = asyncio.Event()
    listening = asyncio.create_task(_listen(enough))
    spread = 1 / orders.hertz / max(1, len(logging))  # they do not all log at the same moment
    async with asyncio.TaskGroup() as group:
        for number, each in enumerate(logging):
            group.create_task(each.run(begun + number * spread, begun + orders.seconds, enough))
    await asyncio.sleep(0.5)
    for task in looking:
        task.cancel()
    await asyncio.gather(*looking, return_exceptions=True)
    await listening
    counted = time.perf_counter() - counts_from
    first, seen = logging[0], onlookers[0].seen if onlookers else {}
    times = enumerate(zip(first.sent, first.acknowledged, strict=True))
    return Seen(
        [(sent, acknowledged, seen.get(place)) for place, (sent, acknowledged) in times],
        [each.told for each in onlookers],
        [each.messages for each in onlookers],
        counted,
    )


if __name__ == "__main__":
    asked = json.loads(sys.stdin.readline())
    for name in ("runs", "keys", "wishes"):
        asked[name] = tuple(asked[name])
    json.dump(asdict(asyncio.run(_run(Orders(**asked)))), sys.stdout)
