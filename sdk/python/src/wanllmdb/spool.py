"""Spool: the journal on disk that holds what was logged until a server has it.

`append` and `append_values` are the whole of what `log()` waits for: one frame, one `write`. A
record that was appended survives the death of this process, however it dies. No lock is on
that path, so any thread, a signal handler or a finaliser may append while another append is
under way, and a fork copies no lock that somebody held.

After a fork the child becomes a writer of its own at its first append; the parent's files
stay the parent's. When the disk refuses, records wait in a bounded ring in memory, the next
segment is tried once a second, and what the ring cannot hold is counted in `lost` and told
to the server by a record of kind LOSS. Nothing here ever raises into the caller of `append`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import time
import weakref
from binascii import hexlify
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from wanllmdb import frame, journal, wire
from wanllmdb.birthmark import Birthmark, birthmark
from wanllmdb.limit import Level
from wanllmdb.memory import MemoryFollower
from wanllmdb.moulds import Misfit, Mould, Moulds
from wanllmdb.pen import Pen

SEGMENT_BYTES: Final = 16 * 1024 * 1024

# Bound once: the path of `append` looks nothing up in a module.
_write = os.write
_frame = frame.frame
_VALUES: Final = int(wire.Kind.VALUES)
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
        memory: reads the journal where it does not lie on a disk; None where it does.
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
        most_bytes: int | None,
        tell: Callable[[str], None],
    ) -> None:
        self.directory = directory
        self.writer = writer
        self.moulds = Moulds()
        self.memory: MemoryFollower | None = None
        self._header = dict(header)
        self._run = run
        self._clock_ns = clock_ns
        self._segment_bytes = segment_bytes
        self._most_bytes = most_bytes
        self._tell = tell
        self._closed = False
        self._ours: Birthmark = _NOT_OURS  # its byte is 1 while this process may append
        self._lock_fd: int | None = None
        self._beginning = threading.Lock()
        self._begun = False
        self._pulse_at = 0.0
        self._pen = self._new_pen()

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
        most_bytes: int | None = 0,
        tell: Callable[[str], None] = lambda _: None,
        insist: bool = True,
        in_memory: bool = False,
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
            most_bytes: what the directory may take; see `Limit`.
            tell: tells the user what becomes of the journal, from the thread that calls `tend`.
            insist: raise if nothing can be written. If not, records wait in memory from the
                first on, and the disk is tried again and again.
            in_memory: there is no disk: records wait in memory until somebody reads `memory`.

        Raises:
            OSError: nothing can be written there.
        """
        if not in_memory:
            with contextlib.suppress(OSError):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        spool = cls(
            directory,
            header,
            writer=writer,
            run=run,
            clock_ns=clock_ns,
            segment_bytes=segment_bytes,
            most_bytes=most_bytes,
            tell=tell,
        )
        try:
            if in_memory:
                spool._do_without_disk()
            else:
                spool._begin()
        except OSError as error:
            if insist:
                raise
            spool._pen.outage.begin(error)
        spool._go()
        _living.add(spool)
        return spool

    @property
    def appended(self) -> int:
        """How many records were kept, on disk or waiting for it; the RUN record is one."""
        return self._pen.tally.kept

    @property
    def lost(self) -> dict[str, int]:
        """How many records, and values of records, could not be kept, by reason."""
        return self._pen.lost

    @property
    def full(self) -> bool:
        """Whether there is no room for media just now."""
        return self._pen.sieve.limit.level >= Level.MEDIA

    @property
    def failing(self) -> str | None:
        """Why records may not go straight to the disk at this moment; None when they may."""
        return self._pen.file.failing

    @property
    def closed(self) -> bool:
        """Whether the journal has ended."""
        return self._closed

    @property
    def last_position(self) -> int:
        """A position not before any record that the calling thread appended to the disk."""
        return self._pen.file.position

    def append(self, kind: int, payload: bytes) -> bool:
        """Keep a record. True when it outlives this process from now on.

        False: it waits in memory, or it was lost and counted. Never raises, never waits for
        another thread, a server or a lock. `payload` is what `wire.encode` made.
        """
        if not self._ours[0]:
            return self._append_elsewhere(kind, payload)
        pen = self._pen
        try:
            content = _frame(kind, payload, pen.tally.number(kind))
        except Exception:  # noqa: BLE001  the training goes on whatever happens here
            pen.tally.lose("unspoolable", kind)
            return False
        except BaseException:
            pen.tally.waste(kind)
            raise
        return pen.put(content) if len(payload) <= _MAX else pen.hold(content)

    def append_values(self, mould: Mould, step: int, time_us: int, values: Iterable[Any]) -> bool:
        """Keep a row of numbers; as `append`, and a third of its price.

        Args:
            mould: one of `moulds.known`.
            step: of 64 bits.
            time_us: microseconds since the epoch.
            values: in the order of the mould's keys.

        Raises:
            Misfit: a value does not fit the mould, or is no number; nothing was kept.
        """
        if not self._ours[0]:
            return self._append_elsewhere(_VALUES, mould.payload(step, time_us, values))
        pen = self._pen
        try:
            count = pen.next() & _COUNTS
            content = mould.pack(mould.prefix, count, mould.sign, step, time_us, *values)
            mould.last = content
            content += crc32(content).to_bytes(4, "little")
        except BaseException as error:
            pen.tally.waste(_VALUES)
            if isinstance(error, Exception):
                raise Misfit(str(error)) from error
            raise
        file = pen.file
        try:
            if file.failing is None and _write(file.fd, content) == mould.size:
                file.room = room = file.room - mould.size
                if room < file.turn_at:
                    pen.turn()
                return True
        except OSError as error:
            return pen.put_off(content, error)
        return pen.put_again(content)

    def mould(self, row: Mapping[str, Any]) -> Mould | None:
        """A mould for a row, if its like came before; it is known from now on."""
        known = self.moulds.fitting(row)
        if known is None and self._ours[0]:
            return self._pen.mould(row)
        return known

    def roll(self) -> None:
        """Begin the next segment, unless another thread is just doing so."""
        self._pen.roll()

    def tend(self) -> None:
        """What a background thread does for the spool several times a second.

        Tries a disk that refused, begins a segment where one grew old, syncs. May block on
        the disk; never raises for it.
        """
        if not self._closed and self._ours[0]:
            self._show_pulse()
            self._pen.tend()
            if self._lock_fd is None and self.memory is None:
                self._lock()

    def sync(self) -> None:
        """Make what was appended outlive a power loss. Blocks; not for the training's thread."""
        self._pen.sync()

    def close(self, *, release: bool = True) -> None:
        """End the journal. What is appended afterwards is counted as lost, not kept.

        Args:
            release: let other processes send what is left. A `Sender` that goes on sending
                passes False, and calls `release` when it is done.
        """
        if not self._closed and self._ours[0]:
            self._closed = True
            self._pen.end()
            self._ours[0] = 0
        if release:
            self.release()

    def release(self) -> None:
        """Let other processes send what is left in this journal."""
        fd, self._lock_fd = self._lock_fd, None
        if fd is not None:
            journal.unlock(fd)

    def discard(self) -> None:
        """Close the journal and remove it: its run was refused and never began."""
        self.close()
        journal.forget(self.directory, self.writer)

    # What follows is off the path of `append`.

    def _show_pulse(self) -> None:
        """A sign of life for those who cannot see the lock (`wanllmdb.lookout`)."""
        now = time.monotonic()
        if now - self._pulse_at >= journal.PULSE_SECONDS and self._lock_fd is not None:
            self._pulse_at = now
            with contextlib.suppress(OSError):
                os.utime(self._lock_fd)

    def _new_pen(self) -> Pen:
        return Pen(
            self.directory,
            self._header,
            writer=self.writer,
            moulds=self.moulds,
            clock_ns=self._clock_ns,
            segment_bytes=self._segment_bytes,
            most_bytes=self._most_bytes,
            tell=self._tell,
        )

    def _begin(self) -> None:
        """Be the writer, in the process that calls. Raises `OSError`."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock_fd = journal.lock(self.directory, self.writer)
        self._pen.advance()

    def _do_without_disk(self) -> None:
        outage = self._pen.outage
        outage.begin(OSError(errno.EROFS, "there is no disk"), for_ever=True)
        self.memory = MemoryFollower(outage.ring, self.moulds.form)

    def _lock(self) -> None:
        """Say that the writer lives, where that could not be said when it began."""
        with contextlib.suppress(OSError):
            self._lock_fd = journal.lock(self.directory, self.writer)

    def _go(self) -> None:
        self._begun = True
        self._ours = birthmark()
        if self._run is not None:
            self.append(wire.Kind.RUN, self._run)

    def _append_elsewhere(self, kind: int, payload: bytes) -> bool:
        """The first append of a fork child, or an append after `close`."""
        pen = self._pen
        if self._closed:
            pen.tally.number(kind)
            pen.tally.lose("closed", kind)
            return False
        # A signal handler may interrupt the very append that holds the lock, so the wait is
        # bounded; what loses the race waits in memory until the next one wins.
        if not self._beginning.acquire(timeout=0.05):
            pen.outage.hold(_frame(kind, payload, pen.tally.number(kind)))
            return False
        try:
            if not self._ours[0]:
                self._become_child()
        finally:
            self._beginning.release()
        return self.append(kind, payload)

    def _become_child(self) -> None:
        """Be a writer of its own, child of the one that this process was forked from."""
        if self._begun:  # forked behind Python's back
            self._lay_down()
        waiting = self._pen.outage.ring.drop()
        self._header["parent"] = self.writer
        self.writer = new_writer()
        self._pen = pen = self._new_pen()
        try:
            self._begin()
        except OSError as error:
            # As on any disk that refuses: into memory, and tried again in a second.
            pen.outage.begin(error)
        self._go()
        for content in waiting:
            self.append(content[frame.KIND_AT], frame.payload_of(content))
        if util := sys.modules.get("multiprocessing.util"):
            # Such a child ends without `atexit`, and threads of it may log even afterwards.
            util.Finalize(None, self._account, exitpriority=-100)

    def _account(self) -> None:
        if not self._closed:
            self._pen.account()

    def _lay_down(self) -> None:
        """Let go of what belongs to the process that this one was forked from.

        Descriptors are not closed here: their numbers may be other files' by now. Right
        after the fork, where they cannot be, `_after_fork` closes them.
        """
        self._lock_fd = None
        self._begun = False
        self._pen = self._new_pen()

    def _after_fork(self) -> None:
        """In the child: no journal of the parent's is this process's, and no lock is held."""
        self._beginning = threading.Lock()
        self._ours = _NOT_OURS
        self._pen.file.abandon()
        if self._lock_fd is not None:
            with contextlib.suppress(OSError):
                os.close(self._lock_fd)
        self._lay_down()

    @staticmethod
    def after_fork() -> None:
        """Run in every fork child of a process that has a spool."""
        for spool in list(_living):
            spool._after_fork()


_living: weakref.WeakSet[Spool] = weakref.WeakSet()
os.register_at_fork(after_in_child=Spool.after_fork)
