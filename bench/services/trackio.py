"""trackio: its dashboard server, `bulk_log` of 1000 steps as its client sends them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.rows import Row
from bench.services.service import Service, Site, batched, posting, stepped
from bench.services.web import Request, Web, as_json

PROJECT, TOKEN = "bench", "a-token-of-the-benchmark"
STEPS = 1000
RUNS = 64  # the most that it tells of at once


class Trackio(Service):
    """One server, which is its own dashboard."""

    name = "trackio"
    package = "trackio"
    ready = "/version"
    steps = 200_000
    note = f"bulk_log of {STEPS} steps; reads: get_metric_values, get_logs_batch"

    def command(self, site: Site) -> list[str]:
        """See `Service`."""
        start = ("import trackio; trackio.show(open_browser=False, block_thread=True, "
                 f"host='127.0.0.1', server_port={site.port})")  # fmt: skip
        return [site.python, "-c", start]

    def environment(self, site: Site) -> Mapping[str, str]:
        """See `Service`."""
        return {"TRACKIO_DIR": str(site.data), "TRACKIO_WRITE_TOKEN": TOKEN,
                "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}  # fmt: skip

    def enter(self, site: Site, web: Web) -> None:  # noqa: ARG002
        """See `Service`."""
        web.headers["X-Trackio-Write-Token"] = TOKEN

    def client(
        self, site: Site, web: Web, folder: Path, runs: Sequence[str], rows: Sequence[Row]
    ) -> list[str]:
        """See `Service`."""
        requests = itertools.chain.from_iterable(_requests(run, rows) for run in runs)
        return posting(site, folder, requests, web)

    def read(self, web: Web, runs: Sequence[str], key: str, steps: int) -> list[bytes]:
        """See `Service`: what a chart of one run asks for, and what one of many does."""
        if len(runs) == 1:
            question = {"project": PROJECT, "run": runs[0], "metric_name": key, "max_points": None}
            return [web.send(as_json("/api/get_metric_values", question))]
        return [self._batch(web, some, steps) for some in batched(runs, RUNS)]

    def _batch(self, web: Web, runs: Sequence[str], steps: int) -> bytes:
        question = {"project": PROJECT, "runs": [{"run": run} for run in runs],
                    "max_points": steps, "scalar_only": True}  # fmt: skip
        return web.send(as_json("/api/get_logs_batch", question))

    def draw(self, web: Web, runs: Sequence[str], key: str, width: int) -> list[bytes]:
        """See `Service`: every nth point, as its page asks for them."""
        question = {"project": PROJECT, "run": runs[0], "metric_name": key, "max_points": width}
        return [web.send(as_json("/api/get_metric_values", question))]

    def points(self, answers: Sequence[bytes]) -> int:
        """See `Service`."""
        found = [each for answer in answers for each in json.loads(answer)["data"]]
        return sum(len(each["logs"]) if "logs" in each else 1 for each in found)


def _requests(run: str, rows: Sequence[Row]) -> Iterator[tuple[int, Request]]:
    for first, some in stepped(rows, STEPS):
        logs = [
            {"project": PROJECT, "run": run, "metrics": row, "step": step, "config": None,
             "log_id": f"{run}-{step}"}
            for step, row in enumerate(some, first)
        ]  # fmt: skip
        question = {"logs": logs, "hf_token": None}
        yield sum(map(len, some)), as_json("/api/bulk_log", question)
