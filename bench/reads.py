"""How quickly the server answers: curves, groups, statistics, exports, over HTTP and warm.

The client is as lean as one can be: it reads bytes and looks at none of them. Each figure is
told with the processor time that the server spent on one answer, which says more than the
clock on a machine that others use too.

Usage: python -m bench.reads [--folder DIR] [--only WORDS] [--json]. A folder that was filled
before is not filled again.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from bench.figures import Figure, as_json, line, table
from bench.writer import Writer
from tests.journeys.processes import ServerProcess, eventually

from wanllmdb import wire

PROJECT = "bench-reads"
RUNS = [f"run{number:04d}" for number in range(1000)]
WIDE_KEYS = [f"key_{number:03d}" for number in range(200)]
TABLE_KEYS = [f"table_{number:02d}" for number in range(50)]
LOSS = "loss"
REPEATS = 9
BLOCK = 1 << 20  # bytes read at once
TEXTS = ("csv", "jsonl")
POINT_BYTES = 24  # of a step, a time and a value


class Client:
    """One connection that asks, and reads what comes."""

    def __init__(self, server: ServerProcess) -> None:
        self.owner = server.owner
        self.project = f"/api/v1/projects/{self.owner}/{PROJECT}"
        self._http = HTTPConnection("127.0.0.1", server.port, timeout=600)
        self._headers = {"Authorization": f"Bearer {server.key}"}

    def ask(self, path: str, said: object = None, *, content: bytes = b"", kind: str = "") -> int:
        """Post a question, or get; how many bytes the answer has."""
        body = content or (json.dumps(said) if said is not None else None)
        headers = self._headers | {"Content-Type": kind or "application/json"}
        self._http.request("GET" if body is None else "POST", path, body, headers)
        answer = self._http.getresponse()
        size = 0
        while block := answer.read(BLOCK):
            size += len(block)
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {block!r}")
        return size

    def read(self, path: str, said: object) -> Any:
        """Post a question; the answer, which is JSON."""
        headers = self._headers | {"Content-Type": "application/json"}
        self._http.request("POST", path, json.dumps(said), headers)
        return json.load(self._http.getresponse())

    def curves(self, runs: list[str], keys: list[str], buckets: int, **more: Any) -> int:
        """Ask for curves."""
        question = {"runs": runs, "keys": keys, "buckets": buckets, **more}
        return self.ask("/api/v1/curves", {"project": f"{self.owner}/{PROJECT}", **question})

    def points(self, keys: list[str]) -> int:
        """How many points there are of some keys."""
        said = self.read(f"{self.project}/statistics", {"runs": ["long", *RUNS[:-1]], "keys": keys})
        return sum(sum(each["logged"]) for each in said["keys"])

    def log(self, run: str, keys: list[str], points: int, rows: int, *, seed: int) -> None:
        """Make a run, and send noisy curves of so many points a key."""
        self.ask("/api/v1/runs", {"id": run, "project": PROJECT, "config": config(seed)})
        rng = np.random.default_rng(seed)
        writer = Writer(keys)
        now = time.time_ns() // 1000
        for first in range(0, points, rows):
            steps = np.arange(first, first + rows)
            values = np.exp(-steps / 4000)[:, None] + rng.normal(0, 0.05, (rows, len(keys)))
            times = (now + steps * 50_000).tolist()
            content = writer.batch(
                steps.tolist(), times, values.astype(np.float32).astype(np.float64).tolist()
            )
            path = f"{self.project}/runs/{run}/writers/w/batches"
            self.ask(path, content=content, kind=wire.CONTENT_TYPE)

    def finish(self, run: str) -> None:
        """Say that the run has ended."""
        self.ask(f"{self.project}/runs/{run}/finish", {"exit_code": 0})


def config(seed: int) -> dict[str, Any]:
    """By what runs are grouped: ten settings, a hundred seeds of each."""
    return {"lr": 10.0 ** -(seed % 5), "model": {"width": 64 * (1 + seed % 2)}, "seed": seed}


def fill(server: ServerProcess, runs: int = 1000) -> None:
    """Log all that is asked for."""
    client = Client(server)
    client.log("long", [LOSS], 1_000_000, 5000, seed=1)
    client.log("wide", WIDE_KEYS, 10_000, 200, seed=2)
    for number, run in enumerate(RUNS[:runs]):
        client.log(run, [LOSS], 10_000, 2000, seed=number)
    for number, run in enumerate(RUNS[:runs]):
        client.log(f"table-{run}", TABLE_KEYS, 20, 20, seed=number)
    for run in ("long", "wide", *RUNS[:runs], *(f"table-{run}" for run in RUNS[:runs])):
        client.finish(run)
    settle(server)


def settle(server: ServerProcess) -> None:
    """Wait until the store has made itself small: its files stop changing."""
    last = [-1]

    def quiet() -> bool:
        files = Path(server.root / "data").rglob("metrics*")
        now = sum(path.stat().st_size for path in files)
        same, last[0] = now == last[0], now
        time.sleep(4)
        return same

    time.sleep(6)
    eventually(quiet, seconds=180, why="the store settles")


@dataclass(frozen=True)
class Asked:
    """A question: its name, what it asks, and in how many milliseconds it shall be answered."""

    name: str
    ask: Callable[[Client], int]
    goal: float | None = None


def _curves(runs: list[str], keys: list[str], buckets: int, **more: Any) -> Callable[[Client], int]:
    return lambda client: client.curves(runs, keys, buckets, **more)


QUESTIONS = (
    Asked("curve of 1 run × 1 M points", _curves(["long"], [LOSS], 1000), 5),
    Asked("curves of 100 runs × 10 k points", _curves(RUNS[:100], [LOSS], 500), 25),
    Asked("curves of 1000 runs × 10 k points", _curves(RUNS, [LOSS], 500), 200),
    Asked("curves of 200 keys × 10 k points of one run", _curves(["wide"], WIDE_KEYS, 300), 50),
    Asked(
        "statistics of 1000 runs × 50 keys",
        lambda client: client.ask(
            f"{client.project}/statistics", {"runs": [f"table-{run}" for run in RUNS]}
        ),
        100,
    ),
    Asked(
        "1000 runs × 10 k points in 10 groups",
        _curves(RUNS, [LOSS], 500, group_except=["seed"], aggregates=["mean", "std", "median"]),
    ),
    Asked(
        "curves of 100 runs × 10 k points over another metric",
        _curves(RUNS[:100], [LOSS], 500, x="metric", x_key=LOSS),
    ),
)


def figures(server: ServerProcess, only: str = "") -> Iterator[Figure]:
    """Ask every question, once to warm up and then a few times."""
    assert server.process
    process = psutil.Process(server.process.pid)
    client = Client(server)
    for asked in QUESTIONS:
        if only in asked.name:
            yield measure(client, process, asked)
    if only in "export":
        yield from exports(client, process)


def exports(client: Client, process: psutil.Process) -> Iterator[Figure]:
    """Everything that the runs logged, as files: megabytes of steps, times and values a second."""
    for file_format in ("arrow", "parquet", "csv", "jsonl"):
        question = {"format": file_format, "keys": [LOSS]}
        before, cpu = time.perf_counter(), sum(process.cpu_times()[:2])
        size = client.ask(f"{client.project}/export", question)
        wall = time.perf_counter() - before
        cpu = sum(process.cpu_times()[:2]) - cpu
        points = client.points([LOSS])
        note = f"{size / 1e6:,.0f} MB, {points / wall / 1e6:.1f} M points/s, {cpu:.2f} s CPU"
        name = f"export of {points / 1e6:.0f} M points as {file_format}"
        pace, goal = points * POINT_BYTES / wall / 1e6, None if file_format in TEXTS else 200
        yield Figure(name, pace, "MB/s", goal, at_least=True, note=note)


def measure(client: Client, process: psutil.Process, asked: Asked) -> Figure:
    """The median of the time to the last byte; processor time of the server as a note."""
    size = asked.ask(client)
    before = time.perf_counter()
    asked.ask(client)
    repeats = REPEATS + min(200, int(0.5 / (time.perf_counter() - before)))
    taken: list[float] = []
    cpu = sum(process.cpu_times()[:2])
    for _ in range(repeats):
        before = time.perf_counter()
        asked.ask(client)
        taken.append(time.perf_counter() - before)
    cpu = (sum(process.cpu_times()[:2]) - cpu) / repeats
    note = f"{cpu * 1e3:.1f} ms CPU, {size / 1e3:,.0f} kB"
    return Figure(asked.name, statistics.median(taken) * 1e3, "ms", asked.goal, note=note)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanllmdb-reads-") as folder:
        root = arguments.folder or Path(folder)
        known = (root / "data").exists()
        root.mkdir(parents=True, exist_ok=True)
        for told in root.glob("home/.wanllmdb/local/*.json"):
            told.unlink()  # of the server that was here before, on another port
        server = ServerProcess(root, fresh=True).start()
        try:
            if not known:
                fill(server)
            found = []
            for figure in figures(server, arguments.only):
                found.append(figure)
                print(line(figure), file=sys.stderr, flush=True)
        finally:
            server.stop()
    print(as_json(found) if arguments.json else f"\nload {os.getloadavg()[0]:.1f}\n{table(found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
