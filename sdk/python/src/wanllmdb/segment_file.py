"""The descriptor that a writer's frames go to, over all its segments.

Its number stays the same from segment to segment: `dup2` swaps the file under it in one step,
so a write that is under way ends in the old segment, the next one begins in the new, and none
meets a closed descriptor. Nothing here takes a lock; one thread at a time may `advance`.

A segment begins with the forms that its rows may refer to, and they are due again each time
as much was written as before, up to a MiB: a damaged page costs the rows on it, and no others
but a few KiB of them in a segment that has just begun.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections import deque
from pathlib import Path
from typing import Final

from wanllmdb import segment, wire

RETIRED: Final = 8
# How far from each other a segment's declarations are, at first and at most.
FIRST_BYTES: Final = 8 * 1024
DECLARE_BYTES: Final = 1024 * 1024
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW

# Descriptors of ended journals, turned to refuse every write. They are given back a few
# journals later, so that a write that was under way cannot hit a file that took the number.
_retired: deque[int] = deque()


class SegmentFile:
    """Where frames are written, and what of it is not yet safe from a power loss.

    Attributes:
        fd: what to write to; -1 while there is no segment.
        number: of the segment under `fd`; -1 before the first.
        failing: why frames may not go straight to the file just now; None while they may.
        room: bytes that may still be written to the segment, about: threads count it at once.
        turn_at: at less room than this the forms are due again, or the next segment.
        opened_at: when the segment began, in monotonic seconds.
        suspect: a sync failed. What the kernel could not write back it may have dropped, and it
            says so only once; so no sync of this segment is believed any more.
    """

    def __init__(
        self,
        directory: Path,
        writer: str,
        *,
        limit: int,
    ) -> None:
        """Begin with no segment.

        Args:
            directory: of the run.
            writer: whose segments they are.
            limit: beyond this size the next segment is due.
        """
        self.directory = directory
        self.writer = writer
        self.fd = -1
        self.number = -1
        self.failing: str | None = None
        self.room = self._synced_room = limit
        self.turn_at = 0
        self.opened_at = 0.0
        self.suspect = False
        self._limit = limit
        self._inode: tuple[int, int] | None = None
        self._older: deque[int] = deque()
        self._listed = True  # the directory's entry of the newest segment is on the disk
        self._placed = False  # and so are the entries of the directories above it

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written to the segment since it began."""
        return self.room == self._limit

    @property
    def unsynced_bytes(self) -> int:
        """How much of the segment `sync` has not seen, about."""
        return self._synced_room - self.room

    @property
    def unsynced(self) -> bool:
        """Whether there is anything that `sync` has not seen."""
        return not self._listed or bool(self._older) or self.unsynced_bytes != 0

    @property
    def position(self) -> int:
        """The position at the end of what is written."""
        while True:
            number = self.number
            try:
                size = os.fstat(self.fd).st_size
            except OSError:
                size = 0
            if number == self.number:
                return max(number, 0) << wire.SEGMENT_SHIFT | size

    def write(self, content: bytes) -> int:
        """Write a frame; how much of it was written. Raises `OSError`."""
        self.room -= len(content)
        return os.write(self.fd, content)

    def declared(self, size: int) -> None:
        """The forms are being declared again, in about so many bytes: when they are due next."""
        distance = min(DECLARE_BYTES, max(FIRST_BYTES, self._limit - self.room))
        self.turn_at = max(0, self.room - max(distance, 8 * size))

    def advance(self, beginning: bytes) -> None:
        """Begin the next segment with its header and the forms.

        Raises:
            OSError: it cannot be made; what was there stays in use.
        """
        path = self.directory / segment.segment_name(self.writer, self.number + 1)
        # Under its name a segment is only ever seen with its beginning whole.
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        fd = os.open(draft, _FLAGS, 0o600)
        try:
            _write_whole(fd, beginning)
            stat = os.fstat(fd)
            draft.rename(path)
        except BaseException:
            os.close(fd)
            draft.unlink(missing_ok=True)
            raise
        if self._is_ours():
            self._older.append(os.dup(self.fd))
            os.dup2(fd, self.fd, inheritable=False)
            os.close(fd)
        else:
            self.fd = fd
        self._inode = (stat.st_dev, stat.st_ino)
        self.number += 1
        self.suspect = False
        self._listed = False
        self.room = self._synced_room = self._limit
        self.declared(len(beginning))
        self.opened_at = time.monotonic()
        while len(self._older) > RETIRED:  # nobody syncs: the kernel will, in its time
            os.close(self._older.popleft())

    def sync(self) -> None:
        """Make what was written outlive a power loss. Blocks. Raises `OSError`."""
        if self.suspect:
            raise OSError(errno.EIO, "an earlier sync of this segment failed")
        self.suspect = True  # until it has succeeded
        room = self.room
        while self._older:
            fd = self._older.popleft()
            try:
                os.fdatasync(fd)
            finally:
                os.close(fd)
        if not self._listed:
            self._listed = True
            _sync_directory(self.directory)
        if not self._placed:
            self._placed = True
            for parent in self.directory.absolute().parents:  # some may be as new as the run
                with contextlib.suppress(OSError):
                    _sync_directory(parent)
        if self._is_ours():
            os.fdatasync(self.fd)
        self.suspect = False
        self._synced_room = room

    def retire(self) -> None:
        """Refuse every write from now on."""
        while self._older:
            os.close(self._older.popleft())
        fd, ours = self.fd, self._is_ours()
        self.fd = -1
        if ours:
            nowhere = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            os.dup2(nowhere, fd, inheritable=False)
            os.close(nowhere)
            _retired.append(fd)
        while len(_retired) > RETIRED:
            os.close(_retired.popleft())

    def abandon(self) -> None:
        """Right after a fork, in the child: close what is the parent's, touching nothing."""
        for fd in (self.fd, *self._older):
            if fd >= 0:
                with contextlib.suppress(OSError):
                    os.close(fd)
        self.fd = -1
        self._older.clear()

    def _is_ours(self) -> bool:
        """Whether the descriptor still is the segment, not closed or taken by another file."""
        if self.fd < 0:
            return False
        try:
            stat = os.fstat(self.fd)
        except OSError:
            return False
        return (stat.st_dev, stat.st_ino) == self._inode


def _sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_whole(fd: int, content: bytes) -> None:
    if os.write(fd, content) != len(content):
        raise OSError(errno.ENOSPC, "no room for it on the disk")
