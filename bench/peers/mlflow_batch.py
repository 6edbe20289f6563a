"""mlflow into a SQLite store by `log_batch`: 96 rows are gathered first, 1000 metrics at most."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

from bench.peers import mlflow as one_by_one
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient

ROWS = 96

_flush: list[Callable[[], None]] = []
recovered = one_by_one.recovered


def begin(folder: Path) -> Callable[[Mapping[str, float]], object]:
    """Begin a run; returns `log`."""
    run = one_by_one.open_run(folder).info.run_id
    client, steps = MlflowClient(), count()
    gathered: list[tuple[int, int, Mapping[str, float]]] = []

    def flush() -> None:
        if gathered:
            client.log_batch(run, [
                Metric(key, value, at, step)
                for step, at, row in gathered
                for key, value in row.items()
            ])  # fmt: skip
            gathered.clear()

    def log(row: Mapping[str, float]) -> None:
        gathered.append((next(steps), time.time_ns() // 1_000_000, row))
        if len(gathered) == ROWS:
            flush()

    _flush.append(flush)
    return log


def finish() -> None:
    """Send the rest, and end the run."""
    _flush.pop()()
    one_by_one.finish()
