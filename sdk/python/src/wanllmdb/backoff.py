"""Backoff: how long to leave a server alone after it failed."""

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
        """The next delay in seconds; what the server asked for wins."""
        ceiling = min(LAST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 16))
        self._failures += 1
        if retry_after is not None:
            # A little apart, so that all who were told the same do not come back together.
            return retry_after * (1.0 + 0.1 * self._chance())
        return ceiling * self._chance()

    def reset(self) -> None:
        """The server answered."""
        self._failures = 0
