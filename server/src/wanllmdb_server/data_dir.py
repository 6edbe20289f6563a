"""The data directory: everything that a server keeps, and locks that say whose it is.

Two servers on one directory would each believe that they alone know what is acknowledged. A
server may be several processes, so there is a lock for each part that one of them answers for:
a process takes those of its role, the one of everything takes all, and whoever finds one taken
does not start. A lock is held by the open file, so it ends with the process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from wanllmdb_server import storing

Part = Literal["api", "metrics", "worker"]

# What is held with each part, and how many seconds a process waits for it: somebody looks for
# a moment whether a lock is held, and an API does a chore that nobody else does.
_HELD: Final[dict[Part, tuple[str, float]]] = {
    "api": ("catalog", 0.2),
    "metrics": ("metrics", 0.2),
    "worker": ("chores", 3.0),
}
EVERYTHING: Final[tuple[Part, ...]] = ("api", "metrics", "worker")
_LISTENERS: Final[tuple[Part, ...]] = ("api", "metrics")


class DataDirError(Exception):
    """The data directory cannot be used; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a part: `since` is when it began to listen, None if it does not yet."""

    pid: str
    since: int | None


class PartLock:
    """The lock of one part of a data directory."""

    def __init__(self, directory: Path, part: Part) -> None:
        self.part: Part = part
        self._directory = directory
        self._path = directory / f"{part}.lock"
        self._handle: int | None = None

    def take(self) -> None:
        """Take the part for this process alone.

        Raises:
            DataDirError: another server holds it.
        """
        what, patience = _HELD[self.part]
        end = time.monotonic() + patience
        handle = self._open()
        while not _locked(handle, fcntl.LOCK_EX):
            if time.monotonic() >= end:
                pid = _read(handle).pid
                os.close(handle)
                raise DataDirError(
                    f"The data directory {self._directory} is in use by another server "
                    f"(process {pid}), which holds its {what}. "
                    "Stop that one, or choose another directory with --data-dir."
                )
            time.sleep(0.02)
        self._handle = handle
        _write(handle, f"{os.getpid()}\n")

    def tell(self, since: int) -> None:
        """Say since when this process listens, in microseconds since the epoch."""
        if self._handle is not None:
            _write(self._handle, f"{os.getpid()} {since}\n")

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[bool]:
        """Keep the part from being taken while the block runs; false: somebody holds it."""
        handle = self._open()
        try:
            yield _locked(handle, fcntl.LOCK_SH)
        finally:
            os.close(handle)

    def holder(self) -> Holder | None:
        """Who holds the part, in this process or another; None if nobody does."""
        handle = self._open()
        try:
            return None if _locked(handle, fcntl.LOCK_SH) else _read(handle)
        finally:
            os.close(handle)

    def release(self) -> None:
        """Let the part go; to do so twice is no error."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


class DataDir:
    """A data directory of which this process holds some parts, from `hold` to `release`."""

    def __init__(self, path: Path, parts: Sequence[Part] = EVERYTHING) -> None:
        self.path = path
        self._locks = [PartLock(path, part) for part in parts]

    @property
    def catalog(self) -> Path:
        """The file of the catalog."""
        return self.path / "catalog.db"

    @property
    def metrics(self) -> Path:
        """The folder of the metric store."""
        return self.path / "metrics"

    @property
    def blobs(self) -> Path:
        """The folder of the blob store."""
        return self.path / "blobs"

    @property
    def arrivals(self) -> Path:
        """The lock that keeps apart who puts bytes and who drops them."""
        return self.path / "arrivals.lock"

    def make(self) -> None:
        """Make the directory, for this OS user alone.

        Raises:
            DataDirError: it cannot be made or written to.
        """
        try:
            storing.make(self.path)
        except OSError as error:
            raise DataDirError(
                f"The data directory {self.path} cannot be made: {error.strerror}. "
                "Choose another with --data-dir."
            ) from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise DataDirError(
                f"The data directory {self.path} cannot be written to. "
                "Choose another with --data-dir."
            )

    def hold(self) -> None:
        """Take the parts for this process.

        Raises:
            DataDirError: another server holds one of them.
        """
        self.make()
        try:
            for lock in self._locks:
                lock.take()
        except DataDirError:
            self.release()
            raise

    def release(self) -> None:
        """Let the parts go; to do so twice is no error."""
        for lock in self._locks:
            lock.release()

    def tell(self, since: int) -> None:
        """Say that this process listens, and since when."""
        for lock in self._locks:
            lock.tell(since)

    def listening_since(self, now: int) -> int:
        """Since when every process that hears of runs has been there; now if one is not."""
        since: list[int] = []
        for part in _LISTENERS:
            found = PartLock(self.path, part).holder()
            since.append(now if found is None or found.since is None else found.since)
        return max(since)

    def internal_key(self) -> str:
        """What the processes of this server show to each other; made when first asked for.

        Raises:
            DataDirError: others can read it.
        """
        path = self.path / "internal.key"
        if not path.exists():
            _leave(path, f"wli-{secrets.token_urlsafe(32)}\n")
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise DataDirError(
                f"The key {path} can be read by others. Remove it and start every process of "
                "the server anew: another one is made."
            )
        return path.read_text(encoding="ascii").strip()

    def __enter__(self) -> Self:
        self.hold()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _locked(handle: int, how: int) -> bool:
    """Whether the open file could be locked at once."""
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read(handle: int) -> Holder:
    words = os.pread(handle, 64, 0).decode("ascii", "replace").split()
    since = int(words[1]) if len(words) > 1 and words[1].isdecimal() else None
    return Holder(words[0] if words else "unknown", since)


def _write(handle: int, line: str) -> None:
    os.pwrite(handle, line.encode(), 0)
    os.ftruncate(handle, len(line))


def _leave(path: Path, content: str) -> None:
    """Leave a file there, whole and readable by this OS user alone, unless there is one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(content)
        with contextlib.suppress(FileExistsError):  # another process was quicker
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
