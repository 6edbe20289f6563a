"""Body: what a request carries: bytes, or a file that is read as it goes.

Content goes out in pieces, each in the time of a connection.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

PIECES_FROM_BYTES: Final = 64 * 1024
ON_ITS_WAY_BYTES: Final = 1024 * 1024  # what buffers between here and the server may hold

Content = bytes | Path  # what lies on a disk is never in memory as a whole


def size_of(content: Content | None) -> int:
    """How many bytes it has."""
    if isinstance(content, Path):
        return content.stat().st_size
    return len(content or b"")


@contextlib.contextmanager
def body_of(content: Content | None, meanwhile: Callable[[], None] | None) -> Iterator[Any]:
    """What urllib3 is given to send: a file it reads as it goes."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            yield _Told(file, meanwhile or (lambda: None))
    else:
        many = content is not None and len(content) > PIECES_FROM_BYTES
        yield io.BytesIO(content) if content is not None and many else content


class _Told:
    """A file that tells how it is read: every mebibyte."""

    def __init__(self, file: BinaryIO, tell: Callable[[], None]) -> None:
        self._file = file
        self._tell = tell
        self._untold = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._untold += len(piece)
        if self._untold >= ON_ITS_WAY_BYTES:
            self._untold = 0
            self._tell()
        return piece
