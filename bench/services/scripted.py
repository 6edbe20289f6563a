"""What a client that logs by a tracker's own library does; the library itself is handed in.

It does as `bench.services.poster`: says `ready`, waits for a line, logs until there is no more
or the time is over, ends its runs, and says what came of it. Standard library only.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.services.poster import wait


@dataclass(frozen=True)
class Log:
    """A run that was begun."""

    row: Callable[[dict[str, float], int], object]
    close: Callable[[], object]


def main(begin: Callable[[str, str], Log]) -> None:
    """Log what the folder says with what `begin(target, run)` returns."""
    folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
    job: dict[str, Any] = json.loads((folder / "job.json").read_text())
    wait()
    clock = time.monotonic
    began = clock()
    done = 0
    for run in job["runs"]:
        log = begin(job["target"], run)
        for step, row in enumerate(job["rows"]):
            log.row(row, step)
            done += len(row)
            if clock() - began > seconds:
                break
        log.close()
        if clock() - began > seconds:
            break
    answer = {"points": done, "began": began, "ended": clock(), "acks": []}
    print("\n" + json.dumps(answer), flush=True)
