"""One training process that times its own `log()` calls; `bench.sdk` starts it.

Usage: python -m bench.training ROWS PACE_US — logs ROWS rows of 10 scalars, PACE_US apart, and
prints {"import", "init", "finish", "p50", "p99", "p99.9", "max", "control", "rows"}; times in
seconds. `control` is the median of a fixed bit of Python between the calls: the machine's own
speed at the time, which on a shared machine drifts by a factor of two.
"""

from __future__ import annotations

import json
import sys
import time

from bench.figures import quantile


def main() -> None:
    """Log, time, print."""
    rows, pace = int(sys.argv[1]), float(sys.argv[2]) / 1e6
    clock = time.perf_counter
    began = clock()
    import wanllmdb as wandb

    imported = clock()
    run = wandb.init(project="bench")
    ready = clock()
    keys = [f"metric_{i}" for i in range(10)]
    taken, control = [], []
    for step in range(rows):
        row = {key: step * 0.001 + i for i, key in enumerate(keys)}
        before = clock()
        run.log(row)
        after = clock()
        taken.append(after - before)
        before = clock()
        sorted(dict.fromkeys(keys, step))
        control.append(clock() - before)
        while pace and clock() - after < pace:
            pass
    before = clock()
    run.finish()
    finished = clock()
    taken.sort()
    control.sort()
    answer = {
        "import": imported - began,
        "init": ready - imported,
        "finish": finished - before,
        "p50": quantile(taken, 0.5),
        "p99": quantile(taken, 0.99),
        "p99.9": quantile(taken, 0.999),
        "max": taken[-1],
        "control": quantile(control, 0.5),
        "rows": rows,
    }
    print("FIGURES", json.dumps(answer))


if __name__ == "__main__":
    main()
