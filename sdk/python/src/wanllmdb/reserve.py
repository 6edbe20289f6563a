"""Reserve: a little room on the disk that a writer keeps for when there is none left.

A disk is full, and what would make room again needs room: only when a segment follows are the
ones before it removed, once a server has them. So a part of the reserve is given up when the
disk refuses, and the rest when the journal ends, for the account of what could not be kept.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

SUFFIX: Final = ".reserve"
LAST_BYTES: Final = 64 * 1024  # for the end
BYTES: Final = 2 * LAST_BYTES

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class Reserve:
    """A file of zeros of one writer. Where it cannot be made there is none."""

    def __init__(self, directory: Path, writer: str) -> None:
        """Nothing is kept before `fill`."""
        self._path = directory / f"{writer}{SUFFIX}"
        self._bytes = 0

    def fill(self) -> None:
        """Keep all of it, if that is not so."""
        if self._bytes == BYTES:
            return
        with contextlib.suppress(OSError):
            fd = os.open(self._path, _FLAGS, 0o600)
            try:
                os.posix_fallocate(fd, 0, BYTES)
                self._bytes = BYTES
            finally:
                os.close(fd)

    def spend(self) -> None:
        """Give up the part for a disk that is full."""
        if self._bytes > LAST_BYTES:
            self._bytes = LAST_BYTES
            with contextlib.suppress(OSError):
                os.truncate(self._path, LAST_BYTES)

    def end(self) -> None:
        """Give up all of it."""
        self._bytes = 0
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
