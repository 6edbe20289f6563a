"""RunTables: runs as columns, their keys, and groups of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.language import parse_order
from wanllmdb_server.domain.query import Field
from wanllmdb_server.domain.run_columns import read_column
from wanllmdb_server.fronts.rest.asked_runs import asked_filter
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import run_tables as form
from wanllmdb_server.fronts.rest.schemas.runs import AskedRuns
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.services.run_search import Asked, GroupsAsked, parse_group_order

router = RestRouter(prefix=f"{API}/projects/{{owner}}/{{project}}/runs", tags=["runs"])

Given = Annotated[Services, Depends(services_of)]
_READ = (Resource.RUN, Verb.READ)


@router.post("/columns", access=_READ, operation_id="readRunColumns")
async def read_columns(
    owner: str, project: str, body: form.AskedColumns, actor: CurrentActor, services: Given
) -> form.RunColumns:
    """The values of some columns, of the first runs in an order."""
    asked = Asked(
        filter=asked_filter(body),
        columns=_columns(body.columns, "/columns"),
        order=parse_order(body.order),
        limit=body.limit,
    )
    table = await services.run_tables.columns(actor, owner, project, asked)
    return form.RunColumns.model_validate(table)


@router.post("/fields", access=_READ, operation_id="readRunFields")
async def read_fields(
    owner: str, project: str, body: AskedRuns, actor: CurrentActor, services: Given
) -> form.RunFields:
    """The keys that runs have in config and summary, and whether the runs differ in them."""
    found = await services.run_tables.fields(actor, owner, project, asked_filter(body))
    return form.RunFields.model_validate(found)


@router.post("/histograms", access=_READ, operation_id="readRunHistograms")
async def read_histograms(
    owner: str, project: str, body: form.AskedHistograms, actor: CurrentActor, services: Given
) -> form.Histograms:
    """How the values of columns are spread over the runs."""
    asked = Asked(asked_filter(body), _columns(body.columns, "/columns"))
    found = await services.run_tables.histograms(actor, owner, project, asked)
    said = {
        name: form.Histogram(
            runs=each.runs, edges=each.edges, counts=each.counts,
            values=[form.TextCount(value=value, runs=runs) for value, runs in each.values],
        )
        for name, each in found.items()
    }  # fmt: skip
    return form.Histograms(columns=said)


@router.post("/groups", access=_READ, operation_id="readRunGroups")
async def read_groups(
    owner: str, project: str, body: form.AskedGroups, actor: CurrentActor, services: Given
) -> form.RunGroups:
    """Runs that are alike, as groups with figures of columns."""
    columns = _columns(body.columns, "/columns")
    asked = GroupsAsked(
        filter=asked_filter(body),
        by=_columns(body.by, "/by"),
        columns=columns,
        order=parse_group_order(body.order, columns),
        within=body.filter,
        limit=body.limit,
        cursor=body.cursor,
    )
    found = await services.run_tables.groups(actor, owner, project, asked)
    items = [form.RunGroup.model_validate(each) for each in found.items]
    return form.RunGroups(items=items, total=found.total or 0, next=found.next)


def _columns(names: Sequence[str], pointer: str) -> dict[str, Field]:
    return {name: read_column(name, f"{pointer}/{at}") for at, name in enumerate(names)}
