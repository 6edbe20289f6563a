"""Keeper: the thread that looks after a spool while the training runs.

It syncs what was appended to the disk, tries a disk that refused, and begins a segment where
one grew old. It owns no data and talks to nobody; with it or without it nothing is lost but
to a power failure. It also sees to it that the sender's thread lives, as that one does for it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Final, Protocol

from wanllmdb.clock import notice_sleep
from wanllmdb.complaints import Complaints

TEND_SECONDS: Final = 0.25


class Tended(Protocol):
    """What needs to be looked after: `wanllmdb.spool.Spool`."""

    @property
    def closed(self) -> bool: ...

    def tend(self) -> None: ...


class Keeper:
    """Calls `tend` several times a second, until stopped or until the spool is closed.

    Args:
        spool: what is looked after.
        seconds: between two looks.
        revive: called as often; begins a thread again that has died.
        complain: told what went wrong.
    """

    def __init__(
        self,
        spool: Tended,
        *,
        seconds: float = TEND_SECONDS,
        revive: Callable[[], None] = lambda: None,
        complain: Complaints | None = None,
    ) -> None:
        self._spool = spool
        self._seconds = seconds
        self._revive = revive
        self._complain = complain or Complaints()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._beginning = threading.Lock()

    def start(self) -> None:
        """Begin; once is enough, twice is no error, at the same time neither."""
        if not self._beginning.acquire(blocking=False):
            return  # another thread is just at it
        try:
            if self._thread is None or not self._thread.is_alive():
                self._begin()
        finally:
            self._beginning.release()

    def _begin(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self._stopped,), name="wanllmdb-keeper", daemon=True
        )
        with contextlib.suppress(RuntimeError):  # the interpreter ends, and so does the spool
            self._thread.start()

    def stop(self) -> None:
        """End soon; does not wait for a disk that hangs."""
        self._stopped.set()

    def _run(self, stopped: threading.Event) -> None:
        while not stopped.wait(self._seconds) and self._is_needed():
            pass

    def _is_needed(self) -> bool:
        """Tend once; False when there is nothing to tend any more. Survives what nobody foresaw."""
        try:
            if self._spool.closed:
                return False
            notice_sleep()
            self._spool.tend()
            self._revive()
        except BaseException as error:  # noqa: BLE001  whatever it was, the thread goes on
            self._complain("The keeper of the spool", error)
        return True
