"""What the SDK costs a training: `log()`, `init`, `finish` and the import.

Each is measured in processes of their own, with the server alive, dead (connection refused)
and hung (accepts, never answers). The quantiles of `log()` of 10 scalars are those of the best
of several processes, since a shared machine drifts by a factor of two; the control beside them
is a fixed bit of Python, timed between the calls.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure
from tests.journeys.processes import ServerProcess, free_port

ROOT = Path(__file__).resolve().parents[1]
ROWS = 30_000
PACE_US = 100  # between two rows; the caches go cold in between, as they do in a training
PROCESSES = {PACE_US: 5, 0: 3}


def figures(server: ServerProcess) -> Iterator[Figure]:
    """All figures of the SDK; the server is up."""
    yield import_time(server)
    with hung_server() as hung:
        urls = {"alive": server.url, "dead": f"http://127.0.0.1:{free_port()}", "hung": hung}
        for state, url in urls.items():
            for pace, processes in PROCESSES.items():
                answers = [train(server, url, pace) for _ in range(processes)]
                yield from of_log(state, pace, answers)
                if pace:
                    yield from of_ends(state, answers)


def of_log(state: str, pace: int, answers: list[dict[str, float]]) -> Iterator[Figure]:
    """The quantiles of `log()` in one state of the server, of the best process."""
    best = min(answers, key=lambda answer: answer["p50"])
    when = f"a row each {pace} µs" if pace else "flat out"
    for name, goal in (("p50", 10), ("p99", 100), ("p99.9", 1000)):
        yield Figure(f"log(), {name}, server {state}, {when}", best[name] * 1e6, "µs", goal)
    yield Figure("… control", best["control"] * 1e6, "µs")


def of_ends(state: str, answers: list[dict[str, float]]) -> Iterator[Figure]:
    """How long a run takes to begin and to end: medians of the processes."""
    goals = {"init": None, "finish": None} if state == "alive" else {"init": 2000, "finish": 5000}
    for name, goal in goals.items():
        middle = statistics.median(answer[name] for answer in answers)
        yield Figure(f"{name}, {ROWS:,} rows, server {state}", middle * 1e3, "ms", goal)


def train(server: ServerProcess, url: str, pace: int) -> dict[str, float]:
    """One training against `url`; a loopback key file exists only for the live server."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.training", str(ROWS), str(pace)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        env={**server.environment, "WANLLMDB_API_URL": url, "WANLLMDB_API_KEY": server.key},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return json.loads(done.stdout.split("FIGURES", 1)[1].splitlines()[0])


def import_time(server: ServerProcess) -> Figure:
    """`import wanllmdb` over bare Python: the difference of medians of whole processes."""

    def wall(code: str) -> float:
        measured = []
        for _ in range(11):
            done = subprocess.run(
                [sys.executable, "-c", f"import time; t=time.perf_counter()\n{code}\n"
                 "print(time.perf_counter()-t)"],
                capture_output=True, text=True, check=True, env=server.environment,
            )  # fmt: skip
            measured.append(float(done.stdout))
        return statistics.median(measured)

    return Figure("import wanllmdb, over bare Python", wall("import wanllmdb") * 1e3, "ms", 60)


@contextmanager
def hung_server() -> Iterator[str]:
    """A server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for each in held:
            each.close()
