"""The stores that a contract's suite is run against, each fresh."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contracts.stores import STORES, opened

from wanllmdb_server.metrics.store import MetricStore


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MetricStore]:
    store = opened(request.param, tmp_path)
    yield store
    await store.close()
