"""F34: SIGKILL of the server during ingest: 0 acknowledged rows lost, 0 doubled.

20 kills in `make test`, 200 in `make soak`, while two writers repeat each batch until it is
acknowledged.
"""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.faults.conftest import Many
from tests.server.processes import Running

from wanllmdb import wire
from wanllmdb.wire import Kind

RUN = "r1"
WRITERS = ("rank-0", "rank-1")


class Writer(threading.Thread):
    """Logs rows and now and then a loss, and sends each batch until it is acknowledged."""

    def __init__(self, server: Running, key: str, name: str, user: str) -> None:
        super().__init__(name=name, daemon=True)
        self.acknowledged = 0  # position
        self.ended = threading.Event()
        self.failure: str | None = None
        self._url = f"{server.url}/api/v1/projects/{user}/kills/runs/{RUN}/writers/{name}/batches"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": wire.CONTENT_TYPE}
        self._chance = random.Random(name)

    def run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=10) as http:
            try:
                while not self.ended.is_set():
                    self._send(http, self._chance.randint(1, 200))
            except AssertionError as error:
                self.failure = str(error)

    def _send(self, http: httpx.Client, rows: int) -> None:
        start, end = self.acknowledged, self.acknowledged + rows
        content = wire.pack(start, [self._record(p) for p in range(start + 1, end + 1)])
        while self.acknowledged < end:
            try:
                answer = http.post(self._url, content=content)
            except httpx.TransportError:
                time.sleep(0.01)
                continue
            # A server that lost what it acknowledged would ask for it: a gap.
            assert answer.status_code == 200, answer.text
            assert answer.json()["position"] >= end
            self.acknowledged = end

    def _record(self, position: int) -> tuple[int, int, bytes]:
        if position % 10 == 0:
            return position, Kind.LOSS, wire.encode({"reason": "test", "count": 1, "detail": ""})
        row = [position, 1_700_000_000_000_000 + position, {f"x/{self.name}": float(position)}]
        return position, Kind.ROW, wire.encode(row)


@pytest.mark.timeout(180)
def test_a_killed_server_loses_nothing_it_acknowledged_and_doubles_nothing(
    tmp_path: Path, many: Many
) -> None:
    rounds = many(20, 200)
    chance = random.Random(20)
    server = Running(tmp_path, "--metrics-port", "0").start()
    with server.client() as http:
        user = http.get("/me").json()["user"]["name"]
        http.post("/runs", json={"id": RUN, "project": "kills"}).raise_for_status()
    writers = [Writer(server, server.key, name, user) for name in WRITERS]
    for writer in writers:
        writer.start()
    try:
        for _ in range(rounds):
            time.sleep(chance.uniform(0.05, 0.4))
            server.kill()
            server.start()
        time.sleep(0.3)
        for writer in writers:
            writer.ended.set()
            writer.join(20)
        with server.client() as http:
            stored = {writer.name: stored_rows(http, user, writer.name) for writer in writers}
            run = http.get(f"/projects/{user}/kills/runs/{RUN}").json()
    finally:
        status = server.stop()
    for writer in writers:
        assert writer.failure is None
        sent = range(1, writer.acknowledged + 1)
        assert stored[writer.name] == [(p, float(p)) for p in sent if p % 10]
    assert run["lost"] == sum(writer.acknowledged // 10 for writer in writers)
    assert min(writer.acknowledged for writer in writers) > rounds
    assert status == 0


def stored_rows(http: httpx.Client, user: str, writer: str) -> list[tuple[int, float]]:
    """Every (step, value) of a writer's key."""
    rows: list[tuple[int, float]] = []
    cursor = None
    while True:
        asked = {"key": f"x/{writer}", "limit": "10000"} | ({"cursor": cursor} if cursor else {})
        page = http.get(f"/projects/{user}/kills/runs/{RUN}/points", params=asked)
        page.raise_for_status()
        rows += zip(page.json()["step"], page.json()["value"], strict=True)
        cursor = page.json()["next"]
        if cursor is None:
            return rows
