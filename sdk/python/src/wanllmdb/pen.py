"""Pen: writes the frames of one writer, in one process, from segment to segment.

Of the disk it asks one `write` a frame. When the segment is full the next begins; when the
disk refuses, frames wait in memory (`outage`); when it is slow, a thread writes them (`slow`);
when the run's folder is full, not all of them are written (`sieve`). Where none of this is so,
no frame pays for it: `file.failing` is None. No call waits for a lock but `probe`, when told to:
what finds another thread turning a page leaves it to that thread.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from wanllmdb import frame, segment, wire
from wanllmdb.limit import Limit, fitting
from wanllmdb.moulds import Mould, Moulds
from wanllmdb.outage import MAX_FRAME_BYTES, Outage
from wanllmdb.reserve import Reserve
from wanllmdb.segment_file import SegmentFile
from wanllmdb.sieve import VALUES, Sieve
from wanllmdb.slowness import Slowness
from wanllmdb.tally import Tally

SEGMENT_SECONDS: Final = 600.0
SYNC_SECONDS: Final = 1.0
SYNC_BYTES: Final = 4 * 1024 * 1024
TELL_SECONDS: Final = 30.0  # between two LOSS records of what goes on being lost
END_SECONDS: Final = 3.0  # how long the end of a journal waits for a slow disk

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
        reserve: room for when the disk is full.
        slow: what a thread writes while the disk is slow.
        sieve: what is left out while the run's folder is as large as it may be.
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
        most_bytes: int | None = 0,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Nothing is opened before `advance`.

        Args:
            directory: of the run.
            header: what each segment says of itself, besides where and when it began.
            writer: whose segments they are.
            moulds: of the rows that may come.
            clock_ns: nanoseconds since the epoch.
            segment_bytes: beyond this size the next segment begins.
            most_bytes: what the folder may take; see `Limit`.
            tell: tells the user something, from the thread that calls `tend` or `end`.
        """
        self._segment_bytes = segment_bytes = fitting(directory, most_bytes, segment_bytes)
        self.file = SegmentFile(directory, writer, limit=segment_bytes)
        self.tally = Tally()
        self.next = self.tally.next
        self.outage = Outage(self.file, self.tally, self.advance)
        self.reserve = Reserve(directory, writer)
        self.slow = Slowness(self.file, self.tally, self._rescue, self._turn_slowly)
        self.sieve = Sieve(Limit(directory, most_bytes), self.tally, moulds.form)
        self._header = dict(header)
        self._moulds = moulds
        self._clock_ns = clock_ns
        self._tell = tell
        self._rolling = threading.Lock()
        self._synced_at = self._told_at = 0.0
        self._ended = False

    @property
    def lost(self) -> dict[str, int]:
        """What could not be kept, by reason."""
        values = self.sieve.values_lost
        return self.tally.lost | ({VALUES: values} if values else {})

    def write(self, kind: int, payload: bytes) -> bool:
        """Write a record as `put` does."""
        return self.put(_frame(kind, payload, self.tally.number(kind)))

    def put(self, content: bytes) -> bool:
        """Write a frame, or hold it; True if it is on the disk."""
        return self.hold(content) if self.file.failing is not None else self._through(content)

    def put_again(self, content: bytes) -> bool:
        """Put a frame that did not go straight to the file, or only in part, which readers skip."""
        if self.file.failing is not None:
            return self.hold(content)
        return self.put_off(content, OSError(errno.ENOSPC, "no room for it on the disk"))

    def put_off(self, content: bytes, error: OSError) -> bool:
        """Keep a frame that the disk refused."""
        self.outage.begin(error)
        return self._place(content)

    def hold(self, content: bytes) -> bool:
        """Keep a frame that may not go straight to the file; True if it is on the disk."""
        if self._ended:
            self.tally.lose_frames("disk", [content])
            return False
        if len(content) > MAX_FRAME_BYTES:
            return self.outage.hold(content)  # which counts it
        placed = [self._place(each) for each in self.sieve.take(content)]
        return all(placed) and bool(placed)

    def _place(self, content: bytes) -> bool:
        """Write a frame, or let it wait where it has to; True if it is on the disk."""
        if not self.outage.is_on:
            return self.slow.hold(content) if self.slow.is_on else self._through(content)
        held = self.outage.hold(content)
        if self.outage.is_on and time.monotonic() >= self.outage.probe_at:
            self.probe()
        return held and not self.outage.is_on

    def _through(self, content: bytes) -> bool:
        """Write a frame to the file."""
        file = self.file
        try:
            written = _write(file.fd, content)
        except OSError as error:
            return self.put_off(content, error)
        if written != len(content):
            return self.put_off(content, OSError(errno.ENOSPC, "no room for it on the disk"))
        file.room = room = file.room - written
        if room < file.turn_at:
            self.turn()
        return True

    def probe(self, wait: float = 0.0) -> None:
        """Try whether the disk takes records again, unless another thread is just doing so."""
        if not self._rolling.acquire(timeout=wait):
            return
        try:
            self.reserve.spend()
            self.outage.probe()
        finally:
            self._rolling.release()
        self._gate()
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
        with contextlib.suppress(Exception):  # `tend` looks again, and says what is wrong
            if self.sieve.look(everything=False):
                self._gate()

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
            self.file.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
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
        self._look(now)
        if self.outage.is_on:
            self.probe()
        elif now - file.opened_at > SEGMENT_SECONDS and not file.is_empty:
            self.roll()
        if file.unsynced_bytes >= SYNC_BYTES or now - self._synced_at >= SYNC_SECONDS:
            self._synced_at = now
            if file.unsynced:
                self.sync()

    def _look(self, now: float) -> None:
        """Whether the disk is slow, and the folder full, and what follows from that."""
        if not self.outage.is_on:
            self.reserve.fill()
        if self.sieve.limit.is_due and self.sieve.look():
            self._told_at = 0.0
        changed = self.slow.look(idle=self.outage.is_on)
        for each in self.sieve.settle():
            self._place(each)
        self._gate()
        if now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            self.tell_losses()
        for line in (*self.sieve.words(), *([changed] if changed else [])):
            self._tell(line)

    def _gate(self) -> None:
        """Let frames go straight to the file, or not."""
        if self.outage.reason is None:
            slow = "slow" if self.slow.is_on else None
            self.file.failing = "limit" if self.sieve.is_on else slow

    def _rescue(self, frames: list[bytes], error: OSError) -> None:
        """The disk refused frames that the thread for slow disks was writing."""
        self.outage.begin(error)
        for each in frames:
            self.outage.hold(each)

    def _turn_slowly(self) -> None:
        """The thread for slow disks has written: maybe a segment is full."""
        if self.file.room < self.file.turn_at:
            self.turn()

    def sync(self) -> None:
        """Make what was written outlive a power loss. May block.

        After a failure what comes goes to a segment of its own; the one that may have suffered
        stays, as every segment does, until the server has all of it.
        """
        try:
            self.slow.timed(self.file.sync)
        except OSError:
            self.roll()

    def tell_losses(self) -> None:
        """A LOSS record for each reason, of what was lost since the last one."""
        if self.outage.reason is None or self.outage.for_ever:
            for loss in (*self.tally.untold(self.sieve.detail), *self.sieve.untold()):
                self.write(wire.Kind.LOSS, wire.encode(loss))

    def account(self) -> None:
        """Say what was given so far, and what of it was lost: a TALLY record."""
        for each in self.sieve.settle(all_of_it=True):
            self._place(each)
        self.slow.wait(END_SECONDS)
        if self.outage.is_on:
            self.probe(wait=0.5)
        self.tell_losses()
        self.write(wire.Kind.TALLY, wire.encode(self.tally.record()))

    def end(self) -> None:
        """Account, and refuse every write from now on; what still waits is counted as lost."""
        if self.outage.is_on:
            self.probe(wait=0.5)
        self.reserve.end()
        if self.outage.is_on and not self.outage.for_ever:
            # The rows that wait are lost, but not the account of it.
            self.outage.give_rows_up()
        self.account()
        for line in self.sieve.words():
            self._tell(line)
        self._ended = True
        if not self.outage.for_ever:
            self.outage.give_up()
        if self.slow.end():
            self.file.retire()
