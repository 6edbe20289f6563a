"""What the metric service of the specification answers: the points of one run, and about them.

A run is named as batches of points name it: `owner/project/id`, percent-encoded or not, or its
id alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends, Path, Query
from starlette.responses import Response

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import KeyStats, Points, Window
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.plain_routes import JSON, answer
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import metrics as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.services.metric_answers import MAX_KEYS, KeyStatistics

MAX_POINTS: Final = 100_000
_READ: Final = (Resource.POINTS, Verb.READ)
_INT64: Final = 1 << 63
_encoder = msgspec.json.Encoder()

router = RestRouter(prefix=API + "/metrics", tags=["points"], only_json=True)

Given = Annotated[Services, Depends(services_of)]
Name = Annotated[str, Path(description="owner/project/id, or the id alone")]
Keys = Annotated[
    list[str],
    Query(max_length=MAX_KEYS, description="Series; none is all that the user logged"),
]
Step = Annotated[int | None, Query(ge=-_INT64, lt=_INT64)]


@router.get(
    "/{run_id:path}/history",
    access=_READ,
    operation_id="readMetricHistory",
    summary="Exact points of series of a run",
    response_model=form.MetricHistory,
)
async def history(
    run_id: Name,
    actor: CurrentActor,
    services: Given,
    key: Keys = [],  # noqa: B006 - FastAPI copies it
    start_step: Step = None,
    end_step: Step = None,
    limit: Annotated[int, Query(ge=1, le=MAX_POINTS)] = 10_000,
    cursor: Annotated[str | None, Query(max_length=8192)] = None,
) -> Response:
    """Points, series by series."""
    window = Window(start_step, end_step)
    page = await services.metric_answers.history(
        actor, run_id, key, window, limit=limit, cursor=cursor
    )
    content = await asyncio.to_thread(_history, page.run, page.series, page.next)
    return Response(content, media_type=JSON)


@router.get(
    "/{run_id:path}/latest",
    access=_READ,
    operation_id="readLatestMetrics",
    summary="The latest point of each series of a run",
    response_model=form.LatestMetrics,
)
async def latest(
    run_id: Name,
    actor: CurrentActor,
    services: Given,
    key: Keys = [],  # noqa: B006
) -> Response:
    """The latest points."""
    run, found = await services.metric_answers.latest(actor, run_id, key)
    points = {
        each.key: {"value": plain(each.last), "step": each.last_step, "time": each.last_time}
        for each in found
    }
    return answer({"run_id": _name(run), "metrics": points})


@router.get(
    "/{run_id:path}/statistics",
    access=_READ,
    operation_id="readMetricStatistics",
    summary="Statistics of series of a run",
    response_model=form.RunStatistics,
)
async def statistics(
    run_id: Name,
    actor: CurrentActor,
    services: Given,
    key: Keys = [],  # noqa: B006
) -> Response:
    """Statistics of series of numbers."""
    run, found = await services.metric_answers.statistics(actor, run_id, key)
    return answer({"run_id": _name(run), "metrics": [_statistics(each) for each in found]})


@router.get(
    "/{run_id:path}/summary",
    access=_READ,
    operation_id="readMetricSummary",
    summary="What a run logged, in short",
    response_model=form.RunMetricsSummary,
)
async def summary(run_id: Name, actor: CurrentActor, services: Given) -> Response:
    """All that the user logged, in short."""
    run, found = await services.metric_answers.latest(actor, run_id, ())
    return answer(
        {
            "run_id": _name(run),
            "state": run.state,
            "points": sum(each.logged - each.superseded for each in found),
            "first_step": min((each.first_step for each in found), default=None),
            "last_step": max((each.last_step for each in found), default=None),
            "last_time": max((each.last_time for each in found), default=None),
            "metrics": {each.key: _in_short(each) for each in found},
        }
    )


def _name(run: Run) -> str:
    return f"{run.owner}/{run.project}/{run.id}"


def _history(run: Run, series: list[Points], cursor: str | None) -> bytes:
    metrics = [
        {
            "key": points.series.key,
            "step": points.step,
            "time": points.time,
            "value": [plain(value) for value in points.value],
        }
        for points in series
    ]
    return _encoder.encode({"run_id": _name(run), "metrics": metrics, "next": cursor})


def _statistics(said: KeyStatistics) -> Mapping[str, Any]:
    stats = said.stats
    return {
        "key": stats.key,
        "count": said.count,
        "min": stats.low,
        "max": stats.high,
        "mean": plain(stats.mean),
        "std": plain(said.std),
        "nan": stats.nan,
        "posinf": stats.posinf,
        "neginf": stats.neginf,
        "first_step": stats.first_step,
        "last_step": stats.last_step,
        "last_time": stats.last_time,
        "last": plain(stats.last),
    }


def _in_short(stats: KeyStats) -> Mapping[str, Any]:
    return {
        "last": plain(stats.last),
        "min": stats.low,
        "max": stats.high,
        "mean": plain(stats.mean),
        "count": stats.logged - stats.superseded,
    }
