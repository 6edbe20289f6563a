"""Ring: frames that wait in memory while the disk refuses them, up to a bound."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable


class Ring:
    """First in, first out; safe to use from several threads without a lock."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._frames: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def bytes(self) -> int:
        """How much is in it, about."""
        return self._bytes if self._frames else 0

    def hold(self, frame: bytes, *, spare: int = 0) -> bool:
        """Keep a frame; False if there is no room for it, or less than `spare` beside it."""
        if self._bytes + len(frame) > self._limit - spare:
            return False
        self._bytes += len(frame)
        self._frames.append(frame)
        return True

    def empty_into(self, write: Callable[[bytes], int]) -> None:
        """Write every frame, oldest first; the one that fails stays the oldest.

        Raises:
            OSError: `write` did, or it took a frame only in part.
        """
        while self._frames:
            frame = self._frames.popleft()
            written = 0
            try:
                written = write(frame)
            finally:
                if written != len(frame):
                    self._frames.appendleft(frame)
            if written != len(frame):
                raise OSError(errno.ENOSPC, "the disk is full")
            self._bytes -= len(frame)
        self._bytes = 0

    def take(self, size: int) -> list[bytes]:
        """Take out the oldest frames, about so many bytes; one at least, if there is any."""
        taken: list[bytes] = []
        while self._frames and size > 0:
            taken.append(self._frames.popleft())
            size -= len(taken[-1])
            self._bytes -= len(taken[-1])
        if not self._frames:
            self._bytes = 0
        return taken

    def drop(self) -> list[bytes]:
        """Forget every frame; returns them."""
        dropped = list(self._frames)
        self._frames.clear()
        self._bytes = 0
        return dropped
