"""Pen: writes the frames of one writer, in one process, from segment to segment.

Of the disk it asks one `write` a frame. When the segment is full the next begins; when the
disk refuses, frames wait in memory (`outage`). No call waits for a lock but `probe`, when told
to: what finds another thread turning a page leaves it to that thread.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from wanllmdb import frame, segment, wire
from wanllmdb.moulds import Mould, Moulds
from wanllmdb.outage import Outage
from wanllmdb.segment_file import SegmentFile
from wanllmdb.tally import Tally

SEGMENT_SECONDS: Final = 600.0
SYNC_SECONDS: Final = 1.0
SYNC_BYTES: Final = 4 * 1024 * 1024

_write = os.write
_frame = frame.frame
_FORM: Final = int(wire.Kind.FORM)


class Pen:
    """Writes frames; see the module.

    Attributes:
        file: where they go.
        tally: what was written, and what could not be.
        next: the number of the next frame, a row's; taken by it.
        outage: what waits while the disk refuses.
    """

    def __init__(
        self,
        directory: Path,
        header: Mapping[str, Any],
        *,
        writer: str,
        moulds: Moulds,
        clock_ns: Callable[[], int],
        segment_bytes: int,
    ) -> None:
        """Nothing is opened before `advance`.

        Args:
            directory: of the run.
            header: what each segment says of itself, besides where and when it began.
            writer: whose segments they are.
            moulds: of the rows that may come.
            clock_ns: nanoseconds since the epoch.
            segment_bytes: beyond this size the next segment begins.
        """
        self.file = SegmentFile(directory, writer, limit=segment_bytes)
        self.tally = Tally()
        self.next = self.tally.next
        self.outage = Outage(self.file, self.tally, self.advance)
        self._header = dict(header)
        self._moulds = moulds
        self._clock_ns = clock_ns
        self._segment_bytes = segment_bytes
        self._rolling = threading.Lock()
        self._synced_at = 0.0
        self._ended = False

    def write(self, kind: int, payload: bytes) -> bool:
        """Write a record as `put` does."""
        return self.put(_frame(kind, payload, self.tally.number(kind)))

    def put(self, content: bytes) -> bool:
        """Write a frame, or hold it; True if it is on the disk."""
        file = self.file
        if file.failing is not None:
            return self.hold(content)
        try:
            if _write(file.fd, content) != len(content):
                return self.put_again(content)
        except OSError as error:
            return self.put_off(content, error)
        file.room = room = file.room - len(content)
        if room < file.turn_at:
            self.turn()
        return True

    def put_again(self, content: bytes) -> bool:
        """Hold a frame that is on the disk in part, which readers pass over, or not at all."""
        return self.put_off(content, OSError(errno.ENOSPC, "no room for it on the disk"))

    def put_off(self, content: bytes, error: OSError) -> bool:
        """Hold a frame that the disk refused."""
        self.outage.begin(error)
        return self.hold(content)

    def hold(self, content: bytes) -> bool:
        """Keep a frame in memory until the disk takes it; True if it just did."""
        if self._ended:
            self.tally.lose_frames("disk", [content])
            return False
        held = self.outage.hold(content)
        if self.outage.is_on and time.monotonic() >= self.outage.probe_at:
            self.probe()
        return held and not self.outage.is_on

    def probe(self, wait: float = 0.0) -> None:
        """Try whether the disk takes records again, unless another thread is just doing so."""
        if not self._rolling.acquire(timeout=wait):
            return
        try:
            self.outage.probe()
        finally:
            self._rolling.release()
        self.tell_losses()

    def turn(self) -> None:
        """The segment is full, or it is time to name the forms in it again."""
        if self.file.room < 0:
            self.roll()
            return
        self.file.declared(self._moulds.declared_bytes)
        for declared in self._moulds.declarations():
            self.write(_FORM, declared)

    def roll(self) -> None:
        """Begin the next segment, unless another thread is just doing so."""
        if not self._rolling.acquire(blocking=False):
            return
        try:
            self.advance()
        except OSError:
            # The old segment goes on, and the next is tried again some way further.
            self.file.room = self._segment_bytes // 16
        finally:
            self._rolling.release()

    def advance(self) -> None:
        """Begin the next segment; for one thread at a time. Raises `OSError`."""
        facts = {
            **self._header,
            "writer": self.file.writer,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "wall_ns": self._clock_ns(),
        }
        forms = self._moulds.declarations() * 2  # a flipped bit damages one of them
        frames = [_frame(_FORM, each, self.tally.number(_FORM)) for each in forms]
        try:
            self.file.advance(b"".join([segment.header(facts), *frames]))
        except OSError:
            self.tally.lose_frames("disk", frames)
            raise

    def mould(self, row: Mapping[str, Any]) -> Mould | None:
        """A new mould for rows like this one, declared, if they deserve one.

        No segment begins meanwhile: where one is just beginning, the next row gets the mould.
        """
        form = self._moulds.wanted(row)
        if form is None or not self._rolling.acquire(blocking=False):
            return None
        try:
            mould = self._moulds.cast(form)
            declared = frame.declaration(mould.number, form)
            for _ in range(2):  # a flipped bit damages one of them
                self.write(_FORM, declared)
            self._moulds.keep(mould)
        finally:
            self._rolling.release()
        return mould

    def tend(self) -> None:
        """Try a disk that refused, begin a segment where one grew old, sync. May block."""
        now, file = time.monotonic(), self.file
        if self.outage.is_on:
            self.probe()
        elif now - file.opened_at > SEGMENT_SECONDS and not file.is_empty:
            self.roll()
        if file.unsynced_bytes >= SYNC_BYTES or now - self._synced_at >= SYNC_SECONDS:
            self._synced_at = now
            if file.unsynced:
                self.sync()

    def sync(self) -> None:
        """Make what was written outlive a power loss. May block."""
        try:
            self.file.sync()
        except OSError:
            # What the kernel could not write back it may have dropped: what comes from now
            # on goes to a file of its own.
            self.roll()

    def tell_losses(self) -> None:
        """A LOSS record for each reason, of what was lost since the last one."""
        if self.file.failing is None:
            for loss in self.tally.untold():
                self.write(wire.Kind.LOSS, wire.encode(loss))

    def account(self) -> None:
        """Say what was given so far, and what of it was lost: a TALLY record."""
        if self.outage.is_on:
            self.probe(wait=0.5)
        self.tell_losses()
        self.write(wire.Kind.TALLY, wire.encode(self.tally.record()))

    def end(self) -> None:
        """Account, and refuse every write from now on; what still waits is counted as lost."""
        self.account()
        self._ended = True
        self.outage.give_up()
        self.file.retire()
