"""What our server does, over HTTP, on all cores: start-up, idle memory, ingest; then the rest."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPException

import httpx
import psutil
from bench import ingest, json_path, live, reads
from bench.figures import Figure
from tests.journeys.processes import ServerProcess

FAULTS = (AssertionError, RuntimeError, OSError, ValueError, KeyError, httpx.HTTPError,
          HTTPException, subprocess.SubprocessError)  # fmt: skip


def figures(server: ServerProcess, *, quick: bool = False) -> Iterator[Figure]:
    """All figures of the server; it is fresh and idle."""
    assert server.process
    process = psutil.Process(server.process.pid)
    yield Figure("idle memory of the server (RSS)", process.memory_info().rss / 1e6, "MB", 150)
    yield from guarded("ingest", ingest.figures(server, ingest.QUICK if quick else ingest.LOADS))
    yield from guarded("JSON", json_path.figures(server, *([10] if quick else [])))
    yield from guarded("reads", answers(server, runs=10 if quick else 1000))
    yield from guarded("live", live.figures(server, live.QUICK if quick else None))


def answers(server: ServerProcess, runs: int) -> Iterator[Figure]:
    """Log what is asked for, and ask."""
    reads.fill(server, runs)
    yield from reads.figures(server)


def guarded(name: str, part: Iterator[Figure]) -> Iterator[Figure]:
    """The figures of a part; if it fails, one more that says so: the others are measured still."""
    try:
        yield from part
    except FAULTS as error:
        words = str(error).strip().splitlines() or [""]
        yield Figure(name, None, "", note=f"{type(error).__name__}: {words[-1]}")


def start_up(server: ServerProcess) -> Figure:
    """Starts the server: process start to the first answer of /readyz."""
    before = time.perf_counter()
    server.start()
    return Figure("server start to first answer", time.perf_counter() - before, "s", 2)
