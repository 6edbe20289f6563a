"""Probe: reads one part of the machine. Monitor: asks all of them now and then.

A probe is read by one thread, every half minute or so. It answers quickly, and raises when
its part of the machine cannot be read; the monitor then drops it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from wanllmdb.guard import guarded

FIRST_AFTER_SECONDS: Final = 2.0

# Takes a sequence number, microseconds and the readings.
Write = Callable[[int, int, dict[str, float]], None]


class Probe(Protocol):
    """Reads one part of the machine."""

    def read(self) -> dict[str, float]:
        """Readings of this moment; every key begins with `system/`."""
        ...


class Monitor:
    """Asks every probe each `interval` seconds, from a thread that ends with the process.

    Args:
        find: makes the probes; called in the thread, because making them imports.
        write: keeps what they read.
        interval: seconds between two readings.
    """

    def __init__(
        self, find: Callable[[], Sequence[Probe]], write: Write, *, interval: float
    ) -> None:
        self._find = find
        self._write = write
        self._interval = interval
        self._seq = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="wanllmdb-monitor", daemon=True)

    def start(self) -> None:
        """Begin; the first reading comes after two seconds at most."""
        self._thread.start()

    def abandon(self) -> None:
        """In the child of a fork there is no thread to end."""
        self._stopped.set()

    def close(self) -> None:
        """End, without a last reading. Returns soon, whatever the probes do."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=0.5)

    @guarded()
    def _work(self) -> None:
        probes = list(self._find())
        wait = min(self._interval, FIRST_AFTER_SECONDS)
        while not self._stopped.wait(wait):
            started = time.monotonic()
            probes = self._read(probes)
            wait = max(self._interval - (time.monotonic() - started), 0.1)

    def _read(self, probes: list[Probe]) -> list[Probe]:
        """Keep one reading of all; the probes that still answer."""
        readings: dict[str, float] = {}
        answering: list[Probe] = []
        for probe in probes:
            found = _reading(probe)
            if found is not None:
                readings.update(found)
                answering.append(probe)
        if readings:
            self._write(self._seq, time.time_ns() // 1000, readings)
            self._seq += 1
        return answering


def _reading(probe: Probe) -> dict[str, float] | None:
    try:
        return probe.read()
    except Exception:  # noqa: BLE001 - a device that went away; the others stay
        return None
