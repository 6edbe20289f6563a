"""One process that logs and times itself, with any tracker: `bench.contenders` starts it.

Usage: python -m bench.trial DRIVER WHAT FOLDER [NAME=NUMBER...]

DRIVER is a module of `bench.peers`; its `begin(folder)` returns `log`, a callable of one row.
The answer, a JSON object, is written to FOLDER/answer.json; times are in seconds. WHAT is one of

flat     log `rows` rows made beforehand, `pace` seconds apart, and stop after `limit` seconds:
         import, init, finish, quantiles of log(), and a no-op loop before it all as control.
through  the same without a clock around each call: first log() to the end of finish().
endure   log `rows` rows made on the way: memory before and at its highest.
work     a loop of 1 ms of work a step, with and without log() in turns.
kill     log `rows` rows; then SIGKILL for this process, or for all it started too (`tree`).
count    how many rows can be read back from FOLDER.
sync     bring a run that was kept in FOLDER to the server.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from array import array
from collections.abc import Callable
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from bench.figures import quantile
from bench.rows import Row, rows
from bench.tree import descendants, level
from bench.work import in_turns

Answer = dict[str, Any]
clock = time.perf_counter
SPIN = 3e-6  # seconds that a step of the control takes: those that log() may take


class Subject:
    """A tracker, imported and begun; how long both took."""

    def __init__(self, driver: str, folder: Path) -> None:
        began = clock()
        module = import_module(f"bench.peers.{driver}")
        imported = clock()
        self.log: Callable[[Row], object] = module.begin(folder)
        ready = clock()
        self._finish: Callable[[], None] = module.finish
        level(os.getpid())
        self.times = {"import": imported - began, "init": ready - imported}

    def finish(self) -> None:
        """End the run, and time that."""
        began = clock()
        self._finish()
        self.times["finish"] = clock() - began


def flat(driver: str, folder: Path, given: dict[str, float]) -> Answer:
    """Log as fast as it goes, or paced, a clock around each call."""
    count, pace = int(given["rows"]), given.get("pace", 0.0)
    before = control(count)
    made = list(islice(rows(), count))
    subject = Subject(driver, folder)
    log, taken = subject.log, array("d")
    first = clock()
    end = first + given.get("limit", 1e9)
    for row in made:
        start = clock()
        log(row)
        after = clock()
        taken.append(after - start)
        while pace and clock() - start < pace:
            pass
        if after > end:
            break
    logged, weight = clock(), du(folder)
    subject.finish()
    return {
        **subject.times,
        **quantiles(taken),
        **{f"control {name}": value for name, value in before.items()},
        "rows": len(taken),
        "loop": logged - first,
        "total": clock() - first,
        "live bytes": weight,
        "bytes": du(folder),
    }


def control(count: int) -> dict[str, float]:
    """The machine alone: as many steps that do nothing, each as long as log() may take."""
    taken = array("d")
    cpu, wall = time.thread_time(), clock()
    for _ in range(count):
        start = clock()
        while clock() - start < SPIN:
            pass
        taken.append(clock() - start)
    probe = (clock() - wall) / (time.thread_time() - cpu)
    return quantiles(taken) | {"probe": probe}


def quantiles(taken: array[float]) -> dict[str, float]:
    """Of times in any order."""
    in_order = sorted(taken)
    found = {name: quantile(in_order, q) for name, q in
             (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))}  # fmt: skip
    return {**found, "max": in_order[-1]}


def through(driver: str, folder: Path, given: dict[str, float]) -> Answer:
    """Log rows made beforehand with nothing in between."""
    made = list(islice(rows(), int(given["rows"])))
    subject = Subject(driver, folder)
    log, first = subject.log, clock()
    for row in made:
        log(row)
    subject.finish()
    return {**subject.times, "rows": len(made), "total": clock() - first}


def endure(driver: str, folder: Path, given: dict[str, float]) -> Answer:
    """Log rows that are made on the way; resident memory in MB."""
    subject = Subject(driver, folder)
    source = islice(rows(), int(given["rows"]))
    subject.log(next(source))
    Path("/proc/self/clear_refs").write_text("5")  # the highest mark begins anew
    before, log, first = memory("VmRSS"), subject.log, clock()
    for row in source:
        log(row)
    loop, own = clock() - first, memory("RssAnon")
    subject.finish()
    return {**subject.times, "loop": loop, "growth": memory("VmHWM") - before, "own": own,
            "before": before, "live bytes": du(folder)}  # fmt: skip


def work(driver: str, folder: Path, given: dict[str, float]) -> Answer:
    """A loop with 1 ms of work a step, with and without log() in turns."""
    subject = Subject(driver, folder)
    server = int(given.get("server", 0))
    found = in_turns(
        subject.log, int(given["cycles"]), int(given["on"]), server or None,
        limit=given.get("limit", 1e9),
    )  # fmt: skip
    subject.finish()
    return {**subject.times, **found}


def kill(driver: str, folder: Path, given: dict[str, float]) -> Answer:
    """Log, and die at once; there is no answer."""
    count = int(given["rows"])
    made = list(islice(rows(), count))
    subject = Subject(driver, folder)
    log, rest = subject.log, iter(made)
    for row in islice(rest, count // 2):
        log(row)
    others = descendants(os.getpid()) if given.get("tree") else []
    for row in rest:
        log(row)
    for each in others:
        os.kill(each, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def count(driver: str, folder: Path, given: dict[str, float]) -> Answer:  # noqa: ARG001
    """What can be read back."""
    return {"rows": import_module(f"bench.peers.{driver}").recovered(folder)}


def sync(driver: str, folder: Path, given: dict[str, float]) -> Answer:  # noqa: ARG001
    """How long what `wanllmdb sync` does takes, from the home of the earlier trial."""
    module = import_module(f"bench.peers.{driver}")
    began = clock()
    module.sync()
    return {"total": clock() - began}


def du(folder: Path) -> int:
    """Bytes that a folder takes on the disk."""
    return sum(each.stat().st_blocks * 512 for each in folder.rglob("*") if each.is_file())


def memory(name: str) -> float:
    """A line of /proc/self/status, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(name)


WHAT = {each.__name__: each for each in (flat, through, endure, work, kill, count, sync)}


def main() -> None:
    """Do it, and write the answer."""
    driver, what, folder, *given = sys.argv[1:]
    numbers = {name: float(value) for name, _, value in (each.partition("=") for each in given)}
    answer = WHAT[what](driver, Path(folder), numbers)
    (Path(folder) / "answer.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
