"""Figures: what was measured, beside its goal, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Args (fields):
        name: what was measured.
        value: the number, in `unit`.
        unit: of value and goal.
        goal: what it should reach; None where there is none.
        at_least: whether more is better.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """`ok`, `MISSED`, or nothing where there is no goal."""
        if self.goal is None:
            return ""
        good = self.value >= self.goal if self.at_least else self.value <= self.goal
        return "ok" if good else "MISSED"


def quantile(sorted_values: Sequence[float], q: float) -> float:
    """The q-quantile of values in ascending order, by the nearest rank."""
    return sorted_values[min(len(sorted_values) - 1, int(q * len(sorted_values)))]


def table(figures: Iterable[Figure]) -> str:
    """The figures as aligned text."""
    lines = [f"{'figure':<58}{'measured':>14} {'goal':>12}  "]
    for each in figures:
        sign = "≥" if each.at_least else "≤"
        goal = "" if each.goal is None else f"{sign} {each.goal:,.6g}"
        lines.append(f"{each.name:<58}{each.value:>10,.4g} {each.unit:<9}{goal:>8}  {each.verdict}")
    return "\n".join(lines)


def as_json(figures: Iterable[Figure]) -> str:
    """The figures as one JSON array."""
    return json.dumps([asdict(each) | {"verdict": each.verdict} for each in figures], indent=1)
