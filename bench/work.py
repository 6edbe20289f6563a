"""A loop with 1 ms of work a step, and what logging each step adds to it.

Steps with and without `log()` alternate in the same process. A cycle is three blocks: steps
without, steps with, and as many steps again without in which what was put off may be done. What
the last two took beyond the first is laid on the steps that logged, so nothing that a thread, a
helper process or a server does later is forgotten. The slowdown is the median over the cycles,
which forgets those that the machine disturbed; `error` is the standard error of that median.

Beside it stands the account of one logged step: log() itself, plus the processor time of all
that is not the training's thread (other threads, helper processes, the server). On one core
that is what the training has to wait for. It does not see how caches suffer, but has no noise.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from bench.rows import Row, rows
from bench.tree import descendants, processor_seconds

clock = time.perf_counter
STEP = 1e-3


def spin(turns: int) -> int:
    """Some work in Python."""
    found = 0
    for turn in range(turns):
        found = (found + turn * turn) & 0xFFFF
    return found


def turns_of(seconds: float) -> int:
    """How many turns take so long, by the fastest of several tries."""

    def once() -> float:
        began = clock()
        spin(10_000)
        return clock() - began

    return round(10_000 * seconds / min(once() for _ in range(50)))


def in_turns(
    log: Callable[[Row], object], cycles: int, on: int, server: int | None
) -> dict[str, Any]:
    """What `cycles` cycles with `on` logged steps each say; `server` is a process on this core."""
    turns, source = turns_of(STEP), rows()
    for row in islice(source, on):  # what is done once at the beginning is not the loop's
        spin(turns)
        log(row)
    ratios: list[float] = []
    base: list[float] = []
    inside = 0.0
    others, mine, whole = _others(server), time.thread_time(), time.process_time()
    for _ in range(cycles):
        made = list(islice(source, on))
        off = _worked(turns, 2 * on)
        logged, within = _logged(turns, made, log)
        settling = _worked(turns, on)
        ratios.append(1 + (logged + settling - off) / (off / 2))
        base.append(off / (2 * on))
        inside += within
    outside = (time.process_time() - whole) - (time.thread_time() - mine)
    outside += _others(server) - others
    steps = cycles * on
    return {
        "ratio": statistics.median(ratios),
        "error": 1.2533 * statistics.stdev(ratios) / cycles**0.5 if cycles > 1 else 1.0,
        "base": statistics.median(base),
        "inside": inside / steps,
        "outside": outside / steps,
    }


def _worked(turns: int, steps: int) -> float:
    """Seconds of a block without log()."""
    began = clock()
    for _ in range(steps):
        spin(turns)
    return clock() - began


def _logged(turns: int, made: list[Row], log: Callable[[Row], object]) -> tuple[float, float]:
    """Seconds of the block, and of its calls of log()."""
    began, inside = clock(), 0.0
    for row in made:
        spin(turns)
        before = clock()
        log(row)
        inside += clock() - before
    return clock() - began, inside


def _others(server: int | None) -> float:
    """Processor seconds of the helpers and of the server."""
    pids = [*descendants(os.getpid()), *([server] if server else [])]
    used = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):  # it ended meanwhile
            used += processor_seconds(pid)
    return used
