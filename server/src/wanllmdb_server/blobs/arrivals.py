"""Arrivals: bytes on their way to a name, and the sweep that must not take them meanwhile.

Bytes that nobody names are dropped. Bytes that just came are named a moment later: so nothing
is dropped while any arrive, and none arrive while something is dropped. All who put bytes into
a store, and who drops them, share one of these; it belongs to one event loop. Where they are
several processes, they share the file of a lock too.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path


class Arrivals:
    """Keeps those who put and those who drop apart."""

    def __init__(self, shared: Path | None = None) -> None:
        """`shared` is the lock with which other processes are kept apart from this one."""
        self._dropping = asyncio.Lock()
        self._arriving = 0
        self._shared = None if shared is None else _SharedLock(shared)

    @contextlib.asynccontextmanager
    async def arrival(self) -> AsyncIterator[None]:
        """Bytes arrive, and get their name, while the block runs."""
        async with self._dropping:
            if self._shared is not None and not self._arriving:
                await self._shared.share()
            self._arriving += 1
        try:
            yield
        finally:
            self._arriving -= 1
            if self._shared is not None and not self._arriving:
                self._shared.release()

    @contextlib.asynccontextmanager
    async def dropping(self) -> AsyncIterator[bool]:
        """Nothing arrives while the block runs; false: something does, and it must drop nothing."""
        async with self._dropping:
            if self._arriving or (self._shared is not None and not self._shared.take()):
                yield False
                return
            try:
                yield True
            finally:
                if self._shared is not None:
                    self._shared.release()


class _SharedLock:
    """A file that many processes may share, or one may take."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    async def share(self) -> None:
        """Share it, as soon as nobody has it alone."""
        handle = self._open()
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            await asyncio.to_thread(fcntl.flock, handle, fcntl.LOCK_SH)
        self._handle = handle

    def take(self) -> bool:
        """Have it alone; false: others share it."""
        handle = self._open()
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Let it go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
