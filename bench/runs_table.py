"""A run table of a hundred thousand runs: filters, orders, columns, keys and groups.

The runs are written into the catalog of a server that stands still; of their summaries all is
set, and one question is about a key of which the metric store has to be asked. Each question is
asked over HTTP, first by a server that has just begun, then again: what a page does. What one
question has read, the next ones find, so "at first" is of the fields that it is the first to name.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from bench.figures import Figure
from tests.journeys.processes import ServerProcess

RUNS: Final = 100_000
PROJECT: Final = "table"
AGAIN: Final = 5
MODELS: Final = ("resnet18", "resnet50", "vit-b", "vit-l", "mixer")

SEARCHES: Final[dict[str, dict[str, Any]]] = {
    "newest first": {},
    "a range of config, by it": {"filter": "config.lr > 0.01 and config.lr < 0.5",
                                 "order": "config.lr"},
    "a range of summary, by it": {"filter": "summary.loss < 0.3", "order": "summary.loss"},
    "an expression in names": {"filter": "name ~ /-(7|9)\\d+$/", "order": "-created_at"},
    "tag, state and model, by three keys": {
        "filter": "tags has best and state = finished and config.model in (vit-b, vit-l)",
        "order": "config.model,-summary.accuracy,name"},
    "a word": {"q": "resnet50", "order": "-summary.loss"},
}  # fmt: skip
LOGGED: Final = {"filter": "summary.logged_loss exists", "order": "summary.logged_loss"}
TABLES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "columns": ("columns", {"columns": ["config.lr", "config.depth", "config.model",
                                        "summary.loss", "summary.accuracy", "duration"],
                            "limit": 10_000}),
    "keys": ("fields", {}),
    "groups": ("groups", {"by": ["config.model", "group"],
                          "columns": ["summary.loss", "summary.accuracy"]}),
}  # fmt: skip


def figures(root: Path, *, quick: bool) -> Iterator[Figure]:
    """How long a page waits for each question: the median of some, and the very first."""
    count = 2_000 if quick else RUNS
    process = ServerProcess(root, fresh=True).start()
    try:
        _make_project(process)
        process.stop()
        fill(root / "data" / "catalog.db", count)
        process.start()
        with _client(process) as client:
            for name, body in SEARCHES.items():
                yield _asked(client, f"run table: {name}", "search", body | {"limit": 50}, count)
            yield _asked(client, "run table: by what was logged", "search", LOGGED, count)
            for name, (route, body) in TABLES.items():
                yield _asked(client, f"run table: {name}", route, body, count)
            for kind in ("csv", "parquet"):
                yield _exported(client, kind, count)
    finally:
        process.stop()


def fill(catalog: Path, count: int, *, project: str = PROJECT, more: int = 0) -> None:
    """Write runs into the catalog of a server that stands still, with so many keys more."""
    chance = random.Random(6)
    connection = sqlite3.connect(catalog)
    [project_id] = connection.execute(
        "SELECT id FROM projects WHERE name = ?", (project,)
    ).fetchone()
    [first] = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM runs").fetchone()
    [user] = connection.execute("SELECT min(id) FROM users").fetchone()
    rows, facts = [], []
    for at in range(count):
        config = {"lr": 10 ** chance.uniform(-4, 0), "depth": chance.choice([18, 34, 50]),
                  "model": chance.choice(MODELS), "seed": at % 10, "amp": at % 2 == 0,
                  "batch": {"size": 2 ** chance.randrange(4, 10)}, "data": "imagenet",
                  "warmup": chance.random(), "decay": chance.random(), "epochs": 90}  # fmt: skip
        config |= {f"p{key:02d}": chance.random() for key in range(more)}
        summary = {"loss": chance.random(), "accuracy": chance.random(), "epoch": 90}
        began = 1_700_000_000_000_000 + at * 1_000_000
        name = f"{config['model']}-{at}"
        rows.append(_row(first + at, project_id, user, name, began, config, summary))
        leaves = {**config, "batch.size": config["batch"]["size"]}
        del leaves["batch"]
        facts += [(first + at, "config", key, *_fact(value)) for key, value in leaves.items()]
        facts += [(first + at, "summary", key, *_fact(value)) for key, value in summary.items()]
    columns = ", ".join(f'"{name}"' for name in rows[0])
    marks = ", ".join("?" * len(rows[0]))
    with connection:
        connection.executemany(
            f"INSERT INTO runs ({columns}) VALUES ({marks})",  # noqa: S608 - our own names
            [tuple(row.values()) for row in rows],
        )
        connection.executemany("INSERT INTO run_facts VALUES (?, ?, ?, ?, ?)", facts)
    connection.close()


def _row(
    number: int, project: int, user: int, name: str, began: int, config: Any, summary: Any
) -> dict[str, Any]:
    return {
        "number": number, "project_id": project, "id": f"run{number}", "user_id": user,
        "name": name, "state": "failed" if number % 20 == 0 else "finished", "color": number % 20,
        "created_at": began, "started_at": began, "resumed_at": 0,
        "heartbeat_at": began + number % 3600 * 1_000_000,
        "finished_at": began + number % 3600 * 1_000_000, "exit_code": 0,
        "group": f"sweep-{number % 50}", "tags": json.dumps(["best"] if number % 7 == 0 else []),
        "config": json.dumps(config), "summary": json.dumps(summary),
        "environment": json.dumps({"host": f"node-{number % 64}", "python": "3.11"}),
        "stop_requested": 0, "alerts": 0,
        "search": f"{name}\nrun{number}\nimagenet\n{config['model']}",
    }  # fmt: skip


def _fact(value: object) -> tuple[float | None, str | None]:
    if isinstance(value, str):
        return None, value
    return float(value), None  # type: ignore[arg-type]  # numbers and booleans


def _make_project(process: ServerProcess) -> None:
    with _client(process) as client:
        client.post(f"{process.url}/api/v1/projects", json={"name": PROJECT}).raise_for_status()


def _client(process: ServerProcess) -> httpx.Client:
    return httpx.Client(
        base_url=f"{process.url}/api/v1/projects/{process.owner}/{PROJECT}",
        headers={"Authorization": f"Bearer {process.key}"},
        timeout=300,
    )


def _asked(client: httpx.Client, name: str, route: str, body: dict[str, Any], count: int) -> Figure:
    took = []
    for _ in range(AGAIN + 1):
        begun = time.perf_counter()
        client.post(f"/runs/{route}", json=body).raise_for_status()
        took.append((time.perf_counter() - begun) * 1000)
    first, again = took[0], statistics.median(took[1:])
    goal = 300 if route == "search" else 1000
    return Figure(f"{name}, {count:,} runs", again, "ms", goal, note=f"{first:.0f} ms at first")


def _exported(client: httpx.Client, kind: str, count: int) -> Figure:
    """The whole table with every column, as it reaches the disk of who asked."""
    begun, size = time.perf_counter(), 0
    with client.stream("POST", "/runs/export", json={"format": kind}) as answer:
        answer.raise_for_status()
        first = time.perf_counter() - begun
        for part in answer.iter_bytes():
            size += len(part)
    took = time.perf_counter() - begun
    note = f"{size / 1e6:.1f} MB; begins after {first * 1000:.0f} ms"
    return Figure(f"run table: all of it as {kind}, {count:,} runs", took, "s", note=note)
