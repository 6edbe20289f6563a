"""Serving: bytes to whoever asked, and never anything that a browser would run.

What a file claims to be is shown; how it is served is decided here: only types that cannot
carry a script are shown in place, everything else is downloaded, and all of it in a sandbox.
Asked for by name and digest a file never changes, so a browser may keep it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import Request, Response
from starlette.responses import StreamingResponse

_SHOWN: Final = frozenset(
    [
        *("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"),
        *("video/mp4", "video/webm", "video/ogg"),
        *("audio/wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/mp4", "audio/webm"),
        *("audio/aac", "text/plain"),
    ]
)
# A page may draw it, as an image that runs nothing; nobody can open it.
_DRAWN: Final = frozenset(["image/svg+xml"])
_ALSO: Final = {  # other names of the same
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/mp3": "audio/mpeg",
    "audio/x-aac": "audio/aac",
    "audio/x-m4a": "audio/mp4",
    "image/jpg": "image/jpeg",
    "image/x-ms-bmp": "image/bmp",
    "video/x-m4v": "video/mp4",
    "application/ogg": "video/ogg",
}
_KEPT_S: Final = 7 * 24 * 3600  # by a browser, of a file that was asked for by its digest
_RANGE: Final = re.compile(r"bytes=(\d{0,19})-(\d{0,19})\Z")


@dataclass(frozen=True, slots=True)
class Served:
    """Bytes that are asked for: the name that they shall have, and what they are."""

    name: str
    digest: str
    size: int
    mime: str


async def serve(
    request: Request,
    served: Served,
    content: Callable[[int, int], AsyncIterator[bytes]],
    *,
    digest: str | None = None,
) -> Response:
    """The bytes, or one range of them if asked; `content` gives those of a stretch.

    `digest` is how the asker knows the file.
    """
    headers = _headers(served)
    if digest and served.digest.startswith(digest):
        headers["Cache-Control"] = f"private, max-age={_KEPT_S}, immutable"
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    start, end, status = asked(request.headers.get("range", ""), served.size)
    if status == 416:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{served.size}"})
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{served.size}"
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(
        await begun(content(start, end)),
        status_code=status,
        headers=headers,
        media_type=_told(served.mime),
    )


async def begun(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, with the first at hand: what fails, fails while the answer can say so."""
    first = await anext(content, b"")

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for piece in content:
            yield piece

    return all_of_it()


def asked(said: str, size: int) -> tuple[int, int, int]:
    """The stretch of a file that a Range header asks for, and the status of the answer.

    Several ranges, and what is no range at all, are answered with the whole file.
    """
    found = _RANGE.match(said.strip().lower())
    if not found or found.group(1) == found.group(2) == "":
        return 0, size, 200
    first, last = found.groups()
    if not first:  # the last so many
        length = min(int(last), size)
        return (size - length, size, 206) if length else (0, 0, 416)
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return 0, size, 200
    return (start, end, 206) if start < size else (0, 0, 416)


def _told(said: str) -> str:
    """The type that a browser is told, for the type that a file claims."""
    mime = _ALSO.get(said, said)
    return mime if mime in _SHOWN | _DRAWN else "application/octet-stream"


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """The body of a request, piece by piece."""
    async for chunk in request.stream():
        if chunk:
            yield chunk


def _headers(served: Served) -> dict[str, str]:
    name = served.name.rpartition("/")[2]
    place = "inline" if _told(served.mime) in _SHOWN else "attachment"
    return {
        "ETag": f'"{served.digest}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"{place}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
