"""Recorder: what a process asks of the disk, in order, as events in a file of their own.

`install` wraps the calls of `os` that change files, and must be called before anything is
imported that binds them. Every call that succeeded is an event, with the time and what was
written; so is every row that the ledger knows of. `crash` makes disks of them.

The events are::

    write   inode, content          sync    path, inode, events it covers, seconds it took
    name    path, inode             mkdir   path        rename  old, new        unlink  path
    ledger  slot, rows              late    seconds by which a thread came late to run
    syncing path: a sync begins
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from tests.faults.ledger import SLOT_BYTES

BEAT_SECONDS: Final = 0.05
_LENGTH: Final = struct.Struct("<I")
_COUNT: Final = struct.Struct("<Q")


def install(log: str, root: str) -> None:
    """Record from now on what is done to files below `root`; events go to the file `log`."""
    _Recorder(log, root).install()


class _Recorder:
    def __init__(self, log: str, root: str) -> None:
        self._root = os.path.realpath(root)
        self._fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.RLock()
        self._count = 0
        self._put = os.write

    def install(self) -> None:
        for name in ("write", "pwrite", "open", "mkdir", "rename", "replace", "unlink"):
            self._wrap(name)
        for name in ("fsync", "fdatasync"):
            self._wrap_sync(name)
        threading.Thread(target=self._beat, daemon=True).start()

    def _event(self, *said: Any) -> None:
        content = msgspec.msgpack.encode((time.monotonic(), *said))
        self._put(self._fd, _LENGTH.pack(len(content)) + content)
        self._count += 1

    def _wrap(self, name: str) -> None:
        original = getattr(os, name)
        tell: Callable[..., None] = getattr(self, f"_tell_{name}")

        def recorded(*arguments: Any, **keywords: Any) -> Any:
            with self._lock:  # events are in the order of the calls
                result = original(*arguments, **keywords)
                tell(result, *arguments)
            return result

        setattr(os, name, recorded)

    def _wrap_sync(self, name: str) -> None:
        original = getattr(os, name)

        def recorded(fd: int) -> None:
            begin = self._count  # what came before is on the disk afterwards
            path = self._path(fd)
            if path:
                with self._lock:
                    self._event("syncing", path)
            started = time.monotonic()
            original(fd)
            took = time.monotonic() - started
            if path:
                with self._lock:
                    self._event("sync", path, os.fstat(fd).st_ino, begin, took)

        setattr(os, name, recorded)

    def _tell_write(self, written: int, fd: int, content: bytes) -> None:
        if self._path(fd):
            self._event("write", os.fstat(fd).st_ino, bytes(content[:written]))

    def _tell_pwrite(self, _: int, fd: int, content: bytes, offset: int) -> None:
        self._event("ledger", offset // SLOT_BYTES, _COUNT.unpack_from(content)[0])

    def _tell_open(self, fd: int, path: Any, flags: int, *_: Any) -> None:
        if flags & os.O_CREAT and (found := self._path(fd)):
            self._event("name", found, os.fstat(fd).st_ino)

    def _tell_mkdir(self, _: None, path: Any, *__: Any) -> None:
        if below := self._below(path):
            self._event("mkdir", below)

    def _tell_rename(self, _: None, old: Any, new: Any) -> None:
        if self._below(old) or self._below(new):
            self._event("rename", self._below(old), self._below(new))

    _tell_replace = _tell_rename

    def _tell_unlink(self, _: None, path: Any, *__: Any) -> None:
        if below := self._below(path):
            self._event("unlink", below)

    def _path(self, fd: int) -> str:
        try:
            return self._below(Path(f"/proc/self/fd/{fd}").readlink())
        except OSError:
            return ""

    def _below(self, path: Any) -> str:
        """The path below the root, "." for the root itself; empty for a path elsewhere."""
        full = os.path.abspath(os.fspath(path))  # noqa: PTH100 - no links are followed
        if full == self._root:
            return "."
        return full[len(self._root) + 1 :] if full.startswith(f"{self._root}/") else ""

    def _beat(self) -> None:
        """How late threads come to run on this machine: what no promise of seconds can know."""
        while True:
            before = time.monotonic()
            time.sleep(BEAT_SECONDS)
            with self._lock:
                self._event("late", time.monotonic() - before - BEAT_SECONDS)


def read(log: Path) -> list[list[Any]]:
    """The events of a recording: each is the time, the kind, and what it says."""
    content, at = log.read_bytes(), 0
    found: list[list[Any]] = []
    while at + _LENGTH.size <= len(content):
        (size,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        if at + size > len(content):
            break  # it was killed just then
        found.append(msgspec.msgpack.decode(content[at : at + size]))
        at += size
    return found
