"""Stall: how long a disk keeps a thread waiting, and whether it does so too often.

What is asked is the time in the disk alone. A thread that returns from a system call may also
wait for a processor, and for the interpreter's lock while other threads compute: both would
look like a slow disk. The kernel says how long the thread stood in the queue for a processor,
and how often it fell asleep; waiting for the interpreter's lock it wakes up every switch
interval, waiting for a disk it does not.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Final

STALL_SECONDS: Final = 0.05
MANY: Final = 2  # so many stalls …
WINDOW_SECONDS: Final = 60.0  # … in so long a time
_SCHEDSTAT: Final = "/proc/thread-self/schedstat"

Measure = Callable[[Callable[[], object]], float]


def seconds_waited(call: Callable[[], object]) -> float:
    """How long the call waited for what it asked the kernel for, at least."""
    queued, asleep = _queued(), _sleeps()
    began = time.monotonic()
    call()
    took = time.monotonic() - began
    if took <= STALL_SECONDS:
        return took
    elsewhere = _queued() - queued + (_sleeps() - asleep) * sys.getswitchinterval()
    return max(0.0, took - elsewhere)


class Stalls:
    """Remembers when a disk kept somebody waiting."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        measure: Measure = seconds_waited,
    ) -> None:
        self._clock = clock
        self._measure = measure
        self._at: deque[float] = deque(maxlen=MANY)

    def timed(self, call: Callable[[], object]) -> float:
        """Do it, and remember if it had to wait; how long it had to. Raises what it raises."""
        waited = self._measure(call)
        if waited > STALL_SECONDS:
            self._at.append(self._clock())
        return waited

    @property
    def many(self) -> bool:
        """Whether it was kept waiting often, lately."""
        return len(self._at) == MANY and self._clock() - self._at[0] <= WINDOW_SECONDS

    @property
    def none(self) -> bool:
        """Whether it was not kept waiting for a while."""
        return not self._at or self._clock() - self._at[-1] > WINDOW_SECONDS


def _queued() -> float:
    """For how long this thread could have run and got no processor."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        fd = os.open(_SCHEDSTAT, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(fd, 100).split()[1]) / 1e9
        finally:
            os.close(fd)
    return 0.0


def _sleeps() -> int:
    """How often this thread gave its processor back of its own accord."""
    try:
        return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
    except (AttributeError, ValueError):
        return 0
