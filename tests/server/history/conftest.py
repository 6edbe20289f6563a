"""A whole server for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.server.house import House, open_house
from tests.server.world import Template


@pytest.fixture
async def house(tmp_path: Path, template: Template) -> AsyncIterator[House]:
    async with open_house(tmp_path, template) as house:
        yield house
