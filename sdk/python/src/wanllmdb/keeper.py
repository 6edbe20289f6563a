"""Keeper: the thread that looks after a spool while the training runs.

It syncs what was appended to the disk, tries a disk that refused, and begins a segment where
one grew old. It owns no data and talks to nobody; with it or without it nothing is lost but
to a power failure.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol

TEND_SECONDS: Final = 0.25


class Tended(Protocol):
    """What needs to be looked after: `wanllmdb.spool.Spool`."""

    @property
    def closed(self) -> bool: ...

    def tend(self) -> None: ...


class Keeper:
    """Calls `tend` several times a second, until stopped or until the spool is closed."""

    def __init__(self, spool: Tended, *, seconds: float = TEND_SECONDS) -> None:
        self._spool = spool
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; once is enough, twice is no error."""
        if self._thread is None or not self._thread.is_alive():
            self._stopped = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stopped,), name="wanllmdb-keeper", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End soon; does not wait for a disk that hangs."""
        self._stopped.set()

    def _run(self, stopped: threading.Event) -> None:
        while not stopped.wait(self._seconds) and not self._spool.closed:
            self._spool.tend()
