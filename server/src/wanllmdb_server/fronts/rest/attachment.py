"""Attachment: an answer that is a file, streamed under a name as a thread writes it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncGenerator
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import StreamingResponse

from wanllmdb_server.fronts.rest.drip import Drip

_PLAIN: Final = re.compile(r"[^A-Za-z0-9._-]+")


async def attached(drip: Drip[Any], name: str, extension: str, kind: str) -> StreamingResponse:
    """The file as an answer; what fails with its first piece is raised."""
    pieces = drip.pieces()
    first = await anext(pieces, b"")
    return StreamingResponse(
        _with(first, pieces),
        media_type=kind,
        headers={
            "Content-Disposition": _attachment(name, extension),
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _with(first: bytes, others: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with contextlib.aclosing(others):
        yield first
        async for piece in others:
            yield piece


def _attachment(name: str, extension: str) -> str:
    """A name for the file: in plain letters for all clients, and in full for those that can."""
    simple = _PLAIN.sub("_", name)[:100]
    full = quote(f"{name}.{extension}", safe="")
    return f"attachment; filename=\"{simple}.{extension}\"; filename*=UTF-8''{full}"
