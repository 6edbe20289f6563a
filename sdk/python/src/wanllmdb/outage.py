"""Outage: what happens while the disk refuses: records wait in memory, and it is asked again.

They wait in a bounded ring, in order. The disk is asked once a second, with a segment of its
own, so that what it took in part stays behind. What the ring cannot hold is counted.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import Final

from wanllmdb import frame, wire
from wanllmdb.ring import Ring
from wanllmdb.segment_file import SegmentFile
from wanllmdb.tally import Tally

RING_BYTES: Final = 32 * 1024 * 1024
SPARE_BYTES: Final = 2 * 1024 * 1024  # of the ring, for what is no row: how a run ended, say
PROBE_SECONDS: Final = 1.0
MAX_FRAME_BYTES: Final = wire.MAX_RECORD_BYTES + frame.FRAME_BYTES


class Outage:
    """Frames of one writer that wait for its file; one thread at a time may `probe`.

    Attributes:
        ring: the frames.
        reason: why the disk refuses; None while it does not.
        for_ever: there is no disk to ask; what waits here is read from here.
        probe_at: when the disk is asked again, in monotonic seconds.
    """

    def __init__(self, file: SegmentFile, tally: Tally, advance: Callable[[], None]) -> None:
        """Nothing waits yet; `advance` begins the file's next segment, or raises `OSError`."""
        self.ring = Ring(RING_BYTES)
        self.reason: str | None = None
        self.for_ever = False
        self.probe_at = 0.0
        self._file = file
        self._tally = tally
        self._advance = advance

    @property
    def is_on(self) -> bool:
        """Whether the disk refused last, or something still waits for it."""
        return self.reason is not None or len(self.ring) > 0

    def begin(self, error: OSError, *, for_ever: bool = False) -> None:
        """The disk refused; it is not asked again before a second has passed, or never."""
        self.for_ever = for_ever or self.for_ever
        if self.reason is None:
            self.probe_at = time.monotonic() + PROBE_SECONDS
        self.reason = self._file.failing = errno.errorcode.get(error.errno or errno.EIO, "EIO")

    def hold(self, content: bytes) -> bool:
        """Keep a frame in memory; False if it cannot be kept, and is counted as lost."""
        reason = "too-large" if len(content) > MAX_FRAME_BYTES else "disk"
        spare = SPARE_BYTES if _is_row(content) else 0
        held = reason == "disk" and self.ring.hold(content, spare=spare)
        if not held:
            self._tally.lose_frames(reason, [content])
        return held

    def probe(self) -> None:
        """Try whether the disk takes records again."""
        self.probe_at = time.monotonic() + PROBE_SECONDS
        if self.for_ever:
            return
        try:
            if self.reason is not None:
                self._advance()
            self.ring.empty_into(self._file.write)
            self.reason = self._file.failing = None
            self.ring.empty_into(self._file.write)  # what came while the first emptying ran
        except OSError as error:
            self.begin(error)

    def give_rows_up(self) -> None:
        """Count the rows that still wait as lost; all else goes on waiting."""
        for each in self.ring.drop():
            if _is_row(each):
                self._tally.lose_frames("disk", [each])
            else:
                self.hold(each)

    def give_up(self) -> None:
        """Count all that still waits as lost."""
        self._tally.lose_frames("disk", self.ring.drop())


def _is_row(content: bytes) -> bool:
    """Whether a frame is one of those that come by the thousand."""
    return content[frame.KIND_AT] in wire.ROW_KINDS
