"""Live: how soon a point is seen, what it costs those who look, and what it costs the server.

Usage: python -m bench.live [--quick] [--json]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from bench import flood, onlookers
from bench.figures import Figure, as_json, line, quantile, table
from bench.onlookers import Seen, look_on
from bench.tree import processor_seconds
from tests.journeys.processes import ServerProcess

PROJECT = "bench-live"
KEYS = tuple(f"metric_{number}" for number in range(10))
CLIENTS = 4
LIVE_RUNS = 100
FOLLOW: dict[str, Any] = {"runs": [], "keys": []}  # what every page of a project asks for


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it: batches of 10,000 points from each client, and seconds."""

    batches: int = 500
    quiet: float = 10.0
    seconds: float = 20.0
    settle: float = 5.0
    runs: int = LIVE_RUNS


QUICK = Size(batches=40, quiet=1.0, seconds=2.0, settle=0.5, runs=5)


def figures(server: ServerProcess, size: Size | None = None) -> Iterator[Figure]:
    """All figures of what is live."""
    size = size or Size()
    yield from latency(server, size)
    yield from tabs(server, size)


def latency(server: ServerProcess, size: Size) -> Iterator[Figure]:
    """From the sending of a point, and from its acknowledgement, to the socket of who looks."""
    probe, flooded = f"probe-{time.time_ns()}", [f"flood-{n}" for n in range(CLIENTS)]
    _open(server, [probe, *flooded])
    wish = {"runs": [probe], "keys": list(KEYS), "rate": 64}
    quiet = look_on(_orders(server, [probe], [[wish]], hertz=20, seconds=size.quiet)).seen()
    yield from _latencies("idle server", quiet, (0.0, float("inf")), goal=None)

    probe = f"{probe}-2"
    _open(server, [probe])
    wish = {**wish, "runs": [probe]}
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(_flooded, server, flooded, size.batches)
        looking = look_on(_orders(server, [probe], [[wish]], hertz=20, seconds=600))
        span, rate = begun.result()
        seen = looking.enough()
    yield Figure("ingest beside the onlooker", rate / 1e3, "k pts/s")
    yield from _latencies("full ingest", seen, span, goal=50)


def _latencies(
    when: str, seen: Seen, span: tuple[float, float], *, goal: float | None
) -> Iterator[Figure]:
    rows = [row for row in seen.rows if span[0] <= row[0] <= span[1]]
    missing = sum(1 for row in rows if row[2] is None)
    sent = sorted(at - row[0] for row in rows if (at := row[2]) is not None)
    known = sorted(max(at - row[1], 0.0) for row in rows if (at := row[2]) is not None)
    note = f"{len(sent)} points" + (f", {missing} never came" if missing else "")
    if not sent:
        yield Figure(f"live point to socket, {when}", None, "ms", goal, note="no point came")
        return
    yield Figure(f"live point sent to socket p50, {when}", statistics.median(sent) * 1e3, "ms")
    yield Figure(f"live point sent to socket p99, {when}", quantile(sent, 0.99) * 1e3, "ms",
                 note=note)  # fmt: skip
    yield Figure(f"live point acknowledged to socket p99, {when}", quantile(known, 0.99) * 1e3,
                 "ms", goal)  # fmt: skip


def _flooded(
    server: ServerProcess, runs: Sequence[str], batches: int
) -> tuple[tuple[float, float], float]:
    """Full ingest: when it was, and points a second."""
    orders = flood.Orders(
        server.port, server.key, server.owner, PROJECT, tuple(runs), 1000, len(KEYS), batches,
        writer=f"w{time.time_ns()}",
    )  # fmt: skip
    done = flood.flood(orders)
    end = time.perf_counter()
    return (end - done.wall, end), len(runs) * batches * 1000 * len(KEYS) / done.wall


def tabs(server: ServerProcess, size: Size) -> Iterator[Figure]:
    """What a tab is told of many live runs, and what onlookers cost the server."""
    runs = [f"live-{number:05d}" for number in range(size.runs)]
    _open(server, runs)
    workspace = [FOLLOW, {"runs": runs, "keys": list(KEYS)}]
    label = f"{size.runs} live runs × {len(KEYS)} keys a second"
    alone, _ = _watched(server, runs, [], size)
    table, (seen,) = _watched(server, runs, [[FOLLOW]], size)
    yield Figure(f"tab that shows a table, {label}", seen / 1e3, "kB/s", 20)
    _, (seen,) = _watched(server, runs, [workspace], size)
    yield Figure(f"tab that shows a workspace of all, {label}", seen / 1e3, "kB/s")
    ten, _ = _watched(server, runs, [workspace] * 10, size)
    yield Figure(f"server CPU, {label}, nobody looks", alone * 100, "% core")
    yield Figure(f"server CPU, {label}, a table", table * 100, "% core")
    yield Figure(f"server CPU, {label}, 10 workspaces", ten * 100, "% core")


def _watched(
    server: ServerProcess, runs: Sequence[str], wishes: list[list[dict[str, Any]]], size: Size
) -> tuple[float, list[float]]:
    """The share of a core that the server takes, and bytes a second of each onlooker."""
    assert server.process
    pid = server.process.pid
    orders = _orders(server, runs, wishes, hertz=1, seconds=size.seconds, settle=size.settle)
    looking = look_on(orders)
    time.sleep(size.settle)
    before, begun = processor_seconds(pid), time.perf_counter()
    time.sleep(size.seconds - size.settle)
    share = (processor_seconds(pid) - before) / (time.perf_counter() - begun)
    seen = looking.seen()
    return share, [told / seen.counted for told in seen.told]


def _orders(
    server: ServerProcess,
    runs: Sequence[str],
    wishes: list[list[dict[str, Any]]],
    *,
    hertz: float,
    seconds: float,
    settle: float = 0.0,
) -> onlookers.Orders:
    return onlookers.Orders(
        server.port, server.key, server.owner, PROJECT, tuple(runs), KEYS, hertz, seconds,
        tuple(wishes), settle,
    )  # fmt: skip


def _open(server: ServerProcess, runs: Sequence[str]) -> None:
    headers = {"Authorization": f"Bearer {server.key}"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=60) as http:
        for run in runs:
            http.post("/runs", json={"id": run, "project": PROJECT}).raise_for_status()


def main() -> None:
    """Measure on a server of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="wanllmdb-bench-") as folder:
        server = ServerProcess(Path(folder), fresh=True).start()
        try:
            for figure in figures(server, QUICK if arguments.quick else Size()):
                found.append(figure)
                print(line(figure), file=sys.stderr, flush=True)
        finally:
            server.stop()
    print(as_json(found) if arguments.json else table(found))


if __name__ == "__main__":
    main()
