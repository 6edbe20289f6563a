"""mlflow and FastTrackML: a SQLite store behind the REST API, `log-batch` of 1000 metrics."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from bench.rows import Row
from bench.services.service import Service, Site, batched, posting, stepped
from bench.services.web import Request, Web, as_json

API = "/api/2.0/mlflow"
METRICS = 1000  # the most that a batch may hold
PAGE = 25_000  # the most that an answer holds


class Mlflow(Service):
    """`mlflow server` as it comes: four workers. On a slow machine they are not put to death."""

    name = "mlflow"
    package = "mlflow"
    ready = "/health"
    steps = 12_000
    note = "log-batch of 1000 metrics, 4 workers; reads: get-history, get-history-bulk of 25 runs"

    def __init__(self) -> None:
        self._experiment = "0"
        self._runs: dict[str, str] = {}

    def command(self, site: Site) -> list[str]:
        """See `Service`."""
        return [str(site.program / "mlflow"), "server", "--host", "127.0.0.1",
                "--port", str(site.port),
                "--backend-store-uri", f"sqlite:///{site.data}/mlflow.db",
                "--artifacts-destination", str(site.data / "artifacts"),
                "--uvicorn-opts", "--timeout-worker-healthcheck 120"]  # fmt: skip

    def environment(self, site: Site) -> Mapping[str, str]:  # noqa: ARG002
        """See `Service`."""
        return {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}

    def enter(self, site: Site, web: Web) -> None:  # noqa: ARG002
        """See `Service`."""
        found = web.post(f"{API}/experiments/create", {"name": "bench"})
        self._experiment = found["experiment_id"]

    def client(
        self, site: Site, web: Web, folder: Path, runs: Sequence[str], rows: Sequence[Row]
    ) -> list[str]:
        """See `Service`."""
        for run in runs:
            told = {"experiment_id": self._experiment, "start_time": _now(), "run_name": run}
            made = web.post(f"{API}/runs/create", told)
            self._runs[run] = made["run"]["info"]["run_id"]
        requests = itertools.chain.from_iterable(self._requests(run, rows) for run in runs)
        return posting(site, folder, requests, web)

    def _requests(self, run: str, rows: Sequence[Row]) -> Iterator[tuple[int, Request]]:
        moment = _now()
        for first, some in stepped(rows, METRICS // len(rows[0])):
            metrics = [
                {"key": key, "value": value, "timestamp": moment + step, "step": step}
                for step, row in enumerate(some, first)
                for key, value in row.items()
            ]
            told = {"run_id": self._runs[run], "metrics": metrics}
            yield len(metrics), as_json(f"{API}/runs/log-batch", told)

    def read(self, web: Web, runs: Sequence[str], key: str, steps: int) -> list[bytes]:
        """See `Service`: pages of one run, or a question for as many runs as fit into a page."""
        if len(runs) > 1:
            return [self._bulk(web, some, key) for some in batched(runs, PAGE // steps)]
        answers, token = list[bytes](), ""
        while True:
            asked = {"run_id": self._runs[runs[0]], "metric_key": key, "max_results": PAGE}
            path = f"{API}/metrics/get-history?" + urlencode(asked)
            answers.append(web.get(path + (f"&page_token={token}" if token else "")))
            token = json.loads(answers[-1]).get("next_page_token", "")
            if not token:
                return answers

    def draw(self, web: Web, runs: Sequence[str], key: str, width: int) -> list[bytes]:
        """See `Service`: every nth point, as its page asks for them."""
        asked = [("metric_key", key), ("max_results", str(width))]
        asked += [("run_ids", self._runs[run]) for run in runs]
        path = "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?"
        return [web.get(path + urlencode(asked))]

    def _bulk(self, web: Web, runs: Sequence[str], key: str) -> bytes:
        asked = [("metric_key", key), ("max_results", str(PAGE))]
        asked += [("run_id", self._runs[run]) for run in runs]
        return web.get("/ajax-api/2.0/mlflow/metrics/get-history-bulk?" + urlencode(asked))

    def points(self, answers: Sequence[bytes]) -> int:
        """See `Service`."""
        return sum(len(json.loads(answer)["metrics"]) for answer in answers)


class FastTrackML(Mlflow):
    """The same API, in Go."""

    name = "fasttrackml"
    package = "fasttrackml"
    steps = 40_000
    note = "log-batch of 1000 metrics; reads: get-history, get-history-bulk of 25 runs"

    def command(self, site: Site) -> list[str]:
        """See `Service`."""
        return [str(site.program / "fml"), "server", "--listen-address", f"127.0.0.1:{site.port}",
                "--database-uri", f"sqlite://{site.data}/fasttrackml.db", "-l", "error",
                "--default-artifact-root", str(site.data / "artifacts")]  # fmt: skip

    def draw(self, web: Web, runs: Sequence[str], key: str, width: int) -> list[bytes]:
        """See `Service`: it has nothing narrower."""
        return self.read(web, runs, key, width)


def _now() -> int:
    return time.time_ns() // 1_000_000
