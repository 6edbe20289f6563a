"""What goes along with a run: the capture of the terminal, the monitor, the slow facts."""

from __future__ import annotations

import sys
from collections.abc import Callable

from wanllmdb import console
from wanllmdb.facts import Asked, Facts
from wanllmdb.preemption import Watch
from wanllmdb.probes.probe import Monitor, Probe, settling, steady
from wanllmdb.run import Run, attach
from wanllmdb.seams import Companion
from wanllmdb.surroundings import working_directory
from wanllmdb.wire import Kind, encode

Append = Callable[[int, bytes], bool]


def accompany(run: Run, append: Append) -> None:
    """Begin all that the settings of the run ask for."""
    settings = run.settings
    makers: dict[str, tuple[object, Callable[[], Companion | None]]] = {
        "capture": (True, lambda: _capture(run, append)),
        "facts": (
            settings.save_facts or settings.save_code,
            lambda: _facts(run, append),
        ),
        "monitor": (settings.monitor_system, lambda: _monitor(run, append)),
        "tensorboard": (settings.sync_tensorboard, lambda: _tensorboard(run)),
        "gym": (settings.monitor_gym, _gym),
        "preemption": (settings.preemption, lambda: _watch(run, append)),
        "files": (True, lambda: Files(run)),
    }
    for name, make in ((name, make) for name, (wanted, make) in makers.items() if wanted):
        try:
            made = make()
        except Exception as error:  # noqa: BLE001, PERF203 - the run goes on without it
            run._fault(name, error)
        else:
            attach(run, companions=[made] if made else [])


def _facts(run: Run, append: Append) -> Facts:
    settings = run.settings
    asked = Asked(
        facts=settings.save_facts,
        git=settings.save_facts and settings.git_tracking,
        patches=settings.code_tracking,
        code=settings.save_code and settings.code_tracking,
        program=settings.program,
    )
    return Facts(append, run._identity.directory, working_directory(), asked)


def probes(run: Run) -> dict[str, Callable[[], Probe]]:
    """What makes a probe for each part of this machine that may be there, by name."""

    def processors() -> Probe:
        from wanllmdb.probes.host import Host

        return Host()

    def process() -> Probe:
        from wanllmdb.probes.process import Process

        return Process()

    def disk() -> Probe:
        from wanllmdb.probes.disk import Disk

        return Disk(run._identity.directory)

    def graphics() -> Probe:
        from wanllmdb.probes import accelerators

        return accelerators.find()

    return {"processors": processors, "process": process, "disk": disk, "GPUs": graphics}


class Files:
    """Has what the script wrote into the run's own folder kept when the run ends."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def close(self) -> None:
        if self._run._identity.directory.is_dir():
            from wanllmdb import saved

            saved.followed_by(self._run)  # a companion that is closed behind this one

    def abandon(self) -> None:
        """The files are the parent's."""


def _tensorboard(run: Run) -> Companion | None:
    from wanllmdb import tensorboard

    return tensorboard.companion(run)


def _gym() -> None:
    """Have the videos logged that gymnasium records, or gym, as soon as either is imported."""
    from wanllmdb.arrivals import when_imported
    from wanllmdb.integration.gym import monitor

    def met(_: object) -> None:
        monitor()

    for name in ("gymnasium.wrappers", "gym.wrappers"):
        when_imported(name, met)


def _watch(run: Run, append: Append) -> Watch:
    watch = Watch(append, run._hurry)
    if problem := watch.install(run.settings.preemption):
        run._voice.warn(problem)
    return watch


def _monitor(run: Run, append: Append) -> Monitor:
    def write(seq: int, time_us: int, readings: dict[str, float]) -> None:
        append(Kind.SYSTEM, encode((seq, time_us, readings)))

    interval = run.settings.monitor_interval
    pace = steady if "monitor_interval" in run.settings.given else settling
    monitor = Monitor(probes(run), write, pace=pace(interval), warn=run._voice.warn)
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
