"""The process that trains, with the processes that it began: loaders of data, ranks, tools."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

MAX_CHILDREN: Final = 256  # that are looked at one by one
SEARCH_SECONDS: Final = 60.0  # between two looks through all processes, where there is no list
_GB: Final = 1e9


class Process:
    """Reads this process and its descendants.

    Args:
        proc: where the kernel lists processes.
        clock: seconds that only grow.
    """

    def __init__(
        self, proc: Path = Path("/proc"), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._family = Family(proc, clock=clock)
        self._known: dict[int, psutil.Process] = {}
        self._cpu: dict[int, float] = {}
        self._before = clock()
        self.read()

    def read(self) -> dict[str, float]:
        pids = [os.getpid(), *self._family.descendants()]
        known = {pid: self._known.get(pid) or _process(pid) for pid in pids}
        self._known = {pid: process for pid, process in known.items() if process is not None}
        memory, threads = 0, 0
        cpu: dict[int, float] = {}
        for pid, process in list(self._known.items()):
            # It may have ended between two lines of this function.
            with contextlib.suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                cpu[pid] = times.user + times.system
                memory += process.memory_info().rss
                threads += process.num_threads()
        return {
            "system/process.cpu": self._share(cpu),
            "system/process.memory_gb": round(memory / _GB, 4),
            "system/process.threads": threads,
            "system/process.children": len(pids) - 1,
        }

    def _share(self, cpu: dict[int, float]) -> float:
        """Per cent of one core, over the time since the last reading."""
        now = self._clock()
        seconds, self._before = max(now - self._before, 1e-3), now
        before, self._cpu = self._cpu, cpu
        # A process that is new has worked since it began, and that was after the last reading.
        took = sum(max(0.0, spent - before.get(pid, 0.0)) for pid, spent in cpu.items())
        return round(100 * took / seconds, 2) if before else 0.0


class Family:
    """The descendants of this process.

    The kernel lists the children of each thread. Where it does not, all processes of the
    machine are looked through, which costs more the more there are, and is done seldom.
    """

    def __init__(self, proc: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._proc = proc
        self._clock = clock
        self._listed = (proc / f"{os.getpid()}/task/{os.getpid()}/children").exists()
        self._searched_at = float("-inf")
        self._found: list[int] = []

    def descendants(self) -> list[int]:
        """Their numbers, parents before children, as many as are looked at."""
        return self._from_lists() if self._listed else self._from_all()

    def _from_lists(self) -> list[int]:
        found: list[int] = []
        waiting = [os.getpid()]
        while waiting and len(found) < MAX_CHILDREN:
            children = self._children(waiting.pop(0))
            found += children
            waiting += children
        return found[:MAX_CHILDREN]

    def _children(self, pid: int) -> list[int]:
        found: list[int] = []
        with contextlib.suppress(OSError):
            for thread in os.scandir(self._proc / f"{pid}/task"):
                with contextlib.suppress(OSError), open(f"{thread.path}/children", "rb") as file:
                    found += map(int, file.read().split())
        return found

    def _from_all(self) -> list[int]:
        if self._clock() - self._searched_at >= SEARCH_SECONDS:
            self._searched_at = self._clock()
            children = psutil.Process().children(recursive=True)
            self._found = [child.pid for child in children[:MAX_CHILDREN]]
        return self._found


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None
