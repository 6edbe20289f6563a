"""Pressure: how much waits to be written and to be sealed, and how callers are slowed down.

There is a bound for the bytes that wait to be written and one for the points that are in memory
only. Who comes in good time is not kept; beyond half of the points each caller waits a moment,
the longer the more there are, so that what comes settles at what can be done; and at a bound all
wait, for a while, before they are told to come again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Final

from wanllmdb_server.metrics.store import StoreFullError

MAX_PATIENT: Final = 64 * 1024 * 1024  # bytes of bodies whose callers wait for room
SLOWEST_S: Final = 0.08  # how long each caller waits just before the bound
_LOOK_S: Final = 0.02


class Pressure:
    """What waits. Callers are on an event loop; `went` and `logged` come from another thread.

    Args:
        points: at most, in memory.
        queue: bytes that wait to be written, at most.
        hold: seconds for which a caller is kept waiting before it is told to come again.
    """

    def __init__(self, points: int, queue: int, hold: float) -> None:
        self._most = points
        self._most_waiting = queue
        self._hold = hold
        self._points = 0
        self._waiting = 0
        self._patient = 0
        self._lock = threading.Lock()

    def came(self, size: int) -> None:
        """A body of this size is in the queue."""
        with self._lock:
            self._waiting += size

    def went(self, size: int) -> None:
        """Bodies of this size are not in the queue any more."""
        with self._lock:
            self._waiting -= size

    def logged(self, points: int) -> None:
        """So many points more are in memory."""
        self._points += points

    def counted(self, points: int) -> None:
        """So many points are in memory that are not sealed: the sealer has counted them."""
        self._points = points

    @property
    def full(self) -> bool:
        """Whether nothing more is taken."""
        return self._points > self._most or self._waiting > self._most_waiting

    def delay(self) -> float:
        """How long a caller should wait while there is room."""
        over = 2 * self._points / self._most - 1
        return SLOWEST_S * over if over > 0 else 0.0

    async def room(self, size: int) -> None:
        """Return when a body of this size may come.

        Raises:
            StoreFullError: that takes too long, or too many wait for it.
        """
        until = time.monotonic() + self._hold
        self._patient += size
        try:
            while self.full:
                if time.monotonic() > until or self._patient > MAX_PATIENT:
                    raise StoreFullError("The metric store has more to write than it can.", 1.0)
                await asyncio.sleep(_LOOK_S)  # numbers are looked at; no event crosses threads
            delay = self.delay()
            if delay:
                await asyncio.sleep(delay)
        finally:
            self._patient -= size
