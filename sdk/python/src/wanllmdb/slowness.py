"""Slowness: notices that the disk of a writer is slow, and then lets a thread wait for it.

Noticed not by the training's thread, which would pay for the clock on every row, but by
another: an empty `write` to the same file waits for whatever write of a row is under way, as
every write to a file waits for the one before it, and for nothing else. It costs the training
nothing and leaves nothing in the file. The longer rows have to wait, the surer it meets one.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from wanllmdb.buffer import RING_BYTES, Buffer
from wanllmdb.segment_file import SegmentFile
from wanllmdb.stall import STALL_SECONDS, Stalls
from wanllmdb.tally import Tally

ASK_SECONDS: Final = 0.25

_WORDS: Final = (
    f"the disk of {{}} is slow: from now on at most {RING_BYTES >> 20} MiB of what was logged "
    "wait in memory, where a SIGKILL would lose them; WANLLMDB_SPOOL_DIR names a faster disk"
)


class Slowness:
    """Asks how slow a disk is, and holds frames while it is too slow. One writer's."""

    def __init__(
        self,
        file: SegmentFile,
        tally: Tally,
        refused: Callable[[list[bytes], OSError], None],
        written: Callable[[], None],
    ) -> None:
        """Take the disk to be fast.

        Args:
            file: of the writer.
            tally: counts what is lost.
            refused: takes the frames that the disk did not, and why.
            written: called when the thread has written something.
        """
        self._file = file
        self._written = written
        self._stalls = Stalls()
        self._buffer = Buffer(self._write, tally, self._stalls, refused)
        self._warned = False
        self._asking: threading.Thread | None = None
        self._ended = False

    @property
    def is_on(self) -> bool:
        """Whether frames are to be held here."""
        return self._buffer.is_on

    def hold(self, content: bytes) -> bool:
        """Keep a frame until the thread has written it; False: it is not safe yet."""
        return self._buffer.hold(content)

    def look(self, *, idle: bool) -> str | None:
        """Ask the disk, begin or end; what the user is to be told. `idle`: nothing is written."""
        if idle:
            return None
        if self._buffer.is_on:
            if self._stalls.none and self._buffer.is_empty:
                self._buffer.end()
            return None
        if self._asking is None or not self._asking.is_alive():
            self._ask()
        if not self._stalls.many:
            return None
        self._buffer.begin()
        warned, self._warned = self._warned, True
        return None if warned else _WORDS.format(self._file.directory)

    def timed(self, sync: Callable[[], None]) -> None:
        """Sync. Where that takes long, rows may wait for it meanwhile: then somebody else asks."""
        began = time.monotonic()
        try:
            sync()
        finally:
            long = time.monotonic() - began > STALL_SECONDS
            if long and (self._asking is None or not self._asking.is_alive()):
                self._asking = threading.Thread(
                    target=self._ask_often, name="wanllmdb-disk", daemon=True
                )
                self._asking.start()

    def wait(self, seconds: float) -> bool:
        """Wait until all that is held is written; False if that takes longer."""
        return self._buffer.wait(seconds)

    def end(self) -> bool:
        """Hold nothing any more; False if the disk has not taken what was held."""
        self._ended = True
        self._buffer.end()
        done = self._buffer.wait(0.5)
        self._buffer.give_up()
        return done

    def _ask(self) -> None:
        with contextlib.suppress(OSError):  # who writes next hears of it, too
            self._stalls.timed(lambda: os.write(self._file.fd, b""))

    def _ask_often(self) -> None:
        """Until nothing was slow for a while, or the writer ends."""
        end = time.monotonic() + 60.0
        while not self._ended and not self._buffer.is_on and time.monotonic() < end:
            time.sleep(ASK_SECONDS)
            self._ask()

    def _write(self, content: bytes) -> int:
        written = self._file.write(content)
        self._written()
        return written
