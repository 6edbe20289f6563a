"""What goes along with a run: the capture of the terminal, the monitor, the slow facts."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from wanllmdb import console, provenance
from wanllmdb.guard import guarded
from wanllmdb.preemption import Watch
from wanllmdb.probes.probe import Monitor, Probe
from wanllmdb.run import Run, attach
from wanllmdb.seams import Companion
from wanllmdb.surroundings import working_directory
from wanllmdb.wire import Kind, encode

FACTS_SECONDS: Final = 3.0  # how long the end of a run waits for its slow facts

Append = Callable[[int, bytes], bool]


def accompany(run: Run, append: Append) -> None:
    """Begin all that the settings of the run ask for."""
    settings = run.settings
    makers: dict[str, Callable[[], Companion | None]] = {"capture": lambda: _capture(run, append)}
    if settings.save_facts:
        makers["facts"] = lambda: Facts(append, working_directory(), git=settings.git_tracking)
    if settings.monitor_system:
        makers["monitor"] = lambda: _monitor(append, settings.monitor_interval)
    if settings.preemption:
        makers["preemption"] = lambda: _watch(run, append)
    for name, make in makers.items():
        try:
            made = make()
        except Exception as error:  # noqa: BLE001, PERF203 - the run goes on without it
            run._fault(name, error)
        else:
            attach(run, companions=[made] if made else [])


class Facts:
    """Finds the slow facts of a run in a thread, and adds them to its environment."""

    def __init__(self, append: Append, cwd: Path, *, git: bool) -> None:
        self._append = append
        self._abandoned = False
        self._thread = threading.Thread(
            target=self._find, args=(cwd, git), name="wanllmdb-facts", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._thread.join(timeout=FACTS_SECONDS)
        self._abandoned = True

    def abandon(self) -> None:
        self._abandoned = True

    @guarded()
    def _find(self, cwd: Path, git: bool) -> None:
        found: dict[str, Any] = provenance.slow_facts(cwd, git=git)
        if found and not self._abandoned:
            self._append(Kind.PATCH, encode({"environment": found}))


def find_probes() -> Sequence[Probe]:
    """A probe for each part of this machine that can be read."""
    probes: list[Probe] = []
    with contextlib.suppress(ImportError, OSError):
        from wanllmdb.probes.host import Host

        probes.append(Host(working_directory()))
    # Without the library or a driver there is nothing to read, whatever the driver raises.
    with contextlib.suppress(Exception):
        from wanllmdb.probes.nvidia import Nvidia

        probes.append(Nvidia())
    return probes


def _watch(run: Run, append: Append) -> Watch:
    watch = Watch(append, run._hurry)
    if problem := watch.install(run.settings.preemption):
        run._voice.warn(problem)
    return watch


def _monitor(append: Append, interval: float) -> Monitor:
    def write(seq: int, time_us: int, readings: dict[str, float]) -> None:
        append(Kind.SYSTEM, encode((seq, time_us, readings)))

    monitor = Monitor(find_probes, write, interval=interval)
    monitor.start()
    return monitor


def _capture(run: Run, append: Append) -> Companion | None:
    def write(stream: str, line: int, time_us: int, text: str) -> None:
        append(Kind.CONSOLE, encode((stream, line, time_us, text)))

    def lose(characters: int) -> None:
        detail = f"{characters:,} characters were printed faster than they can be kept"
        append(Kind.LOSS, encode({"reason": "console", "count": 1, "detail": detail}))

    if sys.flags.interactive:
        return None
    return console.capture(run.settings.console, write, lose)
