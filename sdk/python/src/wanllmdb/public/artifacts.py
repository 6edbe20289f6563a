"""Artifacts: the part of the SDK that knows them, imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def part() -> Any:
    """`wanllmdb.artifact`."""
    return import_module("wanllmdb.artifact")
