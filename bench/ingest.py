"""Ingest, end to end: packed batches over HTTP, from clients on the same cores as the server.

Usage: python -m bench.ingest [--quick] [--json] [--large]

The clients are one process that has little to do (`bench.flood`). `--large` also logs a run of
ten million rows and one of a hundred thousand keys, which takes minutes.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from bench.figures import Figure, as_json, line, quantile
from bench.flood import Flooded, Orders, flood
from tests.journeys.processes import ServerProcess, eventually

from wanllmdb import wire
from wanllmdb.wire import MAX_KEYS_PER_RUN, Kind

PROJECT = "bench-ingest"
KEYS = 10
MANY_ROWS, MANY_KEYS = 10_000_000, 100_000
_LOOK_S = 0.02
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Load:
    """What clients send: `batches` batches of `rows` rows, one after another, from each.

    Attributes:
        goal: thousand points a second.
        settle: what it costs until all is sealed is measured too.
    """

    name: str
    clients: int
    rows: int
    batches: int
    goal: float
    settle: bool = False

    @property
    def points(self) -> int:
        """Of all clients."""
        return self.clients * self.rows * self.batches * KEYS

    @property
    def label(self) -> str:
        """The words of its figures."""
        return f"{self.name}, {self.clients} × {self.rows} rows × {KEYS} keys"


# A sender that is behind fills its batches (256 KiB, about 1700 such rows); one that keeps up
# sends a row or two.
LOADS = (
    Load("full batches", 8, 1000, 250, 2000, settle=True),
    Load("batches", 8, 100, 500, 1200),
    Load("flushes", 200, 1, 300, 150),
)
QUICK = (
    Load("full batches", 2, 1000, 4, 2000, settle=True),
    Load("batches", 2, 100, 10, 1200),
    Load("flushes", 20, 1, 5, 150),
)


@dataclass
class Watch:
    """What the server's process has used: the most of it since `begin`."""

    server: ServerProcess
    rss: float = 0.0
    wal: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def process(self) -> psutil.Process:
        """The server's."""
        assert self.server.process
        return psutil.Process(self.server.process.pid)

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far."""
        return sum(self.process.cpu_times()[:2])

    @property
    def written(self) -> int:
        """Bytes that went to the disk so far."""
        return self.process.io_counters().write_bytes

    @contextmanager
    def looking(self) -> Iterator[Watch]:
        """Look again and again while the block runs."""
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def _look(self) -> None:
        process = self.process
        while not self._stop.wait(_LOOK_S):
            self.rss = max(self.rss, process.memory_info().rss / 1e6)
            logs = (self.server.root / "data").rglob("metrics*-wal")
            self.wal = max(self.wal, sum(path.stat().st_size for path in logs) / 1e6)


def figures(server: ServerProcess, loads: Sequence[Load] = LOADS) -> Iterator[Figure]:
    """All figures of ingest; the server is idle."""
    for load in loads:
        yield from of_load(server, load)


def of_load(server: ServerProcess, load: Load) -> Iterator[Figure]:
    """What one load comes to."""
    runs = [f"{load.name.replace(' ', '-')}-{n}-{time.time_ns()}" for n in range(load.clients)]
    create(server, runs)
    watch = Watch(server)
    cpu, written = watch.cpu, watch.written
    with watch.looking():
        done = flood(orders(server, load, runs))
        spent = watch.cpu - cpu
        yield from _of_acks(load, done)
        yield Figure(f"server CPU until the last answer, {load.label}",
                     spent / load.points * 1e6, "s/Mpt", 0.4 if load.settle else None)  # fmt: skip
        if load.settle:
            settle(server, runs)
    if load.settle:
        yield Figure(f"server CPU until all is sealed, {load.label}",
                     (watch.cpu - cpu) / load.points * 1e6, "s/Mpt", 0.6)  # fmt: skip
        yield Figure(f"disk, settled, {load.label}", disk(server) / load.points, "B/pt", 5)
        yield Figure(f"memory of the server (RSS), at most, {load.label}", watch.rss, "MB", 400)
        yield Figure(f"write-ahead log, at most, {load.label}", watch.wal, "MB", 64)
    yield Figure(f"written, {load.label}", (watch.written - written) / load.points, "B/pt",
                 50 if load.settle else None)  # fmt: skip


def _of_acks(load: Load, done: Flooded) -> Iterator[Figure]:
    yield Figure(f"ingest, {load.label}", load.points / done.wall / 1e3, "k pts/s",
                 load.goal, at_least=True)  # fmt: skip
    yield Figure(f"acknowledgement p50, {load.label}", quantile(done.acks, 0.5) * 1e3, "ms")
    yield Figure(f"acknowledgement p99, {load.label}", quantile(done.acks, 0.99) * 1e3, "ms", 100)
    yield Figure(f"acknowledgement, longest, {load.label}", done.acks[-1] * 1e3, "ms")
    yield Figure(f"client CPU, {load.label}", done.cpu / load.points * 1e6, "s/Mpt")


def orders(server: ServerProcess, load: Load, runs: Sequence[str]) -> Orders:
    """What the clients of a load are told."""
    of = (server.port, server.key, server.owner, PROJECT, tuple(runs))
    return Orders(*of, load.rows, KEYS, load.batches)


def large(server: ServerProcess) -> Iterator[Figure]:
    """A run of very many rows, and one of very many keys."""
    watch = Watch(server)
    [rows, keys] = runs = [f"{what}-{time.time_ns()}" for what in ("rows", "keys")]
    create(server, runs)
    with watch.looking():
        of = (server.port, server.key, server.owner, PROJECT, (rows,))
        done = flood(Orders(*of, 1000, 2, MANY_ROWS // 1000))
        yield Figure("ingest of 10 M rows × 2 keys in one run, one client",
                     MANY_ROWS * 2 / done.wall / 1e3, "k pts/s")  # fmt: skip
        yield Figure("acknowledgement p99 meanwhile", quantile(done.acks, 0.99) * 1e3, "ms", 100)
        settle(server, [rows])
        yield Figure("a curve of 10 M points", _curve(server, rows, "metric_0") * 1e3, "ms", 5)
        yield Figure("memory of the server (RSS), at most", watch.rss, "MB", 400)
        before = time.perf_counter()
        for first in range(0, MANY_KEYS, 1000):
            _send_keys(server, keys, first)
        yield Figure("ingest of 100 k keys in one run", time.perf_counter() - before, "s")
        settle(server, [keys])
        before = time.perf_counter()
        path = f"/projects/{server.owner}/{PROJECT}/runs/{keys}/keys"
        found = json.loads(ask(server, "GET", path))
        yield Figure("the list of its keys", time.perf_counter() - before, "s")
        if len(found["keys"]) != MANY_KEYS:
            raise RuntimeError("keys are missing")
        yield Figure("a curve of one of them", _curve(server, keys, "layer.77777") * 1e3, "ms")
        yield Figure("memory of the server (RSS), at most, with them", watch.rss, "MB")


def _send_keys(server: ServerProcess, run: str, first: int) -> None:
    values = {f"layer.{n}": n / 7 for n in range(first, min(first + 1000, MAX_KEYS_PER_RUN))}
    row = wire.encode([1, time.time_ns() // 1000, values])
    content = wire.pack(first, [(first + 1000, int(Kind.ROW), row)])
    path = f"/projects/{server.owner}/{PROJECT}/runs/{run}/writers/w/batches"
    ask(server, "POST", path, content, kind=wire.CONTENT_TYPE)


def _curve(server: ServerProcess, run: str, key: str) -> float:
    """Seconds for a curve that was asked for before."""
    body = {"project": f"{server.owner}/{PROJECT}", "runs": [run], "keys": [key], "buckets": 1000}
    taken = 0.0
    for _ in range(5):
        before = time.perf_counter()
        ask(server, "POST", "/curves", json.dumps(body).encode())
        taken = time.perf_counter() - before
    return taken


def create(server: ServerProcess, runs: Sequence[str]) -> None:
    """Make runs of these names."""
    for run in runs:
        ask(server, "POST", "/runs", json.dumps({"id": run, "project": PROJECT}).encode())


def ask(
    server: ServerProcess, method: str, path: str, body: bytes = b"", *, kind: str = _JSON
) -> Any:
    """The body of an answer; raises if it is a refusal."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": kind}
    try:
        connection.request(method, f"/api/v1{path}", body, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {content[:200]!r}")
    return content


def disk(server: ServerProcess) -> int:
    """Bytes of the metric store's files."""
    return sum(path.stat().st_size for path in (server.root / "data").rglob("metrics-*"))


def settle(server: ServerProcess, runs: Sequence[str]) -> None:
    """Finish the runs, and wait until the store has sealed them: its files stop changing."""
    for run in runs:
        path = f"/projects/{server.owner}/{PROJECT}/runs/{run}/finish"
        ask(server, "POST", path, b'{"exit_code": 0}')
    time.sleep(6)
    last = [0]

    def quiet() -> bool:
        now = disk(server)
        same, last[0] = now == last[0], now
        time.sleep(4)  # the store waits five seconds before it makes itself small
        return same

    eventually(quiet, seconds=120, why="the store settles")


def main() -> int:
    """Measure and print; exit status 0 whatever the figures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--quick", "--json", "--large"):
        parser.add_argument(option, action="store_true")
    arguments = parser.parse_args()
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="wanllmdb-bench-") as folder:
        server = ServerProcess(Path(folder), fresh=True).start()
        try:
            for part in (
                figures(server, QUICK if arguments.quick else LOADS),
                large(server) if arguments.large else iter(()),
            ):
                for figure in part:
                    found.append(figure)
                    print(line(figure), file=sys.stderr, flush=True)
        finally:
            server.stop()
    if arguments.json:
        print(as_json(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
