"""Checkpoints: SQLite's write-ahead log is kept short while many write.

SQLite begins the log anew when all of it stands in the file and nobody reads the log. On a busy
server there is always a transaction more, so what came while the log was moved into the file is
moved after it, until little enough is left to be moved while no one writes. That is done in a
thread of its own: no acknowledgement and no sealing waits for it, unless the log is so long that
there is nothing else to do.

How much of the log is in use is read from the log itself: frames that belong to it bear its
salts, and those behind are of an earlier round.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Final

from wanllmdb_server.crash_points import crash_point

PAGE: Final = 8192
LONG: Final = 44 * 1024 * 1024  # bytes in use; whoever writes more waits for the log to be shorter
PATIENCE_S: Final = 10.0  # but no longer than this, and not while somebody reads the log
SOON: Final = 16 * 1024 * 1024  # bytes in use, from which on it is moved into the file
_LITTLE: Final = 128  # pages that may be moved while nobody writes
_ROUNDS: Final = 6
_PAUSE_S: Final = 0.1  # before it is tried again, when somebody reads it

_HEAD_BYTES: Final = 32
_HEAD_SALTS: Final = slice(16, 24)
_FRAME_BYTES: Final = 24  # before each page
_WHOLE_FRAME: Final = _FRAME_BYTES + PAGE
_FRAME_SALTS: Final = slice(8, 16)

_logger = logging.getLogger(__name__)


class Checkpoints:
    """Keeps the write-ahead log of a database short.

    Args:
        path: of the log.
        connection: to the database, for this alone.
        write: held by whoever writes to the database.
        soon: bytes in use, from which on the log is moved into the file.
        long: bytes in use, beyond which writers wait.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        write: threading.Lock,
        *,
        soon: int = SOON,
        long: int = LONG,
    ) -> None:
        self._path = path
        self._connection = connection
        self._write = write
        self._soon = soon
        self._long = long
        self._file = -1
        self._going = True
        self._wanted = threading.Event()
        self._shorter = threading.Condition()
        self._moved: tuple[bytes, int] = b"", 0
        self._is_read = False  # by somebody, so that it cannot begin anew
        self._reading = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="metric-wal", daemon=True)

    def start(self) -> None:
        """Begin to keep it short."""
        self._thread.start()

    def close(self) -> None:
        """Stop; the database is closed next."""
        self._going = False
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def room(self) -> None:
        """Return when there is room for a transaction more; before, not while, writing."""
        used = self.used()
        if used > self._soon:
            self._wanted.set()
        if used > self._long and not self._is_read:
            with self._shorter:
                self._shorter.wait_for(
                    lambda: self._is_read or self.used() <= self._long, PATIENCE_S
                )

    def used(self) -> int:
        """How many bytes of the log are in use, about; none if all of it is in the file."""
        state = self._state()
        return 0 if state == self._moved else state[1] * _WHOLE_FRAME

    def _state(self) -> tuple[bytes, int]:
        """The salts of the log, and how many frames bear them."""
        with self._reading:
            head = self._read(0, _HEAD_BYTES)
            if len(head) < _HEAD_BYTES:
                return b"", 0
            low, high = 0, (os.fstat(self._file).st_size - _HEAD_BYTES) // _WHOLE_FRAME
            while low < high:  # frames up to `low` are in use, from `high` on none
                middle = (low + high) // 2
                salts = self._read(_HEAD_BYTES + middle * _WHOLE_FRAME, _FRAME_BYTES)[_FRAME_SALTS]
                if salts == head[_HEAD_SALTS]:
                    low = middle + 1
                else:
                    high = middle
            return head[_HEAD_SALTS], low

    def _read(self, at: int, size: int) -> bytes:
        if self._file < 0:
            try:
                self._file = os.open(self._path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            except FileNotFoundError:
                return b""
        os.lseek(self._file, at, os.SEEK_SET)
        return os.read(self._file, size)

    def shorten(self) -> None:
        """Move all that is in the log into the file, so that the next writer begins it anew."""
        for _ in range(_ROUNDS):
            moved = self._move()
            crash_point("checkpoint.moved")
            if self._state()[1] - moved <= _LITTLE:
                break
        with self._write:
            moved, state = self._move(), self._state()
        self._is_read = moved != state[1]
        if not self._is_read:
            self._moved = state  # until somebody writes, and begins the log anew
        with self._shorter:
            self._shorter.notify_all()

    def _move(self) -> int:
        """Move what can be moved; how many pages of the log are in the file then."""
        _, _, moved = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return moved

    def _work(self) -> None:
        while self._going:
            self._wanted.wait()
            self._wanted.clear()
            if not self._going or self.used() <= self._soon:
                continue
            try:
                self.shorten()
            except sqlite3.Error:
                _logger.exception("metrics: the write-ahead log cannot be moved now")
            if self.used() > self._soon and self._going:
                time.sleep(_PAUSE_S)
