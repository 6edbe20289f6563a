"""Staging: a file as it was, put aside in the run's folder until it is sent.

A regular file is opened once, looked at before and after it was read, and told by the digest of
what was read. Anything else that has a name (a pipe, a socket, a device) is not opened at all.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wanllmdb.media.shelf import mime_of
from wanllmdb.values import text

FOLDER: Final = ".staged"  # of the folder of the run's files
MAX_FILE_BYTES: Final = 1024**3  # as much as a server takes
MAX_NAME_BYTES: Final = 1024
_CHUNK: Final = 1024 * 1024
_UNTOLD_BYTES: Final = 16 * 1024 * 1024  # of a file that says it is empty: those of /proc do
_TEXTS: Final = frozenset(
    (  # noqa: SIM905 - a page of words reads better than a column of them
        ".cfg .conf .csv .err .ini .log .md .out .py .rst .sh .toml .tsv .txt .xml .yaml .yml"
    ).split()
)

_counter = itertools.count()


class UnkeepableError(Exception):
    """The file cannot be kept; the message says why.

    Attributes:
        is_gone: there is no such file.
    """

    def __init__(self, message: str, *, is_gone: bool = False) -> None:
        super().__init__(message)
        self.is_gone = is_gone


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells a file from what it was before."""

    device: int
    number: int
    size: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that was put aside.

    Attributes:
        at: where it lies, below the folder of the run's files.
        digest: SHA-256 of what was read, in hex.
        size: of what was read, in bytes.
        stamp: of the file, before it was read.
        is_whole: it did not change while it was read.
    """

    at: str
    digest: str
    size: int
    stamp: Stamp
    is_whole: bool

    def record(self, name: str) -> dict[str, Any]:
        """As the wire says it."""
        return {
            "path": name,
            "digest": self.digest,
            "size": self.size,
            "mime": mime(name),
            "at": self.at,
        }


def mime(name: str) -> str:
    """The type of a file of this name."""
    suffix = Path(name).suffix.lower()
    return "text/plain" if suffix in _TEXTS else mime_of(suffix)


def stamp_of(path: Path) -> Stamp:
    """What the file is now.

    Raises:
        UnkeepableError: it is none, none that is regular, or too large.
    """
    try:
        return _stamp(path.stat())
    except OSError as error:
        raise _why(error) from error


def stage(path: Path, folder: Path) -> Staged:
    """Put a file aside, below the folder of the run's files.

    Raises:
        UnkeepableError: it cannot be read, or there is no room.
    """
    stamp_of(path)  # a pipe is not even opened
    at = f"{FOLDER}/{os.getpid()}-{time.time_ns():x}-{next(_counter)}"
    target = folder / at
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return _copied(path, target, at)
    except (UnkeepableError, OSError) as error:
        with contextlib.suppress(OSError):
            target.unlink()
        raise error if isinstance(error, UnkeepableError) else _why(error) from error


def _copied(path: Path, target: Path, at: str) -> Staged:
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    digest, size = hashlib.sha256(), 0
    with open(os.open(path, flags), "rb", buffering=0) as source, target.open("xb") as copy:
        before = _stamp(os.fstat(source.fileno()))
        # No more than there was: somebody may write faster than this reads.
        most = before.size or _UNTOLD_BYTES
        while chunk := source.read(min(_CHUNK, most - size)):
            size += len(chunk)
            digest.update(chunk)
            copy.write(chunk)
        after = _stamp(os.fstat(source.fileno()))
    is_whole = before == after and (size == before.size or before.size == 0)
    return Staged(at, digest.hexdigest(), size, before, is_whole)


def _stamp(found: os.stat_result) -> Stamp:
    if not stat.S_ISREG(found.st_mode):
        raise UnkeepableError("it is no regular file")
    if found.st_size > MAX_FILE_BYTES:
        raise UnkeepableError(_too_large(found.st_size))
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _too_large(size: int) -> str:
    return f"it has {size:,} bytes; at most {MAX_FILE_BYTES:,} are kept"


def _why(error: OSError) -> UnkeepableError:
    gone = error.errno in {errno.ENOENT, errno.ENOTDIR}
    return UnkeepableError(error.strerror or str(error), is_gone=gone)


def name_fault(name: str) -> str | None:
    """Why no file of a run can have this name; None if it can."""
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"its name has more than {MAX_NAME_BYTES:,} bytes"
    if "\\" in name or any(char < " " or char == "\x7f" for char in name):
        return "its name has a backslash or a control character in it"
    return None


def name_of(parts: str) -> str:
    """A relative path as the name of a file; what is no text in it is written out."""
    return text(parts)
