"""Drip: what a thread writes, as pieces for an answer; the thread never gets far ahead.

The other way round, the thread is given what comes from the event loop: while it writes one
part, the next one is on its way. If the client goes away, the thread is told at whichever of the
two it does next, and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any, Final, Generic, TypeVar

Part = TypeVar("Part")

PIECE: Final = 1 << 18  # bytes, at least
AHEAD: Final = 4  # pieces that wait for the client


class _GoneError(Exception):
    """Nobody waits for what is written."""


class Drip(Generic[Part]):
    """A file that a thread writes from parts, and that somebody reads meanwhile."""

    def __init__(
        self, parts: AsyncIterator[Part], write: Callable[[Iterator[Part], Any], None]
    ) -> None:
        """`write` is called once, in a thread, with the parts and with the file."""
        self._parts = parts
        self._write = write
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        self._held: list[bytes] = []
        self._size = 0  # of what is held
        self._gone = False
        self._error: BaseException | None = None
        self._pulling: Future[Part] | None = None

    async def pieces(self) -> AsyncGenerator[bytes]:
        """What is written, in order. What `write` raises is raised here."""
        thread = threading.Thread(target=self._work, name="drip", daemon=True)
        thread.start()
        try:
            while (piece := await self._pieces.get()) is not None:
                self._room.release()
                yield piece
            if self._error is not None:
                raise self._error
        finally:
            self._gone = True
            self._room.release()
            if self._pulling is not None:
                self._pulling.cancel()

    # -- what the thread sees

    def write(self, content: bytes, /) -> int:
        """Take bytes; waits while the client has not read what was written before."""
        self._held.append(content)
        self._size += len(content)
        if self._size >= PIECE:
            self._push()
        return len(content)

    def seek(self, *_: int) -> int:
        """Writers ask whether there is such a method; none of those that are given this seeks."""
        raise io.UnsupportedOperation("what was written is gone")

    def flush(self) -> None:
        """Nothing: pieces go when they are large enough."""

    def close(self) -> None:
        """Nothing: the end is when `write` returns."""

    def _work(self) -> None:
        try:
            self._write(self._arriving(), self)
            self._push()
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody reads
            self._error = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody reads
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, None)

    def _push(self) -> None:
        piece, self._held, self._size = b"".join(self._held), [], 0
        self._room.acquire()
        if self._gone:
            raise _GoneError
        if piece:
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

    def _arriving(self) -> Iterator[Part]:
        coming = self._pull()
        while not self._gone:
            try:
                part = coming.result()
            except StopAsyncIteration:
                return
            except CancelledError:
                raise _GoneError from None
            coming = self._pull()
            yield part

    def _pull(self) -> Future[Part]:
        """Let the next part come."""
        coming = asyncio.run_coroutine_threadsafe(_next(self._parts), self._loop)
        self._pulling = coming
        if self._gone:  # it was not there to be cancelled
            coming.cancel()
        return coming


async def _next(parts: AsyncIterator[Part]) -> Part:
    return await anext(parts)
