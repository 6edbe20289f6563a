"""Tail: reads event files while they are written, from a thread of its own.

Only files that began after the run did are read, and of a folder that several processes share
only what lies in it: whoever asks for that says that all of it is of this run.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from wanllmdb.event_file import EventFile
from wanllmdb.guard import guarded
from wanllmdb.synced import Synced

POLL_SECONDS: Final = 1.0
END_SECONDS: Final = 20.0  # that the end of a run may take to read what is left
SLACK_SECONDS: Final = 2.0  # between the clock of a file system and ours
_BEGAN: Final = re.compile(r"tfevents\.(\d{10})\.")


class Tail:
    """Reads the event files below some folders into a run."""

    def __init__(self, synced: Synced) -> None:
        self._synced = weakref.proxy(synced)
        self._since = synced.run.start_time - SLACK_SECONDS
        self._folders: dict[str, bool] = {}
        self._files: dict[Path, EventFile] = {}
        self._ends: list[Callable[[], object]] = []
        self._over = threading.Event()
        self._reading = threading.Lock()
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="wanllmdb-tail", daemon=True)
        self._thread.start()

    def add(self, folder: str, *, deep: bool = False) -> None:
        """Read the files in a folder, and with `deep` those below it."""
        self._folders[folder] = deep or self._folders.get(folder, False)

    def before_end(self, call: Callable[[], object]) -> None:
        """Have something done before the files are read for the last time."""
        self._ends.append(call)

    def close(self) -> None:
        """Read what is left, and end."""
        self._over.set()
        if os.getpid() != self._pid:
            return
        for call in self._ends:
            with contextlib.suppress(Exception):  # the writer is gone
                call()
        self._poll(time.monotonic() + END_SECONDS)

    @guarded()
    def _run(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            self._poll(float("inf"))

    def _poll(self, end: float) -> None:
        with self._reading:
            for folder, file in list(self._found()):
                for message in file.records():
                    self._synced.take(folder, message)
                    if time.monotonic() > end:
                        self._synced.run._lose(
                            "tensorboard", f"{file.path} was not read to its end"
                        )
                        return

    def _found(self) -> Iterator[tuple[str, EventFile]]:
        heard = self._synced.heard()
        for folder, deep in list(self._folders.items()):
            for path in _below(folder) if deep else _in(folder):
                if path not in heard and self._is_of_now(path):
                    file = self._files.setdefault(path, EventFile(path))
                    yield str(path.parent), file

    def _is_of_now(self, path: Path) -> bool:
        if path in self._files:
            return True
        began = _BEGAN.search(path.name)
        try:
            return (float(began[1]) if began else path.stat().st_mtime) >= self._since
        except OSError:
            return False


def tail_of(synced: Synced) -> Tail:
    """What reads files for this run; begins with the first folder."""
    if synced.tail is None:
        synced.tail = tail = Tail(synced)
        synced.at_end(tail.close)
    return synced.tail


def _below(folder: str) -> Iterator[Path]:
    for parent, folders, _ in os.walk(folder):
        folders.sort()
        yield from _in(parent)


def _in(folder: str) -> list[Path]:
    try:
        return sorted(path for path in Path(folder).iterdir() if "tfevents" in path.name)
    except OSError:
        return []
