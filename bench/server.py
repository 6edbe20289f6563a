"""What the server does, over HTTP: ingest, curves, bytes on disk, start-up, idle memory."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import psutil
from bench.figures import Figure
from bench.writer import Writer
from tests.journeys.processes import ServerProcess, eventually

from wanllmdb import wire

PROJECT = "bench-curves"
KEYS = [f"metric_{i}" for i in range(10)]
CLIENTS = 4
# A sender that is behind fills its batches (256 KiB, about 1700 such rows); one that keeps up
# sends 1000 metrics at a time. The first is what ingest is measured with, the second beside it.
FULL, SMALL = 1000, 100
POINTS_A_CLIENT = 1_000_000


class Client:
    """Speaks the packed ingest as the SDK's sender does, and asks for curves."""

    def __init__(self, server: ServerProcess) -> None:
        self.owner, self.key = server.owner, server.key
        self.lean = http.client.HTTPConnection("127.0.0.1", server.port)
        self.http = httpx.Client(
            base_url=f"{server.url}/api/v1",
            headers={"Authorization": f"Bearer {server.key}"},
            timeout=120,
        )

    def open(self, project: str, run: str) -> None:
        """Create the run."""
        self.http.post("/runs", json={"id": run, "project": project}).raise_for_status()

    def send(self, project: str, run: str, content: bytes) -> None:
        """Send a batch; returns when it is durable."""
        self.http.post(
            f"/projects/{self.owner}/{project}/runs/{run}/writers/w/batches",
            content=content,
            headers={"Content-Type": wire.CONTENT_TYPE},
        ).raise_for_status()

    def curves(self, runs: list[str], key: str, buckets: int) -> float:
        """Seconds until the whole answer is here, by the leanest client there is."""
        question = {"project": f"{self.owner}/{PROJECT}", "runs": runs, "keys": [key]}
        body = json.dumps(question | {"buckets": buckets})
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        before = time.perf_counter()
        self.lean.request("POST", "/api/v1/curves", body, headers)
        content = self.lean.getresponse().read()
        taken = time.perf_counter() - before
        if not content.startswith(b"WLCF"):
            raise RuntimeError("the answer is no frame")
        return taken


def figures(server: ServerProcess) -> Iterator[Figure]:
    """All figures of the server; it is fresh and idle."""
    assert server.process
    process = psutil.Process(server.process.pid)
    yield Figure("idle memory of the server (RSS)", process.memory_info().rss / 1e6, "MB", 200)
    yield from ingest(server, process)
    yield from curves(server)


def start_up(server: ServerProcess) -> Figure:
    """Starts the server: process start to the first answer of /readyz."""
    before = time.perf_counter()
    server.start()
    return Figure("server start to first answer", time.perf_counter() - before, "s", 2)


def batches(rows: int, count: int, *, seed: int = 0, keys: list[str] = KEYS) -> list[bytes]:
    """`count` packed batches of `rows` rows of noisy curves, as one writer makes them.

    The values have the precision of float32, as losses and metrics that leave a network do.
    """
    rng = np.random.default_rng(seed)
    steps = np.arange(rows * count)
    values = np.exp(-steps / 4000)[:, None] + rng.normal(0, 0.05, (rows * count, len(keys)))
    values = values.astype(np.float32).astype(np.float64)
    now = time.time_ns() // 1000
    writer = Writer(keys)
    return [
        writer.batch(
            range(first, first + rows),
            range(now + first * 50_000, now + (first + rows) * 50_000, 50_000),
            values[first : first + rows].tolist(),
        )
        for first in range(0, rows * count, rows)
    ]


def ingest(server: ServerProcess, process: psutil.Process) -> Iterator[Figure]:
    """Points a second and CPU a million points, end to end, with several clients at once."""
    cpu, points = sum(process.cpu_times()[:2]), 0
    for rows, goal in ((FULL, 500), (SMALL, None)):
        total = POINTS_A_CLIENT if rows == FULL else POINTS_A_CLIENT // 4
        wall, acks = flood(server, rows, total)
        points += CLIENTS * total
        label = f"{rows} rows × {len(KEYS)} keys a batch"
        yield Figure(f"ingest over HTTP, {CLIENTS} clients, {label}",
                     CLIENTS * total / wall / 1e3, "k pts/s", goal, at_least=True)  # fmt: skip
        yield Figure(f"acknowledgement p50, {label}", statistics.median(acks) * 1e3, "ms")
        yield Figure(f"acknowledgement p99, {label}", acks[int(len(acks) * 0.99)] * 1e3, "ms", 100)
        if rows == FULL:
            settled(server, "bench-ingest", [f"{rows}-{n}" for n in range(CLIENTS)])
            used = sum(process.cpu_times()[:2]) - cpu
            yield Figure("server CPU, ingest and sealing", used / points * 1e6, "s/Mpt", 1.0)
            yield Figure("disk, settled (whole metric store)", disk(server) / points, "B/pt", 6.5)


def flood(server: ServerProcess, rows: int, points: int) -> tuple[float, list[float]]:
    """Send `points` points from each client at once: wall seconds, and ascending ack times."""
    content = batches(rows, points // rows // len(KEYS))
    clients = [Client(server) for _ in range(CLIENTS)]
    for number, client in enumerate(clients):
        client.open("bench-ingest", f"{rows}-{number}")
    acks: list[float] = []

    def send(number: int, client: Client) -> None:
        for each in content:
            before = time.perf_counter()
            client.send("bench-ingest", f"{rows}-{number}", each)
            acks.append(time.perf_counter() - before)

    threads = [threading.Thread(target=send, args=pair) for pair in enumerate(clients)]
    before = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - before, sorted(acks)


def disk(server: ServerProcess) -> int:
    """Bytes of the metric store's files."""
    return sum(path.stat().st_size for path in Path(server.root / "data").rglob("metrics*"))


def settled(server: ServerProcess, project: str, runs: list[str]) -> None:
    """Finish the runs, and wait until the store has sealed them: its files stop changing."""
    client = Client(server)
    for run in runs:
        path = f"/projects/{server.owner}/{project}/runs/{run}/finish"
        client.http.post(path, json={"exit_code": 0}).raise_for_status()
    time.sleep(6)
    last = [0]

    def quiet() -> bool:
        now = disk(server)
        same, last[0] = now == last[0], now
        time.sleep(4)  # the store waits five seconds before it makes itself small
        return same

    eventually(quiet, seconds=90, why="the store settles")


def curves(server: ServerProcess) -> Iterator[Figure]:
    """Latency of one panel: median of 7, after one request that warms up."""
    client = Client(server)
    client.open(PROJECT, "long")
    for each in batches(5000, 200, seed=1, keys=KEYS[:1]):
        client.send(PROJECT, "long", each)
    short = batches(2000, 5, seed=2, keys=KEYS[:1])
    names = [f"run{number:04d}" for number in range(1000)]
    for name in names:
        client.open(PROJECT, name)
        for each in short:
            client.send(PROJECT, name, each)
    settled(server, PROJECT, ["long", *names])
    for label, runs, goal, buckets in (
        ("1 run × 1 M points", ["long"], 5, 1000),
        ("100 runs × 10 k points", names[:100], 40, 500),
        ("1000 runs × 10 k points", names, 400, 500),
    ):
        client.curves(runs, KEYS[0], buckets)
        taken = statistics.median(client.curves(runs, KEYS[0], buckets) for _ in range(7))
        yield Figure(f"curve of {label}", taken * 1e3, "ms", goal)
