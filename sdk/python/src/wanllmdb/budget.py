"""Budget: how often one process may ask again, over all its runs and threads together.

A first try is free, and so is every request after one that was answered: progress is never
slowed. A request that follows a failure is a retry, and of those the whole process makes one
a second at most, whatever each sender's own back-off says. As soon as a server answers
anybody, nobody's request to it is a retry any more.

Where asking again cannot help before somebody changes something (a certificate that is not
trusted, a proxy that wants a password), the way is closed for a minute, for everybody.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Hashable
from typing import Final

RETRY_SECONDS: Final = 1.0
CLOSED_SECONDS: Final = 60.0


class Budget:
    """Shared by all who send; every method may be called from any thread.

    `way` names how a server is reached: its address, and all that the configuration says of
    the road there. With another configuration it is another way, and begins anew.
    """

    def __init__(
        self,
        *,
        seconds: float = RETRY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Begin with nothing spent.

        Args:
            seconds: between two retries.
            clock: seconds that only grow.
            sleep: waits.
            chance: 0 ≤ x < 1, to keep those apart who wait for the same moment.
        """
        self.clock = clock
        self._seconds = seconds
        self._sleep = sleep
        self._chance = chance
        self._free_at = float("-inf")
        self._answered: dict[Hashable, float] = {}
        self._closed: dict[Hashable, tuple[float, str]] = {}
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def wait(self, way: Hashable, failed_at: float | None) -> None:
        """Return when a request may be made: at once, unless it is a retry.

        Args:
            way: how the server is reached.
            failed_at: when the caller's last request failed; None if it did not.
        """
        while failed_at is not None and self._answered.get(way, failed_at) <= failed_at:
            rest = self._rest()
            if rest <= 0:
                return
            self._sleep(rest * (1.0 + 0.25 * self._chance()))

    def spare(self) -> bool:
        """Take a retry, if there is one now."""
        return self._rest() <= 0

    def answered(self, way: Hashable) -> None:
        """The server answered: whoever waits need not."""
        self._answered[way] = self.clock()
        self._closed.pop(way, None)

    def ever_answered(self, way: Hashable) -> bool:
        """Whether the server has answered there at all."""
        return way in self._answered

    def close(self, way: Hashable, why: str) -> None:
        """Asking again cannot help: keep everybody from it for a minute."""
        self._closed[way] = (self.clock() + CLOSED_SECONDS, why)

    def closed(self, way: Hashable) -> tuple[float, str] | None:
        """For how many seconds still, and why; None if the way is open."""
        until, why = self._closed.get(way, (0.0, ""))
        rest = until - self.clock()
        return (rest, why) if why and rest > 0 else None

    def _rest(self) -> float:
        """Seconds until the next retry; 0 takes it."""
        if self._pid != os.getpid():
            # A fork child: a thread that it does not have may have held the lock.
            self._pid, self._lock = os.getpid(), threading.Lock()
        with self._lock:
            now = self.clock()
            if now >= self._free_at:
                self._free_at = now + self._seconds
                return 0.0
            return self._free_at - now


PROCESS: Final = Budget()
