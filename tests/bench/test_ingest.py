"""The measurement of ingest yields numbers, and its clients have sent what they say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import ingest
from bench.flood import flood
from bench.ingest import PROJECT, Load
from tests.journeys.processes import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("server")
    process = ServerProcess(folder).start()
    yield process
    process.stop()


@pytest.mark.parametrize("load", [Load("flushes", 12, 1, 6, 1), Load("batches", 2, 100, 3, 1)])
def test_a_load_comes_to_numbers(server: ServerProcess, load: Load) -> None:
    found = list(ingest.figures(server, [load]))
    assert len(found) >= 6
    assert all(each.value is not None and math.isfinite(each.value) for each in found)
    assert len({each.name for each in found}) == len(found)


def test_all_that_was_answered_is_there(server: ServerProcess) -> None:
    load, runs = Load("flushes", 5, 3, 7, 1), [f"run-{n}" for n in range(5)]
    ingest.create(server, runs)
    done = flood(ingest.orders(server, load, runs))
    assert (len(done.acks), done.refused) == (35, 0)
    for run in runs:
        points = server.points(PROJECT, run, "metric_9")
        assert [step for step, _ in points] == [*range(21)]
