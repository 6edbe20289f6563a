"""The measurement of what is live works: points are seen, onlookers told, figures are numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from bench import live
from bench.onlookers import look_on
from tests.journeys.processes import ServerProcess

TINY = live.Size(batches=60, quiet=0.5, seconds=1.5, settle=0.5, runs=3)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.stop()


@pytest.mark.timeout(120)
def test_points_are_timed_and_bytes_counted(server: ServerProcess) -> None:
    found = {each.name: each for each in live.figures(server, TINY)}
    assert len(found) == 12
    for name, figure in found.items():
        value = figure.value
        assert value is not None, name
        assert math.isfinite(value), name
    told = {name: each.value or 0.0 for name, each in found.items() if each.unit == "kB/s"}
    table, workspace = told.values()
    assert 0 < table < workspace


def test_every_row_that_was_logged_is_seen_and_timed(server: ServerProcess) -> None:
    live._open(server, ["a"])
    wish = {"runs": ["a"], "keys": list(live.KEYS), "rate": 64}
    rows = look_on(live._orders(server, ["a"], [[wish]], hertz=50, seconds=1.0)).seen().rows
    assert len(rows) > 1
    for sent, acknowledged, came in rows:
        assert sent < acknowledged
        assert came is not None
        assert came > sent
