"""One server for each worker, on which every script of the corpus runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.journeys.processes import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    assert process.stop() == 0
