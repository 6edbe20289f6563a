"""Runs beside each other, groups of them tested, and what their parameters say."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.comparison import GroupedKey
from wanllmdb_server.fronts.rest.asked_runs import asked_filter
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.comparison_json import comparison_json
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.runs import listed
from wanllmdb_server.fronts.rest.schemas import comparison as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.services.analysis import Chosen
from wanllmdb_server.services.comparison import GroupsQuestion, NamedRuns

router = RestRouter(prefix=API, tags=["comparison"], only_json=True)

Given = Annotated[Services, Depends(services_of)]

_READ: Final = (Resource.RUN, Verb.READ)
_PROJECT: Final = "/projects/{owner}/{project}"


@router.post(
    "/runs/lookup",
    access=_READ,
    operation_id="lookUpRuns",
    response_model_exclude_unset=True,
)
async def look_up(body: form.Lookup, actor: CurrentActor, services: Given) -> form.FoundRuns:
    """Runs of any projects by their names, in the order asked."""
    full = body.fields == "all"
    found, missing = await services.comparison.lookup(actor, body.runs, full=full)
    return form.FoundRuns(items=[listed(run, full=full) for run in found], missing=missing)


@router.post("/compare", access=_READ, operation_id="compareRuns", response_model=form.Comparison)
async def compare(body: form.CompareQuestion, actor: CurrentActor, services: Given) -> Response:
    """What keys of numbers came to in runs of any projects, beside each other."""
    said = await services.comparison.compare(actor, body.runs, body.keys, body.step)
    content = await asyncio.to_thread(comparison_json, said)
    return Response(content, media_type="application/json")


@router.post("/compare/groups", access=_READ, operation_id="compareGroups")
async def compare_groups(
    body: form.GroupsQuestion, actor: CurrentActor, services: Given
) -> form.GroupComparison:
    """What keys came to in groups of runs, and whether the groups differ."""
    asked = GroupsQuestion(
        [NamedRuns(group.name, group.runs) for group in body.groups],
        body.keys,
        body.value,
        body.paired_by,
        body.confidence,
    )
    keys, missing = await services.comparison.groups(actor, asked)
    return form.GroupComparison(keys=[_key(key) for key in keys], missing=missing)


@router.post(f"{_PROJECT}/importance", access=_READ, operation_id="weighParameters")
async def importance(
    owner: str, project: str, body: form.ImportanceQuestion, actor: CurrentActor, services: Given
) -> form.Importance:
    """How much each parameter of the project's runs says about a figure of theirs."""
    chosen = Chosen(owner, project, asked_filter(body), body.runs)
    said = await services.analysis.importance(actor, chosen, body.target, body.parameters)
    return form.Importance(
        runs=said.runs,
        used=said.used,
        parameters=[form.Parameter.model_validate(each) for each in said.parameters],
        score=said.score,
        note=_note(said.notes),
    )


@router.post(f"{_PROJECT}/correlations", access=_READ, operation_id="correlateColumns")
async def correlations(
    owner: str, project: str, body: form.CorrelationsQuestion, actor: CurrentActor, services: Given
) -> form.Correlations:
    """How figures and parameters of the project's runs go together, each with each."""
    chosen = Chosen(owner, project, asked_filter(body), body.runs)
    by_rank = body.method == "spearman"
    said = await services.analysis.correlations(actor, chosen, body.columns, by_rank=by_rank)
    return form.Correlations.model_validate(said)


def _key(said: GroupedKey) -> form.GroupedKey:
    groups = [
        form.GroupSpread(name=group.name, ci=group.ci, **asdict(group.summary))
        for group in said.groups
    ]
    tests = [form.GroupTest(a=test.a, b=test.b, **asdict(test.outcome)) for test in said.tests]
    return form.GroupedKey(key=said.key, groups=groups, tests=tests, note=_note(said.notes))


def _note(notes: Sequence[str]) -> str | None:
    return " ".join(notes) or None
