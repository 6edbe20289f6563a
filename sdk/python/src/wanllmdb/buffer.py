"""Buffer: frames on their way to a disk that is slow, written by a thread of their own.

The training does not wait for a disk that keeps it waiting: it puts frames into a ring of 4 MiB
and goes on. A SIGKILL costs what is in the ring. What does not fit is counted as lost.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from typing import Final

from wanllmdb.ring import Ring
from wanllmdb.stall import Stalls
from wanllmdb.tally import Tally

RING_BYTES: Final = 4 * 1024 * 1024
WRITE_BYTES: Final = 256 * 1024  # the fewer writes, the fewer stalls
IDLE_SECONDS: Final = 0.02
LOST: Final = "slow-disk"

# Writes bytes to the segment at hand; how many of them it took. Raises `OSError`.
Write = Callable[[bytes], int]


class Buffer:
    """Holds frames, and writes them from its thread; `begin` makes the thread.

    Attributes:
        is_on: frames are to be put in here.
    """

    def __init__(
        self,
        write: Write,
        tally: Tally,
        stalls: Stalls,
        refused: Callable[[list[bytes], OSError], None],
    ) -> None:
        """Hold nothing yet.

        Args:
            write: how a frame is written.
            tally: counts what is lost.
            stalls: learns how long that took.
            refused: takes the frames that the disk did not, in order, and why.
        """
        self.is_on = False
        self._write = write
        self._tally = tally
        self._stalls = stalls
        self._refused = refused
        self._ring = Ring(RING_BYTES)
        self._under_way = 0
        self._thread: threading.Thread | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything that was put in is written."""
        return not self._ring and not self._under_way

    def begin(self) -> None:
        """From now on the thread writes."""
        self.is_on = True
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="wanllmdb-writer", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Take no more; the thread ends when what is here is written."""
        self.is_on = False

    def hold(self, content: bytes) -> bool:
        """Keep a frame until the thread has written it; False: not safe yet, or lost."""
        if not self._ring.hold(content):
            self._tally.lose_frames(LOST, [content])
        return False

    def wait(self, seconds: float) -> bool:
        """Wait until all is written; False if that takes longer."""
        end = time.monotonic() + seconds
        while not self.is_empty and time.monotonic() < end:
            time.sleep(0.005)
        return self.is_empty

    def give_up(self) -> None:
        """Count all that still waits as lost."""
        self._tally.lose_frames(LOST, self._ring.drop())

    def _run(self) -> None:
        while self.is_on or self._ring:
            if not self._ring:
                time.sleep(IDLE_SECONDS)
                continue
            self._under_way = 1
            try:
                self._write_some()
            finally:
                self._under_way = 0

    def _write_some(self) -> None:
        frames = self._ring.take(WRITE_BYTES)
        content = b"".join(frames)
        written = 0

        def write() -> None:
            nonlocal written
            written = self._write(content)

        try:
            self._stalls.timed(write)
        except OSError as error:
            self._refused(frames, error)
            return
        if written != len(content):
            self._refused(_behind(frames, written), OSError(errno.ENOSPC, "the disk is full"))


def _behind(frames: list[bytes], written: int) -> list[bytes]:
    """The frames that are not whole within the first bytes."""
    for index, each in enumerate(frames):
        written -= len(each)
        if written < 0:
            return frames[index:]
    return []
