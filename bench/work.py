"""A loop with 1 ms of work a step, and what logging each step adds to it.

Blocks of steps without and with `log()` alternate in the same process (ABAB), so that a machine
whose speed drifts does not decide. Two things are measured apart, since what a thread, a helper
or a server does later falls into blocks of either kind:

own     what the training's thread lost: the time of a block with log() over that of the block
        before it, each less the processor time that others took meanwhile; the median over all
        pairs, which forgets those that strangers disturbed. `error` is its standard error.
others  the processor time of everything else, over the steps logged: threads, helper processes
        and the server, by the kernel's accounts. On one core the training has to wait for it.

The slowdown is both together. `inside` is the mean time of log(), with whatever interrupted it.
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


class Block:
    """A stretch of the loop: how long the training's thread and how long the others took."""

    def __init__(self, others: list[int]) -> None:
        self._pids = others
        self._others = self._spent()
        self._began = clock()

    def end(self) -> tuple[float, float]:
        """Seconds of its own, and processor seconds of the others."""
        wall, others = clock() - self._began, self._spent() - self._others
        return wall - others, others

    def _spent(self) -> float:
        spent = time.process_time() - time.thread_time()
        for pid in self._pids:
            with contextlib.suppress(OSError):  # it ended meanwhile
                spent += processor_seconds(pid)
        return spent


def in_turns(
    log: Callable[[Row], object], cycles: int, on: int, server: int | None, *, limit: float
) -> dict[str, Any]:
    """What `cycles` pairs of blocks of `on` steps say; `server` is a process on this core.

    After `limit` seconds no further pair is begun.
    """
    turns, source, inside = turns_of(STEP), rows(), 0.0
    for row in islice(source, on):  # what is done once at the beginning is not the loop's
        spin(turns)
        log(row)
    pids = [*descendants(os.getpid()), *([server] if server else [])]
    ratios: list[float] = []
    bases: list[float] = []
    whole, end = Block(pids), clock() + limit
    while len(ratios) < 2 or (len(ratios) < cycles and clock() < end):
        made = list(islice(source, on))
        block = Block(pids)
        for _ in made:
            spin(turns)
        base, _ = block.end()
        block = Block(pids)
        for row in made:
            spin(turns)
            before = clock()
            log(row)
            inside += clock() - before
        ratios.append(block.end()[0] / base)
        bases.append(base / on)
    base, steps = statistics.median(bases), len(ratios) * on
    others = whole.end()[1] / steps
    own = statistics.median(ratios) - 1
    return {
        "ratio": 1 + own + others / base,
        "error": 1.2533 * statistics.stdev(ratios) / len(ratios) ** 0.5,
        "base": base,
        "own": own * base,
        "others": others,
        "inside": inside / steps,
    }
