"""Pace: how much of a processor a kind of work may take, however much of it there is.

Pure. Work is done when it comes, and paid for by a rest in proportion to what it took. All who
do such work share one Pace, so that together they take no more than the share.
"""

from __future__ import annotations

from collections.abc import Callable


class Pace:
    """A share of a processor."""

    def __init__(self, share: float, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never go back."""
        self._share = share
        self._clock = clock
        self._paid_at = clock()

    def spend(self, seconds: float) -> None:
        """So much of a processor was taken."""
        self._paid_at = max(self._paid_at, self._clock()) + seconds / self._share

    @property
    def rest(self) -> float:
        """Seconds until more may be taken; 0 when it may now."""
        return max(0.0, self._paid_at - self._clock())
