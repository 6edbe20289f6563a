"""Definitions of metrics: which x a key is drawn over, and what its summary keeps.

`define_metric("val/*", step_metric="epoch", summary="max")`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wanllmdb.errors import Error

_KINDS: Final = frozenset({"min", "max", "mean", "best", "first", "last", "none", "copy"})


@dataclass(frozen=True)
class Metric:
    """What was said of a metric. A name that ends in `*` is a rule for all that begin so."""

    name: str
    step_metric: str | None = None
    step_sync: bool = False
    hidden: bool = False
    summary: tuple[str, ...] = ()
    goal: str | None = None

    def matches(self, key: str) -> bool:
        """Whether the definition is about this key."""
        if self.name.endswith("*"):
            return key.startswith(self.name[:-1])
        return key == self.name

    def record(self) -> dict[str, Any]:
        """As the wire says it."""
        said = {
            "name": self.name,
            "step_metric": self.step_metric,
            "summary": ",".join(self.summary) or None,
            "hidden": self.hidden or None,
            "goal": self.goal,
        }
        return {key: value for key, value in said.items() if value is not None}


class Metrics:
    """All definitions of one run, by name (`defined`), and the summaries that they ask for."""

    def __init__(self) -> None:
        self.defined: dict[str, Metric] = {}
        self._found: dict[str, Metric | None] = {}
        self._summaries: dict[str, dict[str, float]] = {}
        self._means: dict[str, tuple[int, float]] = {}
        self._last: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self.defined)

    def define(self, metric: Metric) -> None:
        """Keep the definition; a later one for the same name replaces it."""
        self.defined[metric.name] = metric
        self._found.clear()

    def of(self, key: str) -> Metric | None:
        """The definition for a key: its own, else that of the longest rule that fits."""
        if key not in self._found:
            fitting = [each for each in self.defined.values() if each.matches(key)]
            exact = [each for each in fitting if each.name == key]
            found = exact or sorted(fitting, key=lambda each: len(each.name))[-1:]
            self._found[key] = found[0] if found else None
        return self._found[key]

    def complete(self, values: dict[str, Any]) -> dict[str, Any]:
        """The row, with the last value of every step metric that it should have and lacks."""
        wanted = {
            metric.step_metric
            for key, _ in flat(values)
            if (metric := self.of(key)) and metric.step_metric and metric.step_sync
        }
        missing = {key: self._last.get(key, 0) for key in wanted if key and key not in values}
        row = {**values, **missing}
        steps = {each.step_metric for each in self.defined.values()}
        self._last.update((key, row[key]) for key in steps if key in row)
        return row

    def summarise(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """What the summary holds after this row by definition, and which keys it must not hold."""
        kept: dict[str, Any] = {}
        hidden: set[str] = set()
        for key, value in flat(values):
            metric = self.of(key)
            if metric is None or not metric.summary or "copy" in metric.summary:
                continue
            if "none" in metric.summary:
                hidden.add(key)
            elif isinstance(value, (int, float)):
                kept[key] = self._fold(metric, key, float(value), value)
        return kept, hidden

    def summaries(self) -> dict[str, Any]:
        """Every summary that a definition asked for, as it is now."""
        return {key: dict(summary) for key, summary in self._summaries.items()}

    def _fold(self, metric: Metric, key: str, number: float, value: Any) -> dict[str, Any]:
        summary: dict[str, Any] = self._summaries.setdefault(key, {})
        for kind in metric.summary:
            if kind == "mean":
                count, total = self._means.get(key, (0, 0.0))
                self._means[key] = (count + 1, total + number)
                summary[kind] = (total + number) / (count + 1)
            else:
                summary[kind] = _FOLDS[_extreme(kind, metric.goal)](summary.get(kind), value)
        return dict(summary)


def defined(
    name: object,
    *,
    step_metric: object = None,
    step_sync: bool | None = None,
    hidden: bool | None = None,
    summary: str | None = None,
    goal: str | None = None,
) -> Metric:
    """A definition from what `define_metric` was given.

    Raises:
        Error: the name is no key and no `prefix*`, or the summary asks for what there is not.
    """
    name = getattr(name, "name", name)  # what an earlier define_metric returned
    step_metric = getattr(step_metric, "name", step_metric)
    if not isinstance(name, str) or not name or "*" in name[:-1]:
        raise Error(f"define_metric: {name!r} is neither a key nor a prefix followed by one '*'.")
    if step_metric is not None and not isinstance(step_metric, str):
        raise Error("define_metric: step_metric is the name of a metric.")
    kinds = tuple(word.strip().lower() for word in (summary or "").split(",") if word.strip())
    if unknown := set(kinds) - _KINDS:
        raise Error(f"define_metric: summary cannot be {sorted(unknown)}; only {sorted(_KINDS)}.")
    words = {"min": "minimize", "max": "maximize", "minimize": "minimize", "maximize": "maximize"}
    if goal is not None and goal not in words:
        raise Error(f"define_metric: goal is minimize or maximize, not {goal!r}.")
    return Metric(
        name=name,
        step_metric=step_metric,
        step_sync=step_metric is not None if step_sync is None else bool(step_sync),
        hidden=bool(hidden),
        summary=kinds,
        goal=words[goal] if goal else None,
    )


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Keys and values, nested keys joined with a dot."""
    for key, value in values.items():
        yield prefix + key, value
        if isinstance(value, dict) and "_type" not in value:
            yield from flat(value, f"{prefix}{key}.")


def _extreme(kind: str, goal: str | None) -> str:
    if kind == "best":
        return "max" if goal == "maximize" else "min"
    return kind


def _least(known: float | None, value: float) -> float:
    if known is None or math.isnan(known):
        return value
    return known if math.isnan(value) else min(known, value)


def _greatest(known: float | None, value: float) -> float:
    if known is None or math.isnan(known):
        return value
    return known if math.isnan(value) else max(known, value)


_FOLDS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "min": _least,
    "max": _greatest,
    "first": lambda known, value: value if known is None else known,
    "last": lambda known, value: value,  # noqa: ARG005 - one shape for all
}
