"""wanLLMDB: by the packed batches of the SDK, and by JSON as anybody may send it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from bench.rows import Row
from bench.services.service import Service, Site, posting, stepped
from bench.services.web import Request, Web, as_json
from bench.writer import Writer

from wanllmdb import wire

PROJECT = "bench"
ROWS = 1000  # of a packed batch: a sender that is behind fills 256 KiB
METRICS = 1000  # of a JSON batch, the most there may be
MOST = 10_000  # buckets of a curve, or points of a page


class _Page(msgspec.Struct):
    next: str | None


class Packed(Service):
    """The wire of the SDK."""

    name = "wanllmdb"
    package = None
    ready = "/readyz"
    steps = 400_000
    note = f"packed batches of {ROWS} rows, synced before each acknowledgement"

    def command(self, site: Site) -> list[str]:
        """See `Service`."""
        return [site.python, "-m", "wanllmdb", "server", "--port", str(site.port),
                "--metrics-port", "0", "--data-dir", str(site.data)]  # fmt: skip

    def enter(self, site: Site, web: Web) -> None:
        """See `Service`."""
        [found] = (site.home / ".wanllmdb" / "local").glob("*.json")
        web.headers["Authorization"] = f"Bearer {json.loads(found.read_text())['key']}"
        web.headers["X-Bench-Owner"] = json.loads(found.read_text())["user"]

    def client(
        self, site: Site, web: Web, folder: Path, runs: Sequence[str], rows: Sequence[Row]
    ) -> list[str]:
        """See `Service`."""
        for run in runs:
            web.post("/api/v1/runs", {"id": run, "project": PROJECT})
        requests = itertools.chain.from_iterable(self.requests(web, run, rows) for run in runs)
        return posting(site, folder, requests, web)

    def requests(self, web: Web, run: str, rows: Sequence[Row]) -> Iterator[tuple[int, Request]]:
        """One for each batch."""
        keys, moment = list(rows[0]), time.time_ns() // 1000
        writer = Writer(keys)
        path = f"/api/v1/projects/{_owner(web)}/{PROJECT}/runs/{run}/writers/w/batches"
        for first, some in stepped(rows, ROWS):
            steps = range(first, first + len(some))
            times = [moment + step * 1000 for step in steps]
            values = [[float(row[key]) for key in keys] for row in some]
            body = writer.batch(steps, times, values)
            yield len(some) * len(keys), Request(path, body, {"Content-Type": wire.CONTENT_TYPE})

    def leave(self, web: Web, runs: Sequence[str]) -> None:
        """See `Service`."""
        for run in runs:
            path = f"/api/v1/projects/{_owner(web)}/{PROJECT}/runs/{run}/finish"
            web.post(path, {"exit_code": 0})

    def read(self, web: Web, runs: Sequence[str], key: str, steps: int) -> list[bytes]:
        """See `Service`: one request with a bucket for each step; of a long run, pages."""
        if steps <= MOST:
            return self.draw(web, runs, key, steps)
        answers, cursor = list[bytes](), ""
        path = f"/api/v1/projects/{_owner(web)}/{PROJECT}/runs/{runs[0]}/points"
        while True:
            asked = {"key": key, "limit": MOST} | ({"cursor": cursor} if cursor else {})
            answers.append(web.get(f"{path}?{urlencode(asked)}"))
            cursor = msgspec.json.decode(answers[-1], type=_Page).next
            if not cursor:
                return answers

    def draw(self, web: Web, runs: Sequence[str], key: str, width: int) -> list[bytes]:
        """See `Service`: what the page gets."""
        question = {"project": f"{_owner(web)}/{PROJECT}", "runs": list(runs), "keys": [key],
                    "buckets": width}  # fmt: skip
        return [web.send(as_json("/api/v1/curves", question))]

    def points(self, answers: Sequence[bytes]) -> int:
        """See `Service`."""
        return sum(
            sum(each["n"] for each in _head(answer)["series"])
            if answer.startswith(b"WLCF")
            else len(json.loads(answer)["step"])
            for answer in answers
        )


class Json(Packed):
    """The JSON path of the metric service."""

    name = "wanllmdb, JSON"
    steps = 60_000
    note = f"JSON batches of {METRICS} metrics"

    def requests(self, web: Web, run: str, rows: Sequence[Row]) -> Iterator[tuple[int, Request]]:
        """One for each batch."""
        keys, moment = list(rows[0]), time.time_ns() // 1000
        for first, some in stepped(rows, METRICS // len(keys)):
            metrics = [
                {"run_id": f"{_owner(web)}/{PROJECT}/{run}", "key": key, "value": row[key],
                 "step": step, "timestamp": moment + step * 1000}
                for step, row in enumerate(some, first)
                for key in keys
            ]  # fmt: skip
            yield len(metrics), as_json("/api/v1/metrics/batch", {"metrics": metrics})


def _owner(web: Web) -> str:
    return web.headers["X-Bench-Owner"]


def _head(answer: bytes) -> Mapping[str, list[Mapping[str, int]]]:
    length = int.from_bytes(answer[8:12], "little")
    return json.loads(answer[16 : 16 + length])
