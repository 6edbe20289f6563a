"""Curves, points and keys, as the API says them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from wanllmdb_server.fronts.rest.schemas.form import Answer, Body
from wanllmdb_server.services.curves import MAX_BUCKETS, MAX_KEYS, MAX_RUNS, MIN_BUCKETS


class CurvesQuestion(Body):
    """What a panel asks; all its runs are drawn on one grid."""

    project: str = Field(description="owner/project")
    runs: list[str] = Field(max_length=MAX_RUNS)
    keys: list[str] = Field(max_length=MAX_KEYS)
    x: Literal["step", "relative", "wall"] = "step"
    first: float | None = Field(None, description="in units of x: steps, or microseconds")
    last: float | None = None
    buckets: int = Field(400, ge=MIN_BUCKETS, le=MAX_BUCKETS)


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


class RunKeys(Answer):
    """The series of a run."""

    keys: list[Key]


class CommonKey(Answer):
    """A key, and how many of the runs have it."""

    key: str
    kind: Literal["number", "object"]
    runs: int


class ProjectKeys(Answer):
    """The keys of several runs."""

    keys: list[CommonKey]


class ExactPoints(Answer):
    """Points of one series with nothing left out, by step."""

    key: str
    step: list[int]
    time: list[int]
    value: list[Any]
    next: str | None
