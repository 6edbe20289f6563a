"""The JSON path of ingest, end to end: batches of 1000 points from lean clients.

The clients are processes of their own that made every request before the clock started, each
with one connection that waits for an answer before it sends the next. What is measured is then
the server, on the cores that it shares with them. `python -m bench.json_path` is such a client.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
from bench.figures import Figure
from tests.journeys.processes import ServerProcess

ROOT = Path(__file__).parents[1]
PROJECT = "bench-json"
CLIENTS = 4
BATCHES = 250  # of each client
WARM = 5  # before the clock starts, as many again
POINTS = 1000  # in a batch
KEYS = 10
FORMS = {
    "a point each": "step and time of each point",
    "a time each": "a time of its own for each point",
    "a row each": "ten values an item",
}


@dataclass(frozen=True, slots=True)
class Orders:
    """What a client sends."""

    port: int
    key: str
    run: str
    form: str
    seed: int
    batches: int


def figures(server: ServerProcess, batches: int = BATCHES) -> Iterator[Figure]:
    """Points a second and processor time of the server, for each way to write a batch."""
    total = CLIENTS * batches * POINTS
    for form, what in FORMS.items():
        wall, used, clients = flood(server, form, batches)
        label = f"{CLIENTS} clients, {POINTS} points a batch, {what}"
        yield Figure(f"JSON ingest over HTTP, {label}", total / wall / 1e3, "k pts/s",
                     300 if form == "a point each" else None, at_least=True)  # fmt: skip
        yield Figure(f"server CPU, JSON ingest, {what}", used / total * 1e6, "s/Mpt")
        yield Figure(f"clients' CPU, JSON ingest, {what}", clients / total * 1e6, "s/Mpt")


def flood(server: ServerProcess, form: str, batches: int) -> tuple[float, float, float]:
    """Let all clients send at once; the seconds that it took, of the server's work, of theirs."""
    assert server.process
    process = psutil.Process(server.process.pid)
    runs = [f"{form.replace(' ', '-')}-{number}" for number in range(CLIENTS)]
    headers = {"Authorization": f"Bearer {server.key}"}
    for run in runs:
        body = {"id": run, "project": PROJECT}
        httpx.post(f"{server.url}/api/v1/runs", json=body, headers=headers).raise_for_status()
    names = [f"{server.owner}/{PROJECT}/{run}" for run in runs]
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(_start(Orders(server.port, server.key, *each, batches)))
            for each in zip(names, [form] * CLIENTS, range(CLIENTS), strict=True)
        ]
        for client in clients:
            assert client.stdout
            client.stdout.readline()  # its requests are made
        cpu, before = sum(process.cpu_times()[:2]), time.perf_counter()
        for client in clients:
            assert client.stdin
            client.stdin.write("go\n")
            client.stdin.flush()
        failed = [client.wait() for client in clients]
        wall, cpu = time.perf_counter() - before, sum(process.cpu_times()[:2]) - cpu
        said = [client.stdout.read() for client in clients if client.stdout]
    if any(failed):
        raise RuntimeError("a client failed")
    return wall, cpu, sum(map(float, said))


def _start(orders: Orders) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.json_path", json.dumps(asdict(orders))]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


# -- a client


def requests(orders: Orders) -> list[bytes]:
    """Every request that a client sends."""
    head = (
        f"POST /api/v1/metrics/batch HTTP/1.1\r\nHost: 127.0.0.1:{orders.port}\r\n"
        f"Content-Type: application/json\r\nAuthorization: Bearer {orders.key}\r\n"
        "Content-Length: {}\r\n\r\n"
    )
    bodies = (json.dumps({"metrics": each}).encode() for each in batches(orders))
    return [head.format(len(body)).encode() + body for body in bodies]


def batches(orders: Orders) -> Iterator[list[dict[str, object]]]:
    """Noisy curves of `KEYS` keys, as the JSON of each batch has them."""
    rng = np.random.default_rng(orders.seed)
    rows = POINTS // KEYS
    now = time.time_ns() // 1000
    for first in range(0, rows * (WARM + orders.batches), rows):
        steps = range(first, first + rows)
        values = rng.normal(0, 0.05, (rows, KEYS)).astype(np.float32).astype(float).tolist()
        named = [{f"metric_{n}": value for n, value in enumerate(row)} for row in values]
        heads = [{"run_id": orders.run, "step": step} for step in steps]
        times = [now + step * 50_000 for step in steps]
        if orders.form == "a row each":
            yield [
                head | {"timestamp": at, "values": row}
                for head, at, row in zip(heads, times, named, strict=True)
            ]
            continue
        apart = 1 if orders.form == "a time each" else 0
        yield [
            head | {"metric_name": key, "value": value, "timestamp": at + n * apart}
            for head, at, row in zip(heads, times, named, strict=True)
            for n, (key, value) in enumerate(row.items())
        ]


def send(orders: Orders) -> None:
    """Send every request, one after the other; those that count when told to."""
    made = requests(orders)
    before = 0.0
    with socket.create_connection(("127.0.0.1", orders.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, request in enumerate(made):
            if number == WARM:
                sys.stdout.write("ready\n")
                sys.stdout.flush()
                sys.stdin.readline()
                before = time.process_time()
            connection.sendall(request)
            answer = _answer(connection)
            if not answer.endswith(b'{"accepted":1000,"rejected":[]}'):
                raise RuntimeError(answer.decode())
    print(time.process_time() - before)


def _answer(connection: socket.socket) -> bytes:
    answer = b""
    while True:
        answer += connection.recv(65536)
        head, found, body = answer.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"content-length: ")
        if found and len(body) >= int(length.partition(b"\r")[0]):
            return answer


if __name__ == "__main__":
    send(Orders(**json.loads(sys.argv[1])))
