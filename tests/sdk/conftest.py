"""A user of the SDK with an empty home, whose runs do not outlive the test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import wanllmdb
from wanllmdb import budget, opening


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests fail on purpose, more often than a process may ask again; the budget has its own."""
    monkeypatch.setattr(budget, "PROCESS", budget.Budget(seconds=0.0))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home and an empty working directory; no setting of the real user is seen."""
    for name in list(os.environ):
        if name.startswith(("WANLLMDB_", "WANDB_", "XDG_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    work = home / "work"
    work.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    monkeypatch.setattr(opening, "_told", set())
    yield home
    wanllmdb.teardown()
