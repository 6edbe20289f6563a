"""Metric: one point that came as JSON, and the step it gets when it says none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_METRICS: Final = 1000  # in one JSON batch


@dataclass(frozen=True, slots=True)
class Metric:
    """One point of a JSON batch. `run` is "owner/project/id" or a bare id."""

    run: str
    key: str
    value: Any
    step: int | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A point of a JSON batch that was not kept, by its place in the batch."""

    index: int
    code: str
    detail: str


class Steps:
    """The steps of points that do not say theirs: each key goes on from its last one."""

    def __init__(self, last: Mapping[str, int]) -> None:
        self._last = dict(last)

    def of(self, metric: Metric) -> int:
        """The step of the next point."""
        step = self._last.get(metric.key, -1) + 1 if metric.step is None else metric.step
        self._last[metric.key] = max(step, self._last.get(metric.key, step))
        return step
