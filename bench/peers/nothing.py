"""A tracker that does nothing: what the harness itself costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def begin(folder: Path) -> Callable[[Any], object]:  # noqa: ARG001 - every driver is given one
    """Begin a run; returns `log`."""
    return _log


def _log(row: Any) -> None:
    """Keep nothing."""


def finish() -> None:
    """Nothing is left to do."""
