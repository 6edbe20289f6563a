"""What the machine allows: the limits that every figure of the SDK stands upon.

On the one core that everything is pinned to; each is the median of seven rounds, with the loop
and the call around it. A virtual machine may pay dearly for a system call.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec
from bench.figures import Figure
from bench.rows import rows

ROUNDS = 7
TURNS = 20_000


def figures(turns: int = TURNS) -> Iterator[Figure]:
    """All of them."""
    [row] = islice(rows(), 1)
    encode = msgspec.msgpack.Encoder().encode
    content = bytes(120)
    with tempfile.TemporaryFile(buffering=0) as file:
        fd = file.fileno()
        asked: list[tuple[str, Callable[[], Any]]] = [
            ("a function that does nothing", lambda: None),
            ("os.getpid()", os.getpid),
            ("time.perf_counter()", time.perf_counter),
            ("os.write of 120 B to a file", lambda: os.write(fd, content)),
            ("json.dumps of the row", lambda: json.dumps(row)),
            ("msgpack of the row (msgspec)", lambda: encode(row)),
        ]
        for name, call in asked:
            yield Figure(f"machine: {name}", each(call, turns) * 1e6, "µs")
        yield Figure("machine: 1,000 B appended and fdatasync", synced(fd) * 1e6, "µs")


def each(call: Callable[[], Any], turns: int) -> float:
    """Seconds of one call."""

    def once() -> float:
        began = time.perf_counter()
        for _ in range(turns):
            call()
        return (time.perf_counter() - began) / turns

    return statistics.median(once() for _ in range(ROUNDS))


def synced(fd: int) -> float:
    """Median seconds until an append is on the disk."""

    def once() -> float:
        began = time.perf_counter()
        os.write(fd, bytes(1000))
        os.fdatasync(fd)
        return time.perf_counter() - began

    return statistics.median(once() for _ in range(50))
