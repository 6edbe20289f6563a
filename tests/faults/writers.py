"""Writers: threads that log to a server over HTTP, each batch until it is acknowledged.

What a server must not do to them: ask again for what it acknowledged, refuse for ever, or answer
with anything but an acknowledgement or "not now".
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

import httpx
from tests.server.processes import Running

from wanllmdb import wire
from wanllmdb.wire import Kind

PROJECT = "kills"
RUN = "r1"
LATER = frozenset({503, 507})


class Writer(threading.Thread):
    """Logs rows and now and then a loss, and sends each batch until it is acknowledged.

    Attributes:
        acknowledged: the last position that the server said it has.
        answers: how often each status came.
        slowest: seconds until a batch was acknowledged, all its tries together.
        failure: what the server should not have said, if it did.
    """

    def __init__(self, server: Running, user: str, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.acknowledged = 0
        self.ended = threading.Event()
        self.failure: str | None = None
        self.answers: Counter[int] = Counter()
        self.slowest = 0.0
        self._url = (
            f"{server.url}/api/v1/projects/{user}/{PROJECT}/runs/{RUN}/writers/{name}/batches"
        )
        self._headers = {"Authorization": f"Bearer {server.key}", "Content-Type": wire.CONTENT_TYPE}
        self._chance = random.Random(name)

    def run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=60) as http:
            try:
                while not self.ended.is_set():
                    began = time.monotonic()
                    self._send(http, self._chance.randint(1, 200))
                    self.slowest = max(self.slowest, time.monotonic() - began)
            except AssertionError as error:
                self.failure = str(error)

    def end(self) -> None:
        """Finish the batch that is under way, and stop."""
        self.ended.set()
        self.join(60)
        assert not self.is_alive()

    def wait_for_more(self, rows: int = 1, seconds: float = 60.0) -> None:
        """Wait until so many rows more are acknowledged."""
        goal, end = self.acknowledged + rows, time.monotonic() + seconds
        while self.acknowledged < goal:
            assert self.failure is None, self.failure
            assert time.monotonic() < end, f"{self.name}: {self.answers}"
            time.sleep(0.01)

    def _send(self, http: httpx.Client, rows: int) -> None:
        start, end = self.acknowledged, self.acknowledged + rows
        content = wire.pack(start, [self._record(p) for p in range(start + 1, end + 1)])
        while self.acknowledged < end:
            try:
                answer = http.post(self._url, content=content)
            except httpx.TransportError:
                time.sleep(0.01)
                continue
            self.answers[answer.status_code] += 1
            if answer.status_code in LATER:
                self._put_off(answer)
                continue
            # A server that lost what it acknowledged would ask for it: a gap.
            assert answer.status_code == 200, answer.text
            assert answer.json()["position"] >= end
            self.acknowledged = end

    def _put_off(self, answer: httpx.Response) -> None:
        assert answer.headers["content-type"] == "application/problem+json", answer.headers
        assert int(answer.headers["retry-after"]) >= 1
        assert {"code", "detail", "status"} <= answer.json().keys()
        time.sleep(0.05)

    def _record(self, position: int) -> tuple[int, int, bytes]:
        if position % 10 == 0:
            return position, Kind.LOSS, wire.encode({"reason": "test", "count": 1, "detail": ""})
        row = [position, 1_700_000_000_000_000 + position, {f"x/{self.name}": float(position)}]
        return position, Kind.ROW, wire.encode(row)


def begin(server: Running, *names: str) -> list[Writer]:
    """A run, and writers of these names that log into it."""
    with server.client() as http:
        user = http.get("/me").json()["user"]["name"]
        http.post("/runs", json={"id": RUN, "project": PROJECT}).raise_for_status()
    writers = [Writer(server, user, name) for name in names]
    for writer in writers:
        writer.start()
    return writers


def check(server: Running, writers: list[Writer]) -> None:
    """Every row that was acknowledged is there, once, and every loss is counted."""
    with server.client() as http:
        user = http.get("/me").json()["user"]["name"]
        run = http.get(f"/projects/{user}/{PROJECT}/runs/{RUN}").json()
        for writer in writers:
            assert writer.failure is None, writer.failure
            sent = range(1, writer.acknowledged + 1)
            assert stored(http, user, writer.name) == [(p, float(p)) for p in sent if p % 10]
    assert run["lost"] == sum(writer.acknowledged // 10 for writer in writers)


def stored(http: httpx.Client, user: str, writer: str) -> list[tuple[int, float]]:
    """Every (step, value) of a writer's key."""
    rows: list[tuple[int, float]] = []
    cursor = None
    while True:
        asked = {"key": f"x/{writer}", "limit": "10000"} | ({"cursor": cursor} if cursor else {})
        page = http.get(f"/projects/{user}/{PROJECT}/runs/{RUN}/points", params=asked)
        page.raise_for_status()
        rows += zip(page.json()["step"], page.json()["value"], strict=True)
        cursor = page.json()["next"]
        if cursor is None:
            return rows
