"""Clock: what time it is, told so that durations can be told from it.

The wall clock is looked at once, when a run begins. From then on it is the monotonic clock
that says how much later it is, so whoever sets the clock of a machine while a training logs
(by an hour, to 1970) makes no duration wrong or negative. The time that a machine slept is
not in its monotonic clock, and is added when it wakes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

SLEEP_NS: Final = 100_000_000  # less than that between two looks is no sleep

_monotonic_ns = time.monotonic_ns
_slept_ns = 0
_offset_ns: int | None = None


def steady() -> Callable[[], int]:
    """A clock in nanoseconds since the epoch that is right now, and that nobody sets."""
    anchor = time.time_ns() - _monotonic_ns() - _slept_ns
    return lambda: anchor + _slept_ns + _monotonic_ns()


def notice_sleep() -> None:
    """Look whether the machine slept; for a background thread, several times a second."""
    global _slept_ns, _offset_ns  # there is one clock of the process
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return
    offset = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - _monotonic_ns()
    if _offset_ns is not None and offset - _offset_ns >= SLEEP_NS:
        _slept_ns += offset - _offset_ns
        _offset_ns = offset
    elif _offset_ns is None:
        _offset_ns = offset
