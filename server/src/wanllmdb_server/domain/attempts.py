"""Attempts: how often something may be tried within a while. Nobody is locked out for good."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

MAX_NAMES: Final = 10_000


class Attempts:
    """Counts tries by name in a sliding window. Usable from any thread.

    A try counts as soon as it begins, so that many at once are no way around the limit; one
    that succeeds is taken back.
    """

    def __init__(self, limit: int, *, window_us: int) -> None:
        self._limit = limit
        self._window = window_us
        self._tries: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, *, now: int) -> float | None:
        """Count a try. None: go on; else the seconds until the next one is welcome."""
        with self._lock:
            tries = self._recent(name, now)
            if len(tries) >= self._limit:
                return max(1.0, (tries[0] + self._window - now) / 1_000_000)
            tries.append(now)
            return None

    def take_back(self, name: str) -> None:
        """The try succeeded after all: it does not count."""
        with self._lock:
            if self._tries.get(name):
                self._tries[name].pop()

    def _recent(self, name: str, now: int) -> deque[int]:
        if name not in self._tries and len(self._tries) >= MAX_NAMES:
            self._tries = {n: t for n, t in self._tries.items() if t and now - t[-1] < self._window}
            if len(self._tries) >= MAX_NAMES:
                self._tries.pop(next(iter(self._tries)))
        tries = self._tries.setdefault(name, deque())
        while tries and not 0 <= now - tries[0] < self._window:
            tries.popleft()
        return tries
