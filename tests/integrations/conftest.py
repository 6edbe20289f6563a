"""One server for each worker; a project of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.processes import ServerProcess


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/integrations/" in str(item.path):
            item.add_marker(pytest.mark.libraries)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def lab(
    server: ServerProcess,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> object:
    from tests.integrations.laboratory import Laboratory

    monkeypatch.setenv("WANLLMDB_API_URL", server.url)
    monkeypatch.setenv("WANLLMDB_API_KEY", server.key)
    return Laboratory(server, tmp_path, request.node.name.removeprefix("test_")[:60].strip("_"))
