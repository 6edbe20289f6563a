"""A command and all that it starts, on one core: what the whole tree of processes cost.

Usage: python -m bench.tree CORE SECONDS REPORT COMMAND...

Every orphan becomes this process's child (PR_SET_CHILD_SUBREAPER), and every child is waited for,
so the kernel's own accounts hold the processor time of helpers too, however short they lived.
What is still there some seconds after the command ended is killed, and counted as left behind.
REPORT gets {"cpu": s, "wall": s, "rss_mb": of the largest process, "status", "left"}.
This process sleeps all the while.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
GRACE = 5.0


@dataclass(slots=True)
class Cost:
    """What a tree of processes took; `status` is that of its first process."""

    cpu: float = 0.0
    wall: float = 0.0
    rss_mb: float = 0.0
    status: int = -1
    left: int = 0


def descendants(pid: int) -> list[int]:
    """The living processes below `pid`, parents before children."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = children.get(pid, [])
    for each in found:
        found += children.get(each, [])
    return found


def processor_seconds(pid: int) -> float:
    """Processor time of a living process with all its threads, the dead ones too."""
    return time.clock_gettime((~pid << 3) | 2)  # the kernel's clock of another process


def level(pid: int) -> None:
    """Give helpers in sessions of their own the rank of this session, where the kernel has ranks.

    Linux shares a core among sessions first (autogroup); a helper that opened one would have more
    or less of the core than one that did not.
    """
    try:
        rank = Path(f"/proc/{pid}/autogroup").read_text().rpartition(" ")[2]
        for each in descendants(pid):
            Path(f"/proc/{each}/autogroup").write_text(rank)
    except OSError:  # no such ranks here, or not allowed: then everybody has the same one
        return


def run(core: int, seconds: float, command: list[str]) -> Cost:
    """Run the command to its end and its orphans to theirs; what all of them cost."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.sched_setaffinity(0, {core})
    signal.signal(signal.SIGALRM, _out_of_time)
    cost, began = Cost(), time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL).pid
    signal.setitimer(signal.ITIMER_REAL, seconds)
    while True:
        try:
            pid, how, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return cost
        except TimeoutError:
            cost.left += _kill(descendants(os.getpid()))
            signal.setitimer(signal.ITIMER_REAL, GRACE)
            continue
        cost.cpu += usage.ru_utime + usage.ru_stime
        cost.rss_mb = max(cost.rss_mb, usage.ru_maxrss / 1024)
        if pid == child:
            cost.status, cost.wall = os.waitstatus_to_exitcode(how), time.monotonic() - began
            signal.setitimer(signal.ITIMER_REAL, GRACE)


def _kill(processes: list[int]) -> int:
    for each in processes:
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return len(processes)


def _out_of_time(*_: object) -> None:
    raise TimeoutError


def main() -> None:
    """Run, and write the report."""
    core, seconds, report, *command = sys.argv[1:]
    cost = run(int(core), float(seconds), command)
    Path(report).write_text(json.dumps(asdict(cost)))


if __name__ == "__main__":
    main()
