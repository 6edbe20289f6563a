"""A user of the surface: an empty home, a working directory, and what was said and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.processes import ServerProcess
from tests.sdk.bad.user import User
from tests.sdk.conftest import home, unlimited

__all__ = ["home", "unlimited", "user"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.stop()


@pytest.fixture
def user(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> User:
    return User(home, monkeypatch, capsys)
