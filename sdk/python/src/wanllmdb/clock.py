"""Clock: what time it is, told so that durations can be told from it.

The wall clock is looked at once, when a run begins. From then on it is the monotonic clock
that says how much later it is, so whoever sets the clock of a machine while a training logs
(by an hour, to 1970) makes no duration wrong or negative. The time that a machine slept is
not in its monotonic clock, and is added when it wakes.
"""

from __future__ import annotations

import time
import weakref
from typing import Final

SLEEP_NS: Final = 100_000_000  # less than that between two looks is no sleep

_monotonic_ns = time.monotonic_ns


class Steady:
    """A clock in nanoseconds since the epoch that is right when it is made, and nobody sets.

    Attributes:
        base_ns: what is added to the monotonic clock; grows when the machine slept.
    """

    def __init__(self) -> None:
        self.base_ns = time.time_ns() - _monotonic_ns()
        _clocks.add(self)

    def __call__(self) -> int:
        return self.base_ns + _monotonic_ns()


_clocks: weakref.WeakSet[Steady] = weakref.WeakSet()
_offset_ns: int | None = None


def notice_sleep() -> None:
    """Look whether the machine slept; for a background thread, several times a second."""
    global _offset_ns  # there is one such clock of the machine
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return
    offset = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - _monotonic_ns()
    slept = offset - _offset_ns if _offset_ns is not None else 0
    if slept >= SLEEP_NS:
        for clock in list(_clocks):
            clock.base_ns += slept
    if slept >= SLEEP_NS or _offset_ns is None:
        _offset_ns = offset
