"""Flood: a process that sends packed batches over many connections, as lean as a client can be.

Every request is made before the clock starts, and one thread keeps all connections busy: each
sends its next batch as soon as the last one was acknowledged, as the SDK's senders do. What is
measured is then the server, and not who asks it. `python -m bench.flood`, told by JSON.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from bench.writer import Writer

from wanllmdb import wire

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Orders:
    """What to send: `count` batches of `rows` rows with `keys` keys from each connection.

    Attributes:
        runs: one for each connection.
        writer: its name; another one begins anew.
    """

    port: int
    key: str
    owner: str
    project: str
    runs: tuple[str, ...]
    rows: int
    keys: int
    count: int
    writer: str = "w"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Flooded:
    """What came of it: seconds of wall and processor, and each acknowledgement's, ascending."""

    wall: float
    cpu: float
    acks: list[float]
    refused: int


def flood(orders: Orders) -> Flooded:
    """Send from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.flood"],
        input=json.dumps(asdict(orders)), capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return Flooded(**json.loads(done.stdout))


def batches(rows: int, count: int, *, seed: int, keys: Sequence[str]) -> Iterator[bytes]:
    """`count` packed batches of `rows` rows of noisy curves, as one writer makes them.

    The values have the precision of float32, as losses and metrics that leave a network do.
    """
    rng = np.random.default_rng(seed)
    steps = np.arange(rows * count)
    values = np.exp(-steps / 4000)[:, None] + rng.normal(0, 0.05, (rows * count, len(keys)))
    values = values.astype(np.float32).astype(np.float64)
    now = time.time_ns() // 1000
    writer = Writer(list(keys))
    for first in range(0, rows * count, rows):
        yield writer.batch(
            range(first, first + rows),
            range(now + first * 50_000, now + (first + rows) * 50_000, 50_000),
            values[first : first + rows].tolist(),
        )


class _Connection:
    """One client: its requests, and the one that is under way."""

    def __init__(self, orders: Orders, number: int, run: str) -> None:
        keys = [f"metric_{n}" for n in range(orders.keys)]
        head = (
            f"POST /api/v1/projects/{orders.owner}/{orders.project}/runs/{run}"
            f"/writers/{orders.writer}/batches HTTP/1.1\r\nHost: 127.0.0.1:{orders.port}\r\n"
            "Accept-Encoding: identity\r\nUser-Agent: bench\r\n"
            f"Content-Type: {wire.CONTENT_TYPE}\r\nAuthorization: Bearer {orders.key}\r\n"
            "Content-Length: {}\r\n\r\n"
        )
        each = batches(orders.rows, orders.count, seed=orders.seed + number, keys=keys)
        self.requests = [head.format(len(body)).encode() + body for body in each]
        self.socket = socket.create_connection(("127.0.0.1", orders.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = 0
        self.at = 0.0
        self._answer = b""

    def send(self) -> None:
        """Send the next request."""
        request = self.requests[self.sent]
        self.sent += 1
        self._answer = b""
        self.at = time.perf_counter()
        self.socket.sendall(request)

    def go_on(self, status: int) -> bool:
        """Send what comes after this answer; whether there was anything."""
        if status == 503:  # full: the same again
            self.sent -= 1
            time.sleep(0.01)
        elif status != 200:
            raise RuntimeError(f"refused with {status}")
        if self.sent == len(self.requests):
            return False
        self.send()
        return True

    def answered(self) -> int:
        """Take in what came; the status once all of the answer is here, until then 0."""
        self._answer += self.socket.recv(65536)
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found:
            return 0
        _, _, length = head.lower().partition(b"content-length: ")
        if len(body) < int(length.partition(b"\r")[0]):
            return 0
        return int(head[9:12])


def _run(orders: Orders) -> Flooded:
    connections = [_Connection(orders, *each) for each in enumerate(orders.runs)]
    ready = selectors.DefaultSelector()
    for each in connections:
        ready.register(each.socket, selectors.EVENT_READ, each)
    statuses: list[int] = []
    acks: list[float] = []
    cpu, before = time.process_time(), time.perf_counter()
    for each in connections:
        each.send()
    busy = len(connections)
    while busy:
        for key, _ in ready.select():
            each: _Connection = key.data
            status = each.answered()
            if status:
                acks.append(time.perf_counter() - each.at)
                statuses.append(status)
                busy -= not each.go_on(status)
    wall = time.perf_counter() - before
    return Flooded(wall, time.process_time() - cpu, sorted(acks), statuses.count(503))


if __name__ == "__main__":
    asked = json.loads(sys.stdin.read())
    asked["runs"] = tuple(asked["runs"])
    json.dump(asdict(_run(Orders(**asked))), sys.stdout)
