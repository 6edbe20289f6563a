"""Channel: requests to the metric service, over connections that are kept.

Fails in one way: `UnavailableError`, at once where nobody listens, after the time given where
nobody answers. A request that may be repeated is sent once more where a kept connection turns
out to be dead; everything else is for whoever asked to try again.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httptools

from wanllmdb_server.domain.errors import UnavailableError

CONNECT_S: Final = 3.0
IDLE_S: Final = 30.0  # the service keeps connections for 75 s
MAX_CONNECTIONS: Final = 64
RETRY_AFTER_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    kind: str
    content: bytes


class Channel:
    """Connections to one address; belongs to one event loop."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        """Prepare; the first request connects."""
        said = urlsplit(url)
        self._host = said.hostname or "127.0.0.1"
        self._tls = ssl.create_default_context() if said.scheme == "https" else None
        self._port = said.port or (443 if self._tls else 80)
        self._idle: list[tuple[float, _Connection]] = []
        self._room = asyncio.Semaphore(MAX_CONNECTIONS)
        lines = [f"{name}: {value}" for name, value in {"Host": said.netloc, **headers}.items()]
        self._head = "\r\n".join(["POST %s HTTP/1.1", *lines, "Content-Length: %d", "", ""])

    async def post(
        self, path: str, content: bytes, *, timeout_s: float, again: bool = True
    ) -> Answer:
        """Ask, and wait for the answer; `again` says that asking twice does no harm.

        Raises:
            UnavailableError: nobody answers, or not in time.
        """
        request = (self._head % (path, len(content))).encode() + content
        try:
            async with asyncio.timeout(timeout_s), self._room:
                return await self._exchange(request, again=again)
        except TimeoutError as error:
            raise _unavailable("takes too long") from error
        except OSError as error:
            raise _unavailable("does not answer") from error

    def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _exchange(self, request: bytes, *, again: bool) -> Answer:
        kept = self._kept()
        if kept is not None:
            try:
                return await self._over(kept, request)
            except ConnectionError:
                if not again:
                    raise
        return await self._over(await self._connect(), request)

    async def _over(self, connection: _Connection, request: bytes) -> Answer:
        try:
            answer = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        if connection.reusable:
            self._idle.append((time.monotonic(), connection))
        else:
            connection.close()
        return answer

    def _kept(self) -> _Connection | None:
        """The connection that was used last, if it is still good."""
        now = time.monotonic()
        while self._idle:
            since, connection = self._idle.pop()
            if now - since < IDLE_S and connection.reusable:
                return connection
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_S):
            _, connection = await loop.create_connection(
                _Connection, self._host, self._port, ssl=self._tls
            )
        return connection


class _Connection(asyncio.Protocol):
    """One connection, and the answer that is coming over it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._kind = ""
        self._parts: list[bytes] = []
        self._open = False

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent."""
        return self._open and self._answer is None

    async def ask(self, request: bytes) -> Answer:
        """Send a request; raises ConnectionError if no answer comes."""
        if self._transport is None or not self._open:
            raise ConnectionResetError("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._kind, self._parts = "", []
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            self._answer = None

    def close(self) -> None:
        self._open = False
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue]
        self._open = True

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail(ConnectionResetError("no answer in HTTP"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._fail(ConnectionResetError("closed before the answer"))

    def _fail(self, error: ConnectionError) -> None:
        self._open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    # -- httptools

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-type":
            self._kind = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self._open = self._open and self._parser.should_keep_alive()
        if self._answer is None or self._answer.done():  # nobody asked
            self.close()
            return
        content = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._answer.set_result(Answer(self._parser.get_status_code(), self._kind, content))


def _unavailable(why: str) -> UnavailableError:
    return UnavailableError(
        f"The metric service {why}.", code="metrics-unavailable", retry_after=RETRY_AFTER_S
    )
