"""Projects that are full at once: runs with long curves, sent as packed batches over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx
import numpy as np
from bench.writer import Writer
from numpy.typing import NDArray
from tests.journeys.processes import ServerProcess

from wanllmdb import wire

ROWS = 10_000  # of a batch, with one key; fewer with more keys
BEGAN = 1_760_000_000_000_000  # µs: the same data, byte for byte, whenever it is written
APART = 50_000  # µs between two rows


class Filling:
    """A project of a server that is being filled; a context manager.

    Args:
        server: which one, already running.
        project: made if it is missing.
    """

    def __init__(self, server: ServerProcess, project: str) -> None:
        self._owner, self._project = server.owner, project
        headers = {"Authorization": f"Bearer {server.key}"}
        self._http = httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=300)
        self._writers: dict[str, tuple[Writer, Sequence[str]]] = {}

    def __enter__(self) -> Self:
        """Nothing is sent before the first run."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def run(self, name: str, config: Mapping[str, Any] | None = None) -> str:
        """A new run, whose id is its name."""
        body = {"id": name, "name": name, "project": self._project, "config": config or {}}
        self._http.post("/runs", json=body).raise_for_status()
        return name

    def log(
        self, run: str, keys: Sequence[str], values: NDArray[np.float64], first: int = 0
    ) -> None:
        """Rows of a run (a row of `values` each), from step `first` on; always the same keys."""
        writer, known = self._writers.setdefault(run, (Writer(list(keys)), keys))
        if known != keys:
            raise ValueError(f"{run} is written with {known}")
        size = max(1, ROWS // len(keys))
        for at in range(0, len(values), size):
            part = values[at : at + size]
            steps = range(first + at, first + at + len(part))
            times = range(BEGAN + steps.start * APART, BEGAN + steps.stop * APART, APART)
            self._send(run, writer.batch(steps, times, part.tolist()))

    def _send(self, run: str, batch: bytes) -> None:
        answer = self._http.post(
            f"{self._path(run)}/writers/w/batches", content=batch,
            headers={"Content-Type": wire.CONTENT_TYPE},
        )  # fmt: skip
        answer.raise_for_status()
        if rejected := answer.json()["rejected"]:
            raise RuntimeError(f"refused: {rejected[:3]}")

    def finish(self, runs: Iterable[str]) -> None:
        """End them."""
        for run in runs:
            self._http.post(f"{self._path(run)}/finish", json={"exit_code": 0}).raise_for_status()

    def _path(self, run: str) -> str:
        return f"/projects/{self._owner}/{self._project}/runs/{run}"


def curves(rows: int, keys: int, seed: int) -> NDArray[np.float64]:
    """Noisy curves as trainings draw them; the same ones for the same seed."""
    noise = np.random.default_rng(seed)
    decay = np.exp(-np.arange(rows) / (rows / 4))[:, None] * (1 + seed % 7 / 10)
    return decay + noise.normal(0, 0.03, (rows, keys)) + np.arange(keys) / 10
