"""Probe: reads one part of the machine. Monitor: asks all of them now and then.

A probe answers quickly, and raises when its part of the machine cannot be read; the monitor
then says so once and drops it. One that does not answer at all, because a driver or a file
system hangs, is left to itself in a thread that nobody waits for any more, and dropped, too.
A probe is made in a thread of its own: a driver may take a minute to begin, and what cannot
be made is not there.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol

from wanllmdb.guard import guarded

FIRST_AFTER_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5.0
CLOSE_SECONDS: Final = 0.5
BEGINNING_SECONDS: Final = 300.0  # in which more is to be seen than later
BEGINNING_INTERVAL: Final = 10.0

# Takes a sequence number, microseconds and the readings.
Write = Callable[[int, int, dict[str, float]], None]
Warn = Callable[[str], None]
# From the seconds since the run began, the seconds until the next reading.
Pace = Callable[[float], float]


class Probe(Protocol):
    """Reads one part of the machine."""

    def read(self) -> dict[str, float]:
        """Readings of this moment; every key begins with `system/`."""
        ...


class SilentError(Exception):
    """A probe did not answer."""


class Reader:
    """A thread that makes calls, so that who wants an answer need not wait for ever."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()
        threading.Thread(target=self._work, name="wanllmdb-probe", daemon=True).start()

    def ask(self, call: Callable[[], dict[str, float]], seconds: float) -> dict[str, float]:
        """What the call answers or raises. After a `SilentError` this reader is of no use."""
        self._calls.put(call)
        try:
            answer, error = self._answers.get(timeout=seconds)
        except Empty:
            self.leave()
            raise SilentError(f"no answer in {seconds:g} seconds") from None
        if error is not None:
            raise error
        return answer

    def leave(self) -> None:
        """End, after the call that is under way."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                self._answers.put((call(), None))
            except Exception as error:  # noqa: BLE001, PERF203 - for who asked
                self._answers.put(({}, error))


class Monitor:
    """Asks every probe now and then, from a thread that ends with the process.

    Args:
        makers: make the probes, by name; called in threads, because making them imports, asks
            drivers, and may hang.
        write: keeps what they read.
        pace: tells when.
        warn: told why a probe is dropped.
        patience: seconds that a probe may take to answer.
    """

    def __init__(
        self,
        makers: Mapping[str, Callable[[], Probe]],
        write: Write,
        *,
        pace: Pace,
        warn: Warn = lambda line: None,  # noqa: ARG005
        patience: float = ANSWER_SECONDS,
    ) -> None:
        self._makers = makers
        self._write = write
        self._pace = pace
        self._warn = warn
        self._patience = patience
        self._seq = 0
        self._probes: dict[str, Probe] = {}
        self._reader: Reader | None = None
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
            self._thread.join(timeout=CLOSE_SECONDS)

    @guarded()
    def _work(self) -> None:
        for name in self._makers:
            threading.Thread(
                target=self._make, args=(name,), name=f"wanllmdb-{name}", daemon=True
            ).start()
        began = time.monotonic()
        wait = min(self._pace(0.0), FIRST_AFTER_SECONDS)
        while not self._stopped.wait(wait):
            started = time.monotonic()
            self._read()
            took = time.monotonic() - started
            wait = max(self._pace(started - began) - took, 0.1 * took, 0.001)
        if self._reader is not None:
            self._reader.leave()

    def _make(self, name: str) -> None:
        # What cannot be made is not there, whatever the import or the driver raises.
        with contextlib.suppress(Exception):
            self._probes[name] = self._makers[name]()

    def _read(self) -> None:
        """Keep one reading of all the probes that there are by now."""
        readings: dict[str, float] = {}
        now = time.time_ns() // 1000
        for name, probe in list(self._probes.items()):
            if self._stopped.is_set():
                return
            readings.update(self._ask(name, probe))
        if readings:
            self._write(self._seq, now, readings)
            self._seq += 1

    def _ask(self, name: str, probe: Probe) -> dict[str, float]:
        reader = self._reader = self._reader or Reader()
        try:
            found = reader.ask(probe.read, self._patience)
            return {key: value for key, value in found.items() if math.isfinite(value)}
        except SilentError as error:
            self._reader = None
            self._drop(name, error)
        except Exception as error:  # noqa: BLE001 - a device that went away; the others stay
            self._drop(name, error)
        return {}

    def _drop(self, name: str, error: Exception) -> None:
        del self._probes[name]
        if not self._stopped.is_set():
            told = str(error) or type(error).__name__
            self._warn(f"the {name} of this machine cannot be read any more: {told:.200}")


def steady(interval: float) -> Pace:
    """The same at all times."""
    return lambda seconds: interval  # noqa: ARG005


def settling(interval: float) -> Pace:
    """Every ten seconds in the first minutes, when most goes wrong; then as it was said."""
    return lambda seconds: (
        min(BEGINNING_INTERVAL, interval) if seconds < BEGINNING_SECONDS else interval
    )
