"""Curves, points and keys, as the API says them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from wanllmdb_server.fronts.rest.schemas.form import Answer, Body
from wanllmdb_server.metrics.bundle import Aggregate
from wanllmdb_server.metrics.placing import MAX_BUCKETS
from wanllmdb_server.services.curves import (
    MAX_KEYS,
    MAX_QUANTILES,
    MAX_RUNS,
    MIN_BUCKETS,
)


class CurvesQuestion(Body):
    """What a panel asks; all its runs are drawn on one grid."""

    project: str = Field(description="owner/project")
    runs: list[str] = Field(max_length=MAX_RUNS)
    keys: list[str] = Field(max_length=MAX_KEYS)
    x: Literal["step", "relative", "wall", "metric"] = "step"
    x_key: str | None = Field(None, min_length=1, description="the metric that is x, for `metric`")
    first: float | None = Field(None, description="in units of x; of times, microseconds")
    last: float | None = None
    buckets: int = Field(400, ge=MIN_BUCKETS, le=MAX_BUCKETS)
    group: list[str] | None = Field(
        None, description="one curve for runs that are alike in these: a field, or config.<key>"
    )
    group_except: list[str] | None = Field(
        None, description="… and alike in all of their config but these keys"
    )
    aggregates: list[Aggregate] | None = Field(None, description="of the runs of a group: mean")
    quantiles: list[float] | None = Field(None, max_length=MAX_QUANTILES, description="from 0 to 1")


class Key(Answer):
    """A series of a run, and what is known of it without reading its points."""

    key: str
    kind: Literal["number", "object"]
    logged: int
    last: Any
    last_step: int
    last_time: int
    first_step: int
    low: float | None
    high: float | None
    mean: float | None
    nan: int
    posinf: int
    neginf: int
    superseded: int


class Damaged(Answer):
    """What of a run can no longer be read; what is null is not known."""

    key: str | None
    first: int | None
    last: int | None
    points: int | None
    what: str
    why: str
    found: int


class StatisticsQuestion(Body):
    """Of which runs of a project, and of which keys."""

    runs: list[str] = Field(max_length=MAX_RUNS)
    keys: list[str] | None = Field(None, max_length=MAX_KEYS, description="null: all")


class KeyStatistics(Answer):
    """Statistics of one key: columns with an item for each run of `runs`.

    Numbers that are not finite stand as "NaN", "Infinity" and "-Infinity"; `low`, `high` and
    `mean` are of the finite points, null where there is none.
    """

    key: str
    runs: list[int] = Field(description="places in the runs of the answer")
    logged: list[int]
    last: list[float | str]
    last_step: list[int]
    last_time: list[int]
    first_step: list[int]
    low: list[float | None]
    high: list[float | None]
    mean: list[float | None]
    nan: list[int]
    posinf: list[int]
    neginf: list[int]


class RunStatistics(Answer):
    """Statistics of many runs, key by key."""

    runs: list[str]
    missing: list[str]
    keys: list[KeyStatistics]


class RunKeys(Answer):
    """The series of a run; `damaged` is there only where something is."""

    keys: list[Key]
    damaged: list[Damaged] | None = None


class CommonKey(Answer):
    """A key, and how many of the runs have it."""

    key: str
    kind: Literal["number", "object"]
    runs: int


class ProjectKeys(Answer):
    """The keys of several runs."""

    keys: list[CommonKey]


class ExactPoints(Answer):
    """Points of one series with nothing left out, by step.

    But for what is `damaged`, which is there only where something is.
    """

    key: str
    step: list[int]
    time: list[int]
    value: list[Any]
    next: str | None
    damaged: list[Damaged] | None = None
