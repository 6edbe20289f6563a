"""The metric service's answers, as the API says them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from wanllmdb_server.fronts.rest.schemas.form import Answer, Time


class MetricPoints(Answer):
    """Exact points of a series, by step."""

    key: str
    step: list[int]
    time: list[Time]
    value: list[Any]


class MetricHistory(Answer):
    """Points of some series of a run, series by series."""

    run_id: str = Field(description="owner/project/id")
    metrics: list[MetricPoints]
    next: str | None = Field(description="goes on behind the last point; null at the end")


class LatestPoint(Answer):
    """The point of a series at its highest step."""

    value: Any
    step: int
    time: Time


class LatestMetrics(Answer):
    """The latest point of each series of a run."""

    run_id: str
    metrics: dict[str, LatestPoint]


class MetricStatistics(Answer):
    """What is said of a series; `min` to `std` are of its finite points, null without one."""

    key: str
    count: int = Field(description="points, special ones too")
    min: float | None
    max: float | None
    mean: float | None
    std: float | None = Field(
        description="of these very points (divided by n); null too where they are too many"
    )
    nan: int
    posinf: int
    neginf: int
    first_step: int
    last_step: int
    last_time: Time
    last: Any


class RunStatistics(Answer):
    """The statistics of some series of a run."""

    run_id: str
    metrics: list[MetricStatistics]


class MetricSummary(Answer):
    """A series in a summary."""

    last: Any
    min: float | None
    max: float | None
    mean: float | None
    count: int


class RunMetricsSummary(Answer):
    """What a run logged, in short."""

    run_id: str
    state: str
    points: int
    first_step: int | None
    last_step: int | None
    last_time: Time | None
    metrics: dict[str, MetricSummary]
