"""Definitions of metrics: which x a key is drawn over, and what its summary keeps.

`define_metric("val/*", step_metric="epoch", summary="max")`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from wanllmdb.errors import Error
from wanllmdb.folds import Folds

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
        self.folds = Folds()
        self._found: dict[str, Metric | None] = {}
        self._steps: set[str] = set()
        self._last: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self.defined)

    def define(self, metric: Metric) -> None:
        """Keep the definition; a later one for the same name replaces it."""
        self.defined[metric.name] = metric
        self._found.clear()
        self._steps = {each.step_metric for each in self.defined.values() if each.step_metric}

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
        if not self._steps:
            return values
        known = dict(flat(values))
        wanted = {
            metric.step_metric
            for key in known
            if (metric := self.of(key)) and metric.step_metric and metric.step_sync
        }
        missing = {key: self._last.get(key, 0) for key in wanted if key not in known}
        known.update(missing)
        self._last.update((key, known[key]) for key in self._steps if key in known)
        return {**values, **missing} if missing else values

    def summarise(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """What the summary holds after this row by definition, and which keys it must not hold.

        Both by flat keys: those inside of nested values are joined with dots.
        """
        kept: dict[str, Any] = {}
        hidden: set[str] = set()
        for key, value in flat(values):
            metric = self.of(key)
            if metric is None or not metric.summary or "copy" in metric.summary:
                continue
            if "none" in metric.summary:
                hidden.add(key)
                self.folds.hide(key)
            elif isinstance(value, (int, float)):
                kept[key] = self.folds.fold(key, metric.summary, value, goal=metric.goal)
        return kept, hidden


def defined(
    name: object,
    *,
    step_metric: object = None,
    step_sync: bool | None = None,
    hidden: bool | None = None,
    summary: Any = None,
    goal: str | None = None,
    earlier: Metric | None = None,
) -> Metric:
    """A definition from what `define_metric` was given.

    What was not given is as an `earlier` definition of the same name says it.

    Raises:
        Error: the name is no key and no `prefix*`, or the summary asks for what there is not.
    """
    step_metric = getattr(step_metric, "name", step_metric)
    if not isinstance(name, str) or not name or "*" in name[:-1]:
        raise Error(f"define_metric: {name!r} is neither a key nor a prefix followed by one '*'.")
    if step_metric is not None and not isinstance(step_metric, str):
        raise Error("define_metric: step_metric is the name of a metric.")
    said = earlier or Metric(name)
    if step_metric is not None:
        sync = True if step_sync is None else bool(step_sync)
        said = replace(said, step_metric=step_metric, step_sync=sync)
    elif step_sync is not None:
        said = replace(said, step_sync=bool(step_sync))
    if hidden is not None:
        said = replace(said, hidden=bool(hidden))
    if summary:
        said = replace(said, summary=_kinds(summary))
    return replace(said, goal=_goal(goal)) if goal is not None else said


def _kinds(summary: Any) -> tuple[str, ...]:
    """What a summary keeps: words with commas between them, or a list of them."""
    words = summary.split(",") if isinstance(summary, str) else summary
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        raise Error(f"define_metric: summary is text such as 'min,max', not {summary!r:.80}.")
    kinds = tuple(dict.fromkeys(word.strip().lower() for word in words if word.strip()))
    if unknown := set(kinds) - _KINDS:
        raise Error(f"define_metric: summary cannot be {sorted(unknown)}; only {sorted(_KINDS)}.")
    return kinds


def _goal(goal: Any) -> str:
    words = {"min": "minimize", "max": "maximize", "minimize": "minimize", "maximize": "maximize"}
    if goal not in words:
        raise Error(f"define_metric: goal is minimize or maximize, not {goal!r:.80}.")
    return words[goal]


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Keys and values, nested keys joined with a dot."""
    for key, value in values.items():
        yield prefix + key, value
        if isinstance(value, dict) and "_type" not in value:
            yield from flat(value, f"{prefix}{key}.")
