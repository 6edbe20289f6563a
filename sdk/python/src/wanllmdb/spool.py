"""Spool: the journal on disk that holds what was logged until a server has it.

`append` and `append_values` are the whole of what `log()` waits for: one frame, one `write`. A
record that was appended survives the death of this process, however it dies. No lock is there,
so any thread, a signal handler or a finaliser may append while another append is under way,
and a fork copies no lock that somebody held.

After a fork the child becomes a writer of its own at its first append; the parent's files
stay the parent's. When the disk refuses, records wait in a bounded ring in memory, the next
segment is tried once a second, and what the ring cannot hold is counted in `lost` and told
to the server by a record of kind LOSS. Nothing here ever raises into the caller of `append`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
import time
import weakref
from binascii import hexlify
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from wanllmdb import frame, journal, segment, wire
from wanllmdb.birthmark import Birthmark, birthmark
from wanllmdb.moulds import Mould, Moulds
from wanllmdb.ring import Ring
from wanllmdb.segment_file import SegmentFile
from wanllmdb.tally import Tally

SEGMENT_BYTES: Final = 16 * 1024 * 1024
SEGMENT_SECONDS: Final = 600.0
RING_BYTES: Final = 32 * 1024 * 1024
PROBE_SECONDS: Final = 1.0
SYNC_SECONDS: Final = 1.0
SYNC_BYTES: Final = 4 * 1024 * 1024

# A segment names its forms again so often: a damaged page costs the rows on it, no others.
DECLARE_BYTES: Final = 1024 * 1024

# Bound once: the path of `append` looks nothing up in a module.
_write = os.write
_getpid = os.getpid
_frame = frame.frame
_VALUES: Final = int(wire.Kind.VALUES)
_FORM: Final = int(wire.Kind.FORM)
_MAX: Final = wire.MAX_RECORD_BYTES
_COUNTS: Final = 0xFFFFFFFF
_NOT_OURS: Final = bytearray(1)


def new_writer() -> str:
    """A name for a process incarnation, which no other ever had: pid, time, chance."""
    chance = hexlify(os.urandom(6)).decode()
    return f"{os.getpid():x}-{time.time_ns() // 1_000_000:x}-{chance}"


class Spool:
    """One writer's journal. The module says what it promises.

    Attributes:
        directory: where the files of the run lie.
        writer: this process incarnation; another one in a fork child that has appended.
        moulds: of rows that `append_values` may take.
        failing: why records wait in memory at this moment; None when the disk takes them.
    """

    def __init__(
        self,
        directory: Path,
        header: Mapping[str, Any],
        *,
        writer: str,
        run: bytes | None,
        clock_ns: Callable[[], int],
        segment_bytes: int,
    ) -> None:
        self.directory = directory
        self.writer = writer
        self.failing: str | None = None
        self.moulds = Moulds()
        self._header = dict(header)
        self._run = run
        self._clock_ns = clock_ns
        self._segment_bytes = segment_bytes
        self._closed = False
        self._tally = Tally()
        self._ours: Birthmark = _NOT_OURS  # its byte is 1 while this process may append
        self._file = SegmentFile(directory, writer)
        self._lock_fd: int | None = None
        self._rolling = threading.Lock()
        self._ring = Ring(RING_BYTES)
        self._room = self._synced_room = segment_bytes
        self._turn_at = 0
        self._opened_at = self._synced_at = self._probe_at = self._pulse_at = 0.0

    @classmethod
    def create(
        cls,
        directory: Path,
        header: Mapping[str, Any],
        *,
        writer: str,
        run: bytes | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> Spool:
        """Begin a writer's journal in `directory`, which is made if it is missing.

        Args:
            directory: of the run: ``<spool root>/<run>``.
            header: what each segment says of itself. `run`, `project` and `owner` are what
                a later process needs to send it. `writer`, `pid`, `host`, `wall_ns` are added,
                and `parent` in a fork child.
            writer: a name that no other process incarnation has; `new_writer` makes one.
            run: the payload of the RUN record, which becomes the first record of this
                writer, and of the writer that each fork child becomes.
            clock_ns: nanoseconds since the epoch.
            segment_bytes: beyond this size the next segment begins.

        Raises:
            OSError: nothing can be written there.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        spool = cls(
            directory,
            header,
            writer=writer,
            run=run,
            clock_ns=clock_ns,
            segment_bytes=segment_bytes,
        )
        spool._begin(writer)
        _living.add(spool)
        return spool

    @property
    def appended(self) -> int:
        """How many records were kept, on disk or waiting for it; the RUN record is one."""
        return self._tally.kept

    @property
    def lost(self) -> dict[str, int]:
        """How many records could not be kept, by reason."""
        return self._tally.lost

    @property
    def closed(self) -> bool:
        """Whether the journal has ended."""
        return self._closed

    @property
    def last_position(self) -> int:
        """A position not before any record that the calling thread appended to the disk."""
        return self._file.position

    def append(self, kind: int, payload: bytes) -> bool:
        """Keep a record. True when it outlives this process from now on.

        False: it waits in memory, or it was lost and counted. Never raises, never waits for
        another thread, a server or a lock. `payload` is what `wire.encode` made.
        """
        try:
            if not self._ours[0]:
                return self._append_elsewhere(kind, payload)
            content = _frame(kind, payload, self._tally.number(kind))
            return self._put(content) if len(payload) <= _MAX else self._hold(content)
        except Exception:  # noqa: BLE001  the training goes on whatever happens here
            self._tally.lose("unspoolable", kind)
            return False

    def append_values(
        self, mould: Mould, step: int, time_us: int, values: Iterable[Any]
    ) -> bool:
        """Keep a row of numbers; as `append`, and a third of its price.

        Args:
            mould: one of `moulds.known`.
            step: of 64 bits.
            time_us: microseconds since the epoch.
            values: in the order of the mould's keys.

        Raises:
            Exception: a value does not fit the mould, or is no number; nothing was kept.
        """
        if not self._ours[0]:
            return self._append_elsewhere(_VALUES, mould.payload(step, time_us, values))
        count = self._tally.next() & _COUNTS
        try:
            content = mould.pack(mould.prefix, count, mould.sign, step, time_us, *values)
        except Exception:
            self._tally.waste()
            raise
        mould.last = content
        content += crc32(content).to_bytes(4, "little")
        try:
            if self.failing is None and _write(self._file.fd, content) == mould.size:
                self._room = room = self._room - mould.size
                if room < self._turn_at:
                    self._turn()
                return True
        except OSError as error:
            self._fail(error.errno)
            return self._hold(content)
        return self._put_again(content)

    def roll(self) -> None:
        """Begin the next segment, unless another thread is just doing so."""
        if not self._rolling.acquire(blocking=False):
            return
        try:
            self._next_segment()
        except OSError:
            # The old segment goes on, and the next is tried again some way further.
            self._room = self._segment_bytes // 16
        finally:
            self._rolling.release()

    def tend(self) -> None:
        """What a background thread does for the spool several times a second.

        Tries a disk that refused, begins a segment where one grew old, syncs. May block on
        the disk; never raises for it.
        """
        if self._closed or not self._ours[0]:
            return
        now = time.monotonic()
        if now - self._pulse_at >= journal.PULSE_SECONDS and self._lock_fd is not None:
            self._pulse_at = now
            with contextlib.suppress(OSError):
                os.utime(self._lock_fd)
        if self.failing is not None or self._ring:
            self._probe(now)
        elif now - self._opened_at > SEGMENT_SECONDS and self._room < self._segment_bytes:
            self.roll()
        unsynced = self._synced_room - self._room
        if unsynced >= SYNC_BYTES or now - self._synced_at >= SYNC_SECONDS:
            self._synced_at = now
            if unsynced or self._file.unsynced:
                self.sync()

    def sync(self) -> None:
        """Make what was appended outlive a power loss. Blocks; not for the training's thread."""
        room = self._room
        try:
            self._file.sync()
        except OSError:
            # What the kernel could not write back it may have dropped: what comes from now
            # on goes to a file of its own.
            self.roll()
        else:
            self._synced_room = room

    def close(self, *, release: bool = True) -> None:
        """End the journal. What is appended afterwards is counted as lost, not kept.

        Args:
            release: let other processes send what is left. A `Sender` that goes on sending
                passes False, and calls `release` when it is done.
        """
        if not self._closed and self._ours[0]:
            if self.failing is not None or self._ring:
                self._probe(time.monotonic())
            self._tell_losses()
            self.append(wire.Kind.TALLY, wire.encode(self._tally.record()))
            self._closed = True
            self._tally.lose_frames("disk", self._ring.drop())
            self._ours[0] = 0
            self._file.retire()
        if release:
            self.release()

    def release(self) -> None:
        """Let other processes send what is left in this journal."""
        fd, self._lock_fd = self._lock_fd, None
        if fd is not None:
            os.close(fd)

    def discard(self) -> None:
        """Close the journal and remove it: its run was refused and never began."""
        self.close()
        journal.forget(self.directory, self.writer)

    # What follows is off the path of `append`.

    def _begin(self, writer: str) -> None:
        """Become this writer, in the process that calls. Raises `OSError`."""
        self.writer = writer
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock_fd = journal.lock(self.directory, writer)
        self._file = SegmentFile(self.directory, writer)
        self._next_segment()
        self._ours = birthmark()
        if self._run is not None:
            self.append(wire.Kind.RUN, self._run)

    def _put(self, content: bytes) -> bool:
        """Write a frame, or hold it; True if it is on the disk."""
        if self.failing is not None:
            return self._hold(content)
        try:
            if _write(self._file.fd, content) != len(content):
                return self._put_again(content)
        except OSError as error:
            self._fail(error.errno)
            return self._hold(content)
        self._room = room = self._room - len(content)
        if room < self._turn_at:
            self._turn()
        return True

    def _put_again(self, content: bytes) -> bool:
        """A frame is on the disk in part, which readers pass over, or not at all."""
        if self.failing is None:
            self._fail(errno.ENOSPC)
        return self._hold(content)

    def _turn(self) -> None:
        """The segment is full, or it is time to name the forms in it again."""
        if self._room < 0:
            self.roll()
            return
        self._turn_at = max(0, self._room - DECLARE_BYTES)
        for declared in self.moulds.declarations():
            self.append(_FORM, declared)

    def mould(self, row: Mapping[str, Any]) -> Mould | None:
        """A mould for a row, if its like came before; it is known from now on.

        A new one takes a lock for a moment: no segment begins while a form is being declared.
        """
        known = self.moulds.fitting(row)
        if known is not None:
            return known
        form = self.moulds.wanted(row)
        if form is None or not self._ours[0] or not self._rolling.acquire(timeout=0.05):
            return None
        try:
            mould = self.moulds.cast(form)
            declared = frame.declaration(mould.number, form)
            for _ in range(2):  # a flipped bit damages one of them
                self.append(_FORM, declared)
            self.moulds.keep(mould)
        finally:
            self._rolling.release()
        return mould

    def _append_elsewhere(self, kind: int, payload: bytes) -> bool:
        """The first append of a fork child, or an append after `close`."""
        if self._closed:
            self._tally.number(kind)
            self._tally.lose("closed", kind)
            return False
        # A signal handler may interrupt the very append that holds the lock, so the wait is
        # bounded; what loses the race is held in memory until the next one wins.
        if not self._rolling.acquire(timeout=0.05):
            return self._hold(_frame(kind, payload, self._tally.number(kind)))
        try:
            if not self._ours[0]:
                self._become_child()
        finally:
            self._rolling.release()
        return self.append(kind, payload)

    def _become_child(self) -> None:
        self._forget_parent()
        self._header["parent"] = self.writer
        try:
            self._begin(new_writer())
        except OSError as error:
            # As on any disk that refuses: into memory, and tried again in a second.
            self._fail(error.errno)
            self._ours = birthmark()
            if self._run is not None:
                self.append(wire.Kind.RUN, self._run)

    def _forget_parent(self) -> None:
        """Let go of what belongs to the process that this one was forked from.

        Descriptors are not closed here: their numbers may be other files' by now. Right
        after the fork, where they cannot be, `_after_fork` closes them.
        """
        self._file = SegmentFile(self.directory, self.writer)
        self._lock_fd = None
        self._ring = Ring(RING_BYTES)
        self.failing = None
        self._tally = Tally()

    def _next_segment(self) -> None:
        added = {
            "writer": self.writer,
            "pid": _getpid(),
            "host": socket.gethostname(),
            "wall_ns": self._clock_ns(),
        }
        content = [segment.header(self._header | added)]
        content += [
            _frame(_FORM, declared, self._tally.number(_FORM))
            for declared in self.moulds.declarations()
        ]
        self._file.advance(b"".join(content))
        self._room = self._synced_room = self._segment_bytes
        self._turn_at = max(0, self._segment_bytes - DECLARE_BYTES)
        self._opened_at = time.monotonic()

    def _fail(self, number: int | None) -> None:
        if self.failing is None:
            self._probe_at = time.monotonic() + PROBE_SECONDS
            self.failing = errno.errorcode.get(number or errno.EIO, "EIO")

    def _hold(self, content: bytes) -> bool:
        """Keep a frame in memory until the disk takes it; True if it just did."""
        if len(content) > _MAX + frame.FRAME_BYTES:
            self._tally.lose_frames("too-large", [content])
            return False
        held = not self._closed and self._ring.hold(content)
        if not held:
            self._tally.lose_frames("disk", [content])
        now = time.monotonic()
        if now >= self._probe_at:
            self._probe(now)
        return held and self.failing is None and not self._ring

    def _probe(self, now: float) -> None:
        """Try whether the disk takes records again, with a segment of its own."""
        if not self._rolling.acquire(blocking=False):
            return
        try:
            self._probe_at = now + PROBE_SECONDS
            if self.failing is not None:
                self._next_segment()
            self._ring.empty_into(self._write)
            self.failing = None
            self._ring.empty_into(self._write)  # what came while the first emptying ran
        except OSError as error:
            self._fail(error.errno)
        finally:
            self._rolling.release()
        if self.failing is None:
            self._tell_losses()

    def _write(self, content: bytes) -> int:
        self._room -= len(content)
        return _write(self._file.fd, content)

    def _tell_losses(self) -> None:
        """A LOSS record for each reason, of what was lost since the last one."""
        if self.failing is None:
            for loss in self._tally.untold():
                self.append(wire.Kind.LOSS, wire.encode(loss))

    def _after_fork(self) -> None:
        """In the child: no journal of the parent's is this process's, and no lock is held."""
        self._rolling = threading.Lock()
        self._ours = _NOT_OURS
        self._file.abandon()
        if self._lock_fd is not None:
            with contextlib.suppress(OSError):
                os.close(self._lock_fd)
        self._forget_parent()

    @staticmethod
    def after_fork() -> None:
        """Run in every fork child of a process that has a spool."""
        for spool in list(_living):
            spool._after_fork()


_living: weakref.WeakSet[Spool] = weakref.WeakSet()
os.register_at_fork(after_in_child=Spool.after_fork)
