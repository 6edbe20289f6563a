"""A fresh world for each test that asks for one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.world import Template, World, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A settled world on disk."""
    return asyncio.run(make_template(tmp_path_factory.mktemp("template")))


@pytest.fixture
def world(template: Template, tmp_path: Path) -> Iterator[World]:
    world = template.copy(tmp_path / "world")
    yield world
    world.catalog.close()
