"""Backoff: how long one sender leaves a server alone after it failed.

What all senders of a process may do together is said in `budget`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

FIRST_SECONDS: Final = 0.5
LAST_SECONDS: Final = 60.0


class Backoff:
    """Full jitter: a random part of a delay that doubles from 0.5 to 60 seconds."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._failures = 0

    def next(self, retry_after: float | None = None) -> float:
        """The next delay in seconds; what the server asked for wins, unless it is next to nothing.

        Those who were told the same come back apart, over half a second or a tenth of the
        time that they were told, whichever is longer.
        """
        ceiling = min(LAST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 16))
        self._failures += 1
        if retry_after is None or retry_after < FIRST_SECONDS:
            return ceiling * self._chance()
        return retry_after + max(FIRST_SECONDS, 0.1 * retry_after) * self._chance()

    def reset(self) -> None:
        """The server answered."""
        self._failures = 0
