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
        value: the number, in `unit`; None if it could not be had, and `note` says why.
        unit: of value and goal.
        goal: what it should reach; None where there is none.
        at_least: whether more is better.
        floor: what a loop that does nothing measured in the same run. A machine that misses the
            goal itself cannot judge it.
        note: how it was made, where the name does not say it.
        of: whose number it is, in a comparison.
    """

    name: str
    value: float | None
    unit: str
    goal: float | None = None
    at_least: bool = False
    floor: float | None = None
    note: str = ""
    of: str = ""

    @property
    def verdict(self) -> str:
        """`ok`, `MISSED`, `machine` if nothing could be judged, `FAILED`, or nothing."""
        if self.value is None:
            return "FAILED"
        if self.goal is None:
            return ""
        good = self.value >= self.goal if self.at_least else self.value <= self.goal
        if good:
            return "ok"
        return "machine" if self.floor is not None and self.floor > self.goal else "MISSED"


def quantile(sorted_values: Sequence[float], q: float) -> float:
    """The q-quantile of values in ascending order, by the nearest rank."""
    return sorted_values[min(len(sorted_values) - 1, int(q * len(sorted_values)))]


def table(figures: Iterable[Figure]) -> str:
    """The figures as aligned text."""
    return "\n".join([f"{'figure':<64}{'measured':>20} {'goal':>13}", *map(line, figures)])


def line(each: Figure) -> str:
    """One figure as a line of the table."""
    sign = "≥" if each.at_least else "≤"
    goal = "" if each.goal is None else f"{sign} {each.goal:,.6g}"
    value = "–" if each.value is None else number(each.value)
    whose = f"{each.of}: " if each.of else ""
    ends = "  ".join(one for one in (each.verdict, each.note) if one)
    return f"{whose + each.name:<64}{value:>10} {each.unit:<9} {goal:>13}  {ends}".rstrip()


def number(value: float) -> str:
    """Four digits that matter, and none before the point left out."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def as_json(figures: Iterable[Figure]) -> str:
    """The figures as one JSON array."""
    return json.dumps([asdict(each) | {"verdict": each.verdict} for each in figures], indent=1)
