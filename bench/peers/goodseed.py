"""goodseed, local: one SQLite transaction a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path

import goodseed

_runs: list[goodseed.Run] = []


def begin(folder: Path) -> Callable[[Mapping[str, float]], object]:
    """Begin a run; returns `log`."""
    run = goodseed.Run(project="bench", log_dir=folder / "goodseed", storage="local")
    _runs.append(run)
    log, steps = run.log_metrics, count()
    return lambda row: log(row, next(steps))


def finish() -> None:
    """End the run."""
    _runs.pop().close()


def recovered(folder: Path) -> int:
    """How many steps the database of the run holds."""
    [file] = folder.rglob("*.sqlite")
    with closing(sqlite3.connect(file)) as database:
        query = (
            "select count(distinct step) from metric_points join metric_series "
            "on series_id = metric_series.id where path like '%samples'"
        )
        return database.execute(query).fetchone()[0]
