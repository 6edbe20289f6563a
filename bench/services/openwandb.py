"""openwandb: the `file_stream` of the wandb client, 100 steps a request."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.rows import Row
from bench.services.service import Service, Site, posting, stepped
from bench.services.web import Request, Web, as_json

ENTITY, PROJECT = "default", "bench"
STEPS = 100
_MAKE = """mutation($name: String, $project: String, $entity: String) {
  upsertBucket(name: $name, project: $project, entity: $entity) { bucket { id } } }"""


class OpenWandb(Service):
    """One process. No key is sent, which it takes as the admin's: with one, it would hash it."""

    name = "openwandb"
    package = "openwandb"
    ready = "/login"
    steps = 60_000
    note = f"file_stream of {STEPS} steps; reads: one request a run, 10,000 points at most"

    def command(self, site: Site) -> list[str]:
        """See `Service`."""
        return [str(site.program / "openwandb"), "serve", "--host", "127.0.0.1", "--port",
                str(site.port), "--data-dir", str(site.data), "--log-level", "error"]  # fmt: skip

    def environment(self, site: Site) -> Mapping[str, str]:  # noqa: ARG002
        """See `Service`."""
        return {"OPENWANDB_JWT_SECRET": "a-secret-of-the-benchmark-that-is-long-enough"}

    def client(
        self, site: Site, web: Web, folder: Path, runs: Sequence[str], rows: Sequence[Row]
    ) -> list[str]:
        """See `Service`."""
        for run in runs:
            told = {"name": run, "project": PROJECT, "entity": ENTITY}
            web.post("/graphql", {"query": _MAKE, "variables": told})
        requests = itertools.chain.from_iterable(_requests(run, rows) for run in runs)
        return posting(site, folder, requests, web)

    def read(self, web: Web, runs: Sequence[str], key: str, steps: int) -> list[bytes]:  # noqa: ARG002
        """See `Service`."""
        return [web.get(f"/api/v2/runs/{run}/metrics?key={key}") for run in runs]

    def points(self, answers: Sequence[bytes]) -> int:
        """See `Service`."""
        return sum(len(json.loads(answer)["metrics"]) for answer in answers)


def _requests(run: str, rows: Sequence[Row]) -> Iterator[tuple[int, Request]]:
    moment = time.time()
    for first, some in stepped(rows, STEPS):
        lines = [
            json.dumps({**row, "_step": step, "_timestamp": moment + step / 1000})
            for step, row in enumerate(some, first)
        ]
        told = {"files": {"wandb-history.jsonl": {"offset": first, "content": lines}}}
        path = f"/files/{ENTITY}/{PROJECT}/{run}/file_stream"
        yield sum(map(len, some)), as_json(path, told)
