"""What writers leave in a run's directory: segments, what is acknowledged, who lives.

For each writer there are, in ``<spool root>/<run>/``:

* ``<writer>-<n>.seg``: its segments, in order of writing;
* ``<writer>.ack``: 32 bytes, replaced by rename and never written in place. If it is lost,
  everything is sent again, and the server keeps each record once;
* ``<writer>.lock``: locked by the writing process for as long as it lives. The kernel lets
  go of it when the process dies, however it dies. It is touched every few seconds, for those
  who cannot see the lock from where they are;
* ``<writer>.relay``: locked by who sends for a writer that reaches no server.

``rejected.seg`` holds the records that a server refused for good.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

from wanllmdb import segment

ACK_MAGIC: Final = b"WLAK"
ACK_VERSION: Final = 1
_ACK: Final = struct.Struct("<4sB3xQQ4x")
_CHECK: Final = struct.Struct("<I")

REJECTED: Final = "rejected.seg"
RELAY: Final = ".relay"  # the lock of who sends for a writer that cannot
PULSE_SECONDS: Final = 5.0  # a writer touches its lock so often


class Mark(NamedTuple):
    """How far a writer's journal has come.

    Args (fields):
        position: what the server said it holds; the next batch starts here.
        done: what needs no sending any more. It is ahead of `position` when the records
            between were refused for good.
    """

    position: int = 0
    done: int = 0


def segments(directory: Path, writer: str) -> list[Path]:
    """A writer's segments that are there, in order of writing."""
    prefix = f"{writer}-"
    found = [
        path
        for path in _files(directory)
        if path.name.startswith(prefix) and _writer_of(path.name) == writer
    ]
    return sorted(found, key=segment.number_of)


def writers(directory: Path) -> list[str]:
    """Who has segments in this directory, oldest first."""
    found = {_writer_of(path.name) for path in _files(directory)}
    return sorted(name for name in found if name)


def read_mark(directory: Path, writer: str) -> Mark:
    """How far this writer was acknowledged; zero if nothing readable says so."""
    try:
        content = (directory / f"{writer}.ack").read_bytes()
    except FileNotFoundError:
        return Mark()
    if len(content) != _ACK.size + _CHECK.size:
        return Mark()
    magic, version, position, done = _ACK.unpack_from(content)
    whole = _CHECK.unpack_from(content, _ACK.size)[0] == crc32(content[: _ACK.size])
    if not whole or magic != ACK_MAGIC or version != ACK_VERSION:
        return Mark()
    return Mark(position, done)


def write_mark(directory: Path, writer: str, mark: Mark) -> None:
    """Replace what `read_mark` answers, in one step."""
    content = _ACK.pack(ACK_MAGIC, ACK_VERSION, mark.position, mark.done)
    # The pid keeps two processes that drain one journal from writing into one file.
    draft = directory / f"{writer}.{os.getpid()}.tmp"
    draft.write_bytes(content + _CHECK.pack(crc32(content)))
    draft.replace(directory / f"{writer}.ack")


def quarantine(directory: Path, content: bytes) -> None:
    """Keep the frame of a record that a server refused for good, for people to look at."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(directory / REJECTED, flags, 0o600)
    try:
        os.write(fd, content)
    finally:
        os.close(fd)


def forget(directory: Path, writer: str) -> None:
    """Remove every file of this writer, and the directory when nothing is left in it."""
    for path in segments(directory, writer):
        path.unlink(missing_ok=True)
    # Drafts are what a process was just making when it was killed.
    for pattern in ("-*.new", ".*.tmp", ".reserve", ".ack", ".lock", RELAY):
        for path in directory.glob(glob.escape(writer) + pattern):
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # others still have files here
        directory.rmdir()


def lock(directory: Path, writer: str, *, suffix: str = ".lock") -> int | None:
    """The lock that says "alive", as a descriptor to close; None if another process holds it.

    Where the file system has no locks the descriptor holds nothing, and nobody is refused.
    None, too, if another process removed the directory, having sent everything.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        fd = os.open(directory / f"{writer}{suffix}", flags, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except OSError:
        return fd
    return fd


def unlock(fd: int) -> None:
    """Let go of a lock, at once also where a process that was just begun has the descriptor still.

    Between fork and exec it has all descriptors, whatever they say of themselves.
    """
    with contextlib.suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_UN)
    os.close(fd)


def is_alive(directory: Path, writer: str) -> bool:
    """Whether a process holds this writer's lock: it writes, or it sends."""
    if not (directory / f"{writer}.lock").exists():
        return False
    fd = lock(directory, writer)
    if fd is not None:
        os.close(fd)
    return fd is None


def pulse(directory: Path, writer: str) -> float:
    """When this writer last gave a sign, in seconds since the epoch by the disk's clock."""
    signs = [directory / f"{writer}.lock", *segments(directory, writer)[-1:]]
    found = [0.0]
    for path in signs:
        with contextlib.suppress(FileNotFoundError):
            found.append(path.stat().st_mtime)
    return max(found)


def _files(directory: Path) -> Iterator[Path]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.name.endswith(segment.SUFFIX):
                    yield directory / entry.name
    except FileNotFoundError:
        return


def _writer_of(name: str) -> str:
    writer, _, number = name.removesuffix(segment.SUFFIX).rpartition("-")
    return writer if number.isdecimal() else ""
