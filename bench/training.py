"""One training process that times its own `log()` calls; `bench.sdk` starts it.

Usage: python -m bench.training ROWS PACE_US — logs ROWS rows of 10 scalars, PACE_US apart, and
prints {"init", "finish", "p50", "p99", "p99.9", "max", "noop_max", "rows"}; times in seconds.
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
    taken = []
    for step in range(rows):
        row = {key: step * 0.001 + i for i, key in enumerate(keys)}
        before = clock()
        run.log(row)
        after = clock()
        taken.append(after - before)
        while pace and clock() - after < pace:
            pass
    before = clock()
    run.finish()
    finished = clock()
    taken.sort()
    answer = {
        "import": imported - began,
        "init": ready - imported,
        "finish": finished - before,
        "p50": quantile(taken, 0.5),
        "p99": quantile(taken, 0.99),
        "p99.9": quantile(taken, 0.999),
        "max": taken[-1],
        "rows": rows,
    }
    print("FIGURES", json.dumps(answer))


if __name__ == "__main__":
    main()
