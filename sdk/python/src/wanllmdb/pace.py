"""Pace: how often, and how long, `log()` held the training up.

A row of a hundred thousand keys, or an image of many megapixels, takes its time in the calling
thread. Such calls are counted, so that who wonders about a slow training finds them among the
facts of the run.
"""

from __future__ import annotations

from typing import Any, Final

SLOW_SECONDS: Final = 0.05  # nothing that is usual takes so long


class Pace:
    """Counts slow calls. Several threads may use it; a call may then be counted late."""

    __slots__ = ("_calls", "_longest", "_seconds")

    def __init__(self) -> None:
        self._calls = 0
        self._seconds = self._longest = 0.0

    def took(self, seconds: float) -> None:
        """A call took so long."""
        if seconds >= SLOW_SECONDS:
            self._calls += 1
            self._seconds += seconds
            self._longest = max(self._longest, seconds)

    def told(self) -> dict[str, Any] | None:
        """What the server is told; None if no call was slow."""
        if not self._calls:
            return None
        return {
            "calls": self._calls,
            "seconds": round(self._seconds, 3),
            "longest": round(self._longest, 3),
        }
