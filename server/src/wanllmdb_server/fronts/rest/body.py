"""Body: how much of a request is read, how slowly, and packed how.

ASGI middleware in front of the routes. What is too large is refused as soon as that is known,
without reading on; what comes too slowly is given up; what is packed is unpacked here, within
bounds, so that the routes see plain bytes only.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import zstandard
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wanllmdb.wire import MAX_BODY_BYTES, MAX_UNPACKED_BYTES
from wanllmdb_server.domain.errors import MalformedError, ServerError, TooLargeError
from wanllmdb_server.fronts.rest import problems
from wanllmdb_server.fronts.rest.problems import (
    LargeHeadersError,
    LongUrlError,
    SlowBodyError,
    UnknownEncodingError,
)

MAX_FILE_BYTES: Final = 1024 * 1024 * 1024  # of a file of a run, which goes to disk as it comes
MAX_BLOB_BYTES: Final = 1024 * 1024 * 1024 * 1024  # of a file of a version, likewise
MAX_RATIO: Final = 100
RATIO_FROM: Final = 1024 * 1024  # a small body may well be packed tighter than that
PATIENCE_S: Final = 30.0  # for a body, and for every
PATIENT_BYTES: Final = 16 * 1024  # bytes of it a second more
MAX_URL_BYTES: Final = 256 * 1024  # a thousand runs can be named in a query
MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 64 * 1024
STEP: Final = 512  # packed bytes at once: zstd makes at most 16 MiB of them


class BodyLimits:
    """ASGI middleware: bounds every body, and unpacks gzip and zstd."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body: int = MAX_BODY_BYTES,
        max_unpacked: int = MAX_UNPACKED_BYTES,
        max_file: int = MAX_FILE_BYTES,
        max_blob: int = MAX_BLOB_BYTES,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._max_body = max_body
        self._max_unpacked = max_unpacked
        self._max_file = max_file
        self._max_blob = max_blob
        self._patience = patience_s
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        read = _Read(self._clock())

        async def send_marked(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] == "http.response.start" and read.much_is_left(self._max_body):
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        try:
            _bound_head(scope)
            bounded = self._bounded(scope, receive, read)
            encoding = Headers(scope=scope).get("content-encoding", "identity").strip().lower()
            if encoding != "identity":
                scope, bounded = await self._unpacked(scope, bounded, encoding)
            await self._app(scope, bounded, send_marked)
        except ServerError as error:
            if started:
                raise
            await problems.from_error(scope, error)(scope, receive, send)

    def _limit(self, scope: Scope) -> int:
        """How many bytes the body may have: what goes to disk as it comes may have many."""
        if scope["method"] != "PUT":
            lines = scope["path"].endswith("/file_stream")
            return self._max_unpacked if lines else self._max_body
        if "/files/" in scope["path"]:
            return self._max_file
        return self._max_blob if "/blobs/" in scope["path"] else self._max_body

    def _bounded(self, scope: Scope, receive: Receive, read: _Read) -> Receive:
        """`receive`, which fails when there is too much or it takes too long."""
        limit = self._limit(scope)
        headers = Headers(scope=scope)
        said = headers.get("content-length", "")
        if said.isdigit():
            read.said = int(said[:20])
        elif "transfer-encoding" not in headers:
            read.said = 0
        if read.said is not None and read.said > limit:
            raise _too_large(limit)

        async def receive_bounded() -> Message:
            if not read.more:  # the body is complete: what comes is the client's leaving
                return await receive()
            left = read.begun + self._patience + read.taken / PATIENT_BYTES - self._clock()
            try:
                async with asyncio.timeout(max(left, 0.0)):
                    message = await receive()
            except TimeoutError:
                raise SlowBodyError("The body comes too slowly.") from None
            read.taken += len(message.get("body", b""))
            read.more = message.get("more_body", False)
            if read.taken > limit:
                raise _too_large(limit)
            return message

        return receive_bounded

    async def _unpacked(
        self, scope: Scope, receive: Receive, encoding: str
    ) -> tuple[Scope, Receive]:
        """The request as if its body had come plain."""
        if encoding not in {"gzip", "zstd"}:
            raise UnknownEncodingError("The body may be packed with gzip or zstd, once.")
        packed = await _whole(receive)
        body = await asyncio.to_thread(unpack, packed, encoding, limit=self._max_unpacked)
        plain: Scope = {**scope, "headers": list(scope["headers"])}
        headers = MutableHeaders(scope=plain)
        del headers["content-encoding"]
        headers["content-length"] = str(len(body))
        given = False

        async def receive_plain() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        return plain, receive_plain


@dataclass(slots=True)
class _Read:
    """How far a body was read. `said` is its length, None if it was not told."""

    begun: float
    taken: int = 0
    more: bool = True
    said: int | None = None

    def much_is_left(self, much: int) -> bool:
        """Whether more than is worth reading to the end comes, or could come for ever."""
        return self.more and (self.said is None or self.said - self.taken > much)


def unpack(packed: bytes, encoding: str, *, limit: int) -> bytes:
    """The plain bytes of a packed body.

    Raises:
        TooLargeError: more than `limit`, or suspiciously many for so few.
        MalformedError: damaged, cut off, or followed by something else.
    """
    if encoding == "gzip":
        unpacker = zlib.decompressobj(wbits=31)
    else:
        unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
    parts: list[bytes] = []
    size = 0
    try:
        for place in range(0, len(packed), STEP):
            if unpacker.eof:
                raise MalformedError("There is more behind the packed body.", code="malformed-body")
            part = unpacker.decompress(packed[place : place + STEP])
            size += len(part)
            parts.append(part)
            if size > limit or size > max(RATIO_FROM, MAX_RATIO * (place + STEP)):
                raise TooLargeError(
                    f"Unpacked, a body has at most {limit} bytes, "
                    f"and at most {MAX_RATIO} for each packed one.",
                    code="too-large",
                )
    except (zlib.error, zstandard.ZstdError) as error:
        raise MalformedError(f"The body is no {encoding}.", code="malformed-body") from error
    if not unpacker.eof or unpacker.unused_data:
        raise MalformedError("The packed body is cut off.", code="malformed-body")
    return b"".join(parts)


def _bound_head(scope: Scope) -> None:
    """Refuse a URL or headers that no client of this API sends."""
    if len(scope["path"]) + len(scope["query_string"]) > MAX_URL_BYTES:
        raise LongUrlError(f"A URL has at most {MAX_URL_BYTES} bytes.")
    headers = scope["headers"]
    size = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > MAX_HEADERS or size > MAX_HEADER_BYTES:
        raise LargeHeadersError(f"At most {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes.")


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return b"".join(parts)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body may have at most {limit} bytes.")
