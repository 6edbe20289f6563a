"""A TCP proxy that does what networks and proxies do to a training: a fault at a time.

It runs in a thread of its own and stands before a real server. What it has accepted and may
not pass on it keeps: when the mode changes, a request that its client has long given up on is
still forwarded and applied, as after a partition that heals. That is the late duplicate.

Modes (`set`):

* `pass`: both directions flow.
* `refuse`: nobody listens on the port; open connections are reset.
* `reset`: every connection is reset when it is accepted, and those that are open at once.
* `blackhole`: connections are accepted, nothing flows; `half_up` holds requests, `half_down`
  holds answers, after the server has applied the request.
* `garbage`: each request is answered with random bytes.
* `status`: each request is answered with `status`, and `retry_after` if there is one.
* `html`: each request is answered 200 with a stranger's page.

Knobs, in every mode that lets bytes flow: `latency` and `jitter` (seconds, for each piece),
`bps` (bytes a second), `cut_after` (the connection is reset after so many bytes of an answer:
applied, and the answer lost), `cut_p` (with this chance a request ends in a reset, as likely
before it is passed on as in its answer; the seed and the connection's number decide).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, Self

from tests.faults.exchange import Requests, reply

MODES: Final = frozenset(
    ("pass", "refuse", "reset", "blackhole", "half_up", "half_down", "garbage", "status", "html")
)
PIECE: Final = 64 * 1024
WINDOW: Final = 256 * 1024  # bytes on their way, while they flow
RESETTING: Final = frozenset({"refuse", "reset"})
ANSWERING: Final = frozenset({"garbage", "status", "html"})
HOLDS_UP: Final = frozenset({"blackhole", "half_up"})
HOLDS_DOWN: Final = frozenset({"blackhole", "half_down"})
_CUT: Final = b""  # among the pieces: reset the connection here
PORTAL: Final = b"<!doctype html><title>Welcome</title><p>Please accept our terms of use."


class Request(NamedTuple):
    """A request that came, in whatever mode.

    Args (fields):
        at: when its last byte came, in seconds of `time.monotonic`.
        method, path: of its first line.
        mode: what the proxy was doing.
        connection: the number of the connection that it came on.
    """

    at: float
    method: str
    path: str
    mode: str
    connection: int


@dataclass(frozen=True)
class Fault:
    """What the proxy does; see the module."""

    mode: str = "pass"
    latency: float = 0.0
    jitter: float = 0.0
    bps: float = 0.0
    cut_after: int | None = None
    cut_p: float = 0.0
    status: int = 503
    retry_after: float | str | None = None


class FaultProxy:
    """Stands before `host:port`. A context manager; `set` may be called from any thread.

    Attributes:
        port: where it listens; the same for as long as it lives.
        conns: how many connections were accepted.
        requests: that came, in order.
        up, down: bytes that were passed on to the server and to clients.
        cut: how many connections the proxy has reset.
    """

    def __init__(self, host: str, port: int, seed: int = 0) -> None:
        self.port = 0
        self.conns = self.up = self.down = self.cut = 0
        self.requests: list[Request] = []
        self.fault = Fault()
        self.seed = seed
        self.target = host, port
        self._links: set[_Link] = set()
        self._changed = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, name="fault-proxy", daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Listen on a free port of the loopback interface."""
        self._thread.start()
        self._call(self._listen())
        return self

    def stop(self) -> None:
        """Reset every connection, and end."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def set(self, mode: str, **knobs: Any) -> None:
        """Do this from now on; knobs that are not named are as at first."""
        if mode not in MODES:
            raise ValueError(f"{mode!r} is none of {', '.join(sorted(MODES))}")
        self._call(self._change(replace(Fault(), mode=mode, **knobs)))

    def requests_since(self, at: float) -> list[Request]:
        """Those that came after a moment of `time.monotonic`."""
        return [each for each in self.requests if each.at >= at]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # In the proxy's thread.

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await asyncio.gather(*(link.reset(counted=False) for link in list(self._links)))
        await asyncio.sleep(0.01)  # for the transports to notice

    async def _change(self, fault: Fault) -> None:
        if fault.mode in RESETTING:
            await asyncio.gather(*(link.reset() for link in list(self._links)))
        self.fault = fault
        if fault.mode == "refuse" and self._server is not None:
            self._server.close()
            self._server = None
        elif fault.mode != "refuse" and self._server is None:
            await self._listen()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def changed(self) -> None:
        """Wait until the mode is another."""
        await self._changed.wait()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.conns += 1
        link = _Link(self, self.conns, reader, writer)
        if self.fault.mode in RESETTING:
            link.abort()
            return
        self._links.add(link)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # it was reset from outside
                await link.run()
        finally:
            self._links.discard(link)


class _CutError(Exception):
    """The connection is to be reset now."""


class _Link:
    """One connection of a client, and the connection to the server that belongs to it."""

    def __init__(
        self,
        proxy: FaultProxy,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._number = number
        self._reader, self._writer = reader, writer
        self._server: asyncio.StreamWriter | None = None
        self._requests = Requests()
        self._answering: Fault | None = None  # instead of the server, this request
        self._held: deque[bytes] = deque()  # came from the client, and is not passed on yet
        self._held_bytes = 0
        self._ended = False  # the client sends no more
        self._moved = asyncio.Event()
        self._answered = 0  # bytes of the present answer
        self._chance = random.Random(f"{proxy.seed}-{number}")
        self._doomed = False  # the present answer will be cut
        self._task = asyncio.current_task()
        self._down: asyncio.Task[None] | None = None

    async def run(self) -> None:
        taking = asyncio.ensure_future(self._take())
        try:
            await self._pass_up()
        except (_CutError, OSError):
            self.abort()
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            if self._down is not None and not self._down.done():
                self._down.cancel()
                await asyncio.gather(self._down, return_exceptions=True)
            self._writer.close()
            if self._server is not None:
                self._server.close()

    async def reset(self, *, counted: bool = True) -> None:
        """RST, from outside."""
        if self._task is not None and not self._task.done():
            self.abort(counted=counted)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def abort(self, *, counted: bool = True) -> None:
        """RST to the client; the server sees a connection that ends."""
        self._proxy.cut += counted
        found = self._writer.get_extra_info("socket")
        if found is not None and found.fileno() >= 0:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        if self._server is not None:
            self._server.transport.abort()

    async def _take(self) -> None:
        """Read what the client sends, and count its requests, whatever becomes of them."""
        proxy = self._proxy
        while True:
            while self._held_bytes > WINDOW and proxy.fault.mode not in HOLDS_UP:
                self._moved.clear()
                await self._moved.wait()
            try:
                piece = await self._reader.read(PIECE)
            except OSError:
                piece = b""  # gone; what it said is said
            if not piece:
                self._ended = True
                self._moved.set()
                return
            self._take_piece(piece)
            self._moved.set()

    def _take_piece(self, piece: bytes) -> None:
        """What begins a request decides, by the mode of the moment, what becomes of it all."""
        proxy = self._proxy
        if self._requests.is_between:
            self._answering = proxy.fault if proxy.fault.mode in ANSWERING else None
            cut = self._chance.random() < proxy.fault.cut_p
            self._doomed = cut and self._chance.random() < 0.5
            if cut and not self._doomed:
                self._held.append(_CUT)
        for method, path in self._requests.feed(piece):
            proxy.requests.append(
                Request(time.monotonic(), method, path, proxy.fault.mode, self._number)
            )
            self._answered = 0
            if self._answering is not None:
                self._writer.write(_answer(self._answering, self._chance))
        if self._answering is None:
            self._held.append(piece)
            self._held_bytes += len(piece)

    async def _pass_up(self) -> None:
        """Forward what came, as soon as the mode allows it, also when the client has gone."""
        while True:
            while self._proxy.fault.mode in HOLDS_UP:
                await self._proxy.changed()
            if self._held:
                await self._forward(self._held.popleft())
            elif self._ended:
                await self._finish()
                return
            else:
                self._moved.clear()
                await self._moved.wait()

    async def _forward(self, piece: bytes) -> None:
        if piece == _CUT:
            raise _CutError
        if self._server is None:
            reader, self._server = await asyncio.open_connection(*self._proxy.target)
            self._down = asyncio.ensure_future(self._pass_down(reader))
        server = self._server
        async for part in self._flow(piece):
            server.write(part)
            await server.drain()
            self._proxy.up += len(part)
        self._held_bytes -= len(piece)
        self._moved.set()

    async def _finish(self) -> None:
        """The client has said all it will say: let the server answer it."""
        if self._server is not None and self._down is not None:
            if self._server.can_write_eof():
                self._server.write_eof()
            await asyncio.gather(self._down, return_exceptions=True)

    async def _pass_down(self, reader: asyncio.StreamReader) -> None:
        proxy = self._proxy
        try:
            while piece := await reader.read(PIECE):
                while proxy.fault.mode in HOLDS_DOWN:
                    await proxy.changed()
                async for part in self._flow(piece):
                    await self._give(part)
        except (_CutError, OSError):
            self.abort()
            self._ended = True
            self._moved.set()
            return
        if not self._writer.is_closing():
            self._writer.close()

    async def _give(self, part: bytes) -> None:
        limit = self._chance.randint(0, 100) if self._doomed else self._proxy.fault.cut_after
        if limit is not None and self._answered + len(part) > limit:
            part = part[: max(0, limit - self._answered)]
            self._writer.write(part)
            await self._writer.drain()
            self._proxy.down += len(part)
            raise _CutError
        self._answered += len(part)
        self._writer.write(part)
        await self._writer.drain()
        self._proxy.down += len(part)

    async def _flow(self, piece: bytes) -> Any:
        """The piece in the parts, and at the times, that the knobs let through."""
        fault = self._proxy.fault
        if fault.latency or fault.jitter:
            await asyncio.sleep(fault.latency + self._chance.random() * fault.jitter)
        if not fault.bps:
            yield piece
            return
        size = max(1, int(fault.bps / 20))
        for start in range(0, len(piece), size):
            part = piece[start : start + size]
            await asyncio.sleep(len(part) / fault.bps)
            yield part


def _answer(fault: Fault, chance: random.Random) -> bytes:
    """What the proxy says in the server's place."""
    if fault.mode == "garbage":
        return chance.randbytes(chance.randint(1, 400)) + b"\r\n\r\n"
    if fault.mode == "status":
        return reply(fault.status, "text/plain", b"not now\n", fault.retry_after)
    return reply(200, "text/html", PORTAL)
