"""The machine itself: processors, memory, network; within a container, its share of them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

import psutil

from wanllmdb.probes import cgroup

MAX_CORES: Final = 64
_GB: Final = 1e9
_MB: Final = 1e6


class Host:
    """Reads the host through psutil, and its limits through cgroups.

    Args:
        root: where `proc` and `sys` are.
        clock: seconds that only grow.
    """

    def __init__(
        self, root: Path = Path("/"), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._cores = Cores(allowed_cores(), cgroup.cores(root), clock)
        self._memory_limit = cgroup.memory(root, total=psutil.virtual_memory().total)
        self._began = self._before = (clock(), *_traffic())

    def read(self) -> dict[str, float]:
        return {**self._cores.read(), **self._memory(), **self._network()}

    def _memory(self) -> dict[str, float]:
        memory = psutil.virtual_memory()
        readings: dict[str, float] = {
            "system/memory": memory.percent,
            "system/memory.available_gb": round(memory.available / _GB, 3),
        }
        with contextlib.suppress(OSError, RuntimeError):  # where it cannot be told
            readings["system/memory.swap"] = psutil.swap_memory().percent
        limited = self._memory_limit
        if limited is not None:
            with contextlib.suppress(OSError, ValueError):
                used = limited.used()
                room = min(memory.available, max(0, limited.limit - used))
                readings |= {
                    "system/memory": round(100 * used / limited.limit, 2),
                    "system/memory.available_gb": round(room / _GB, 3),
                    "system/memory.limit_gb": round(limited.limit / _GB, 3),
                }
        return readings

    def _network(self) -> dict[str, float]:
        """What went over the network since the run began, and how fast it goes just now."""
        now = (self._clock(), *_traffic())
        (then, sent, received), self._before = self._before, now
        seconds = max(now[0] - then, 1e-3)
        return {
            "system/network.sent_mb": round((now[1] - self._began[1]) / _MB, 3),
            "system/network.received_mb": round((now[2] - self._began[2]) / _MB, 3),
            "system/network.sent_mb_s": round(max(0, now[1] - sent) / _MB / seconds, 4),
            "system/network.received_mb_s": round(max(0, now[2] - received) / _MB / seconds, 4),
        }


class Cores:
    """How busy the processors are that this process may use.

    Args:
        allowed: their numbers; None for all.
        limit: of processor time, if there is one.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        allowed: Collection[int] | None,
        limit: cgroup.Cores | None,
        clock: Callable[[], float],
    ) -> None:
        self._allowed = allowed
        self._clock = clock
        self._before = _core_times()
        count = len(self._before if allowed is None else allowed)
        # A limit beyond the processors that there are limits nothing.
        self._limit = limit if limit is not None and limit.limit < count else None
        self._taken = (clock(), self._limit.seconds()) if self._limit else (0.0, 0.0)

    def read(self) -> dict[str, float]:
        loads = self._loads()
        readings = {
            f"system/cpu.{number}": load for number, load in list(loads.items())[:MAX_CORES]
        }
        readings["system/cpu"] = round(sum(loads.values()) / max(len(loads), 1), 2)
        with contextlib.suppress(OSError, AttributeError):
            readings["system/cpu.load"] = round(os.getloadavg()[0], 2)
        if self._limit is not None:
            readings |= self._share(self._limit)
        elif self._allowed is not None:
            readings["system/cpu.limit_cores"] = len(self._allowed)
        return readings

    def _loads(self) -> dict[int, float]:
        before, self._before = self._before, _core_times()
        allowed = self._allowed
        return {
            number: round(_load(old, new), 1)
            for number, (old, new) in enumerate(zip(before, self._before, strict=False))
            if allowed is None or number in allowed
        }

    def _share(self, limit: cgroup.Cores) -> dict[str, float]:
        with contextlib.suppress(OSError, ValueError, KeyError):
            now = (self._clock(), limit.seconds())
            (then, taken), self._taken = self._taken, now
            share = (now[1] - taken) / (max(now[0] - then, 1e-3) * limit.limit)
            return {
                "system/cpu": round(100 * max(0.0, share), 2),
                "system/cpu.limit_cores": round(limit.limit, 2),
            }
        return {}


def allowed_cores() -> frozenset[int] | None:
    """The processors that this process may run on; None for all of the machine."""
    affinity: Any = getattr(os, "sched_getaffinity", None)
    allowed: frozenset[int] = frozenset(affinity(0)) if affinity is not None else frozenset()
    return allowed if 0 < len(allowed) < (os.cpu_count() or 0) else None


def _core_times() -> list[tuple[float, float]]:
    """Of each processor the seconds that it worked, and all seconds."""
    found: list[tuple[float, float]] = []
    for times in psutil.cpu_times(percpu=True):
        # What guests take stands under `user` and `nice`, too.
        both = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        found.append((both - times.idle - getattr(times, "iowait", 0.0), both))
    return found


def _load(old: tuple[float, float], new: tuple[float, float]) -> float:
    passed = new[1] - old[1]
    return min(100.0, max(0.0, 100 * (new[0] - old[0]) / passed)) if passed > 0 else 0.0


def _traffic() -> tuple[int, int]:
    """Bytes sent and received, but those that never left the machine."""
    sent = received = 0
    for name, counted in (psutil.net_io_counters(pernic=True) or {}).items():
        if name not in {"lo", "lo0"}:
            sent += counted.bytes_sent
            received += counted.bytes_recv
    return sent, received
