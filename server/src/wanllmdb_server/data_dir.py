"""The data directory: everything that a server keeps, and a lock that says whose it is.

Two servers on one directory would each believe that they alone know what is acknowledged.
The lock is held by the open file, so it ends with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class DataDirError(Exception):
    """The data directory cannot be used; the message says why, and what to do."""


class DataDir:
    """A data directory that this process holds for itself, from `hold` to `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

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

    def make(self) -> None:
        """Make the directory, for this OS user alone.

        Raises:
            DataDirError: it cannot be made or written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        """Take the directory for this process.

        Raises:
            DataDirError: another server holds it.
        """
        self.make()
        handle = os.open(self.path / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise DataDirError(
                f"The data directory {self.path} is in use by another server (process {pid}). "
                "Stop that one, or choose another directory with --data-dir."
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Let the directory go; to do so twice is no error."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

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
