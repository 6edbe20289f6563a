"""mlflow into a SQLite store, without a server: `log_metrics`, a transaction a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path

import mlflow


def begin(folder: Path) -> Callable[[Mapping[str, float]], object]:
    """Begin a run; returns `log`."""
    open_run(folder)
    log, steps = mlflow.log_metrics, count()
    return lambda row: log(row, step=next(steps))


def open_run(folder: Path) -> mlflow.ActiveRun:
    """A run in a database of its own."""
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.create_experiment("bench", artifact_location=str(folder / "artifacts"))
    mlflow.set_experiment("bench")
    return mlflow.start_run()


def finish() -> None:
    """End the run."""
    mlflow.end_run()


def recovered(folder: Path) -> int:
    """How many steps the database holds."""
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        query = "select count(distinct step) from metrics where key = 'samples'"
        return database.execute(query).fetchone()[0]
