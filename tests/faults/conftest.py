"""Fixtures of the fault tests: a server, a place for trainings, and how often a fault is tried.

`make test` tries each fault as often as a few seconds allow; `make soak` (WANLLMDB_SOAK=1)
as often as the figures of the fault matrix say.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.faults.proxy import FaultProxy
from tests.faults.training import Place
from tests.journeys.processes import ServerProcess
from tests.sdk.stub_server import KEY, StubServer

SOAK = os.environ.get("WANLLMDB_SOAK", "") not in {"", "0"}
TIMEOUT = 240
SOAK_TIMEOUT = 3600

Many = Callable[[int, int], int]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/faults/" not in str(item.path):
            continue
        item.add_marker(pytest.mark.fault)
        if SOAK or item.get_closest_marker("timeout") is None:
            seconds = SOAK_TIMEOUT if SOAK else TIMEOUT
            item.add_marker(pytest.mark.timeout(seconds), append=False)


@pytest.fixture(scope="session")
def many() -> Many:
    """`many(60, 200)`: how often to try, in `make test` and in `make soak`."""

    def many(test: int, soak: int) -> int:
        return soak if SOAK else test

    return many


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server as a process, one for the file. A test that kills it takes `own_server`."""
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server for one test, which may kill it and start it again."""
    process = ServerProcess(tmp_path / "server")
    process.root.mkdir()
    yield process.start()
    process.stop()


@pytest.fixture
def stub() -> Iterator[StubServer]:
    """The second implementation of the server's contract, in this process."""
    with StubServer() as stub:
        yield stub


@pytest.fixture
def place(server: ServerProcess, tmp_path: Path) -> Place:
    """A home and a spool for trainings that log to `server`."""
    return Place(tmp_path / "place", url=server.url, key=server.key)


@pytest.fixture
def stub_place(stub: StubServer, tmp_path: Path) -> Place:
    """A home and a spool for trainings that log to `stub`."""
    return Place(tmp_path / "place", url=stub.url, key=KEY)


@pytest.fixture
def own_place(own_server: ServerProcess, tmp_path: Path) -> Place:
    """A home and a spool for trainings that log to `own_server`."""
    return Place(tmp_path / "place", url=own_server.url, key=own_server.key)


@pytest.fixture
def faulty(server: ServerProcess) -> Iterator[FaultProxy]:
    """A proxy before `server`; trainings of `faulty_place` log through it."""
    with FaultProxy("127.0.0.1", server.port) as proxy:
        yield proxy


@pytest.fixture
def faulty_place(faulty: FaultProxy, server: ServerProcess, tmp_path: Path) -> Place:
    """A home and a spool for trainings that log to `server` through the proxy `faulty`."""
    return Place(tmp_path / "place", url=faulty.url, key=server.key)
