"""Comparison: runs beside each other, whatever projects they are of.

A run is named as `owner/project/id`. One that is not there and one that is not the asker's to see
look the same: both are missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

import numpy as np

from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.plain import flat, special
from wanllmdb_server.domain.run import Run, RunState, is_users_key
from wanllmdb_server.domain.samples import Interval, Outcome, Summary, Values, finite, summary
from wanllmdb_server.domain.series import Overview

Ref = tuple[str, str, str]
Goal = Literal["minimize", "maximize"]
Taken = Literal["last", "min", "max", "mean"]

_OVER: Final = frozenset(
    {RunState.FINISHED, RunState.FAILED, RunState.CRASHED, RunState.KILLED, RunState.PREEMPTED}
)
_SPECIAL: Final = {special(value): value for value in (math.nan, math.inf, -math.inf)}
_METRIC: Final = "metric/"  # of an environment: how a key wishes to be drawn
_COLUMN: Final[Mapping[Taken, str]] = {"last": "last", "min": "low", "max": "high", "mean": "mean"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one key of numbers came to in each run; NaN in `there` alone means there is none."""

    key: str
    there: Values  # 1 where the run has the key
    last: Values
    low: Values
    high: Values
    mean: Values
    goal: Goal | None
    statistics: Summary  # of the last values that are finite
    reached: Reached | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """What a key was in each run when it came to a step: its last point there or before."""

    values: Values  # NaN where `steps` says that there is no point
    steps: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs beside each other, and what they have in common.

    Attributes:
        found: the runs as they were asked for, each once.
        average_duration: in seconds, of the runs that ended.
        success_rate: how many of those finished.
    """

    found: Sequence[Run]
    missing: Sequence[str]
    keys: Sequence[Figures]
    average_duration: float | None
    success_rate: float | None


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """What a key came to in the runs of a group; `ci` is where its mean lies."""

    name: str
    summary: Summary
    ci: Interval | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """What a test of two groups found."""

    a: str
    b: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class GroupedKey:
    """One key in all groups, and what stands between each two of them."""

    key: str
    groups: Sequence[GroupFigures]
    tests: Sequence[Pairing]
    notes: Sequence[str]


def parse_refs(said: Sequence[str], pointer: str = "/runs") -> list[Ref]:
    """The runs that are named, each once.

    Raises:
        InvalidError: one is not `owner/project/id`.
    """
    found: list[Ref] = []
    for at, text in enumerate(said):
        parts = text.split("/")
        if len(parts) != 3 or not all(parts):
            detail = "A run is named as owner/project/id."
            fault = Fault(f"{pointer}/{at}", "unfit-run", detail)
            raise InvalidError("This names no run.", faults=[fault])
        found.append((parts[0], parts[1], parts[2]))
    return list(dict.fromkeys(found))


def ref_of(run: Run) -> Ref:
    """How a run is named."""
    return run.owner, run.project, run.id


def compared(
    found: Sequence[Run], missing: Sequence[str], overview: Overview, keys: Sequence[str] | None
) -> Compared:
    """Runs beside each other, from what was logged and from their summaries."""
    over = [run for run in found if run.state in _OVER]
    lasted = [_duration(run) for run in over]
    finished = sum(run.state is RunState.FINISHED for run in over)
    goals = _goals(found)
    tables = tabled(found, overview, keys)
    return Compared(
        found,
        missing,
        [_figures(key, table, _goal(goals, key)) for key, table in tables.items()],
        sum(lasted) / len(lasted) / 1e6 if lasted else None,
        finished / len(over) if over else None,
    )


def tabled(
    found: Sequence[Run], overview: Overview, keys: Sequence[str] | None
) -> dict[str, Values]:
    """For each key, by name, a table [there, last, low, high, mean] of the runs.

    What a run's summary was set to stands above what it logged last, as everywhere.
    """
    place = {run.number: at for at, run in enumerate(found)}
    wanted = None if keys is None else set(keys)
    tables: dict[str, Values] = {}
    ends = np.searchsorted(overview.key, np.arange(len(overview.keys) + 1))
    columns = np.stack([overview.last, overview.low, overview.high, overview.mean])
    at = np.array([place[number] for number in overview.run.tolist()], np.intp)
    for key, first, end in zip(overview.keys, ends[:-1], ends[1:], strict=True):
        if wanted is None and not is_users_key(key):
            continue
        table = _empty(len(found))
        table[0, at[first:end]] = 1
        table[1:, at[first:end]] = columns[:, first:end]
        tables[key] = table
    for run in found:
        for key, value in flat(run.summary):
            if wanted is None or key in wanted:
                _set(tables, key, place[run.number], value, len(found))
    return {key: tables[key] for key in sorted(tables) if tables[key][0].any()}


def at_step(said: Compared, points: Mapping[tuple[int, str], tuple[int, float]]) -> Compared:
    """The comparison with the points, by run and key, that runs had reached at a step."""

    def reached(key: str) -> Reached:
        mine = [points.get((run.number, key)) for run in said.found]
        values = np.array([point[1] if point else math.nan for point in mine])
        return Reached(values, [point[0] if point else None for point in mine])

    return replace(said, keys=[replace(of, reached=reached(of.key)) for of in said.keys])


def taken(table: Values, value: Taken) -> Values:
    """Of a table of `tabled` the figure of each run; NaN where it has none that is finite."""
    row = 1 + list(_COLUMN).index(value)
    return np.where((table[0] > 0) & finite(table[row]), table[row], np.nan)


def _empty(runs: int) -> Values:
    table = np.full((5, runs), np.nan)
    table[0] = 0
    return table


def _set(tables: dict[str, Values], key: str, at: int, value: object, runs: int) -> None:
    if isinstance(value, str):
        value = _SPECIAL.get(value, value)
    if not isinstance(value, (bool, int, float)):
        if key in tables:  # the summary says that this is no number, or absent
            tables[key][:, at] = _empty(1)[:, 0]
        return
    table = tables.setdefault(key, _empty(runs))
    table[:2, at] = 1, float(value)
    if np.isnan(table[2:, at]).all() and np.isfinite(float(value)):
        table[2:, at] = float(value)


def _figures(key: str, table: Values, goal: Goal | None) -> Figures:
    last = taken(table, "last")
    there, said, low, high, mean = table
    return Figures(key, there, said, low, high, mean, goal, summary(last[np.isfinite(last)]))


def _duration(run: Run) -> int:
    return max(0, (run.finished_at or run.heartbeat_at) - run.started_at)


def _goals(found: Iterable[Run]) -> dict[str, Goal]:
    """What was said to be better, by the name of the metric; the newest run's word counts."""
    goals: dict[str, Goal] = {}
    for run in sorted(found, key=lambda run: run.created_at):
        for key, said in run.environment.items():
            if key.startswith(_METRIC) and isinstance(said, dict):
                goal = cast("dict[str, Any]", said).get("goal")
                if goal in ("minimize", "maximize"):
                    goals[key.removeprefix(_METRIC)] = goal
    return goals


def _goal(goals: Mapping[str, Goal], key: str) -> Goal | None:
    if key in goals:
        return goals[key]
    rules = [name for name in goals if name.endswith("*") and key.startswith(name[:-1])]
    return goals[max(rules, key=len)] if rules else None
