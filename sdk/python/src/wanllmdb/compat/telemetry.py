"""Telemetry: where integrations of wandb announce themselves. Nothing is kept or sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class TelemetryRecord:
    """Takes any chain of attributes, and forgets it."""

    def __getattr__(self, name: str) -> TelemetryRecord:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        """Nothing is kept."""

    def __call__(self, *_: Any, **__: Any) -> TelemetryRecord:
        return self


@contextmanager
def context(*_: Any, **__: Any) -> Iterator[TelemetryRecord]:
    """Something to write to."""
    yield TelemetryRecord()


def _add_import_hook(*_: Any, **__: Any) -> None:
    """Nobody is told what is imported."""
