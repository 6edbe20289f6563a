"""The descriptor that a writer's frames go to, over all its segments.

Its number stays the same from segment to segment: `dup2` swaps the file under it in one step,
so a write that is under way ends in the old segment, the next one begins in the new, and none
meets a closed descriptor. Nothing here takes a lock; one thread at a time may `advance`.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections import deque
from pathlib import Path
from typing import Final

from wanllmdb import segment, wire

RETIRED: Final = 8
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW

# Descriptors of ended journals, turned to refuse every write. They are given back a few
# journals later, so that a write that was under way cannot hit a file that took the number.
_retired: deque[int] = deque()


class SegmentFile:
    """Where frames are written, and what of it is not yet safe from a power loss.

    Attributes:
        fd: what to write to; -1 while there is no segment.
        number: of the segment under `fd`; -1 before the first.
    """

    def __init__(self, directory: Path, writer: str) -> None:
        self.directory = directory
        self.writer = writer
        self.fd = -1
        self.number = -1
        self._inode: tuple[int, int] | None = None
        self._older: deque[int] = deque()
        self._listed = True  # the directory's entry of the newest segment is on the disk

    @property
    def unsynced(self) -> bool:
        """Whether there are segments that `sync` has not seen."""
        return not self._listed or bool(self._older)

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

    def advance(self, beginning: bytes) -> None:
        """Begin the next segment with these bytes: its header, and frames if any.

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
        self._listed = False
        while len(self._older) > RETIRED:  # nobody syncs: the kernel will, in its time
            os.close(self._older.popleft())

    def sync(self) -> None:
        """Make what was written outlive a power loss. Blocks. Raises `OSError`."""
        while self._older:
            fd = self._older.popleft()
            try:
                os.fdatasync(fd)
            finally:
                os.close(fd)
        if not self._listed:
            self._listed = True
            directory = os.open(self.directory, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        if self._is_ours():
            os.fdatasync(self.fd)

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


def _write_whole(fd: int, content: bytes) -> None:
    if os.write(fd, content) != len(content):
        raise OSError(errno.ENOSPC, "no room for it on the disk")
