"""RunSets: many runs changed, moved, thrown away and taken back at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from wanllmdb_server.catalog.run_sets import Edit
from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.fronts.rest.asked_runs import asked_filter
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.run_forms import said
from wanllmdb_server.fronts.rest.schemas import run_sets as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.services.run_sets import RunSet

router = RestRouter(
    prefix=f"{API}/projects/{{owner}}/{{project}}/runs", tags=["runs"], only_json=True
)

Given = Annotated[Services, Depends(services_of)]
_UPDATE = (Resource.RUN, Verb.UPDATE)
_DELETE = (Resource.RUN, Verb.DELETE)


@router.post("/bulk", access=_UPDATE, operation_id="changeRuns")
async def change_runs(
    owner: str, project: str, body: form.RunEdit, actor: CurrentActor, services: Given
) -> form.EditedRuns:
    """Change tags and texts of many runs."""
    texts = {
        name: getattr(body, name)
        for name in ("group", "job_type", "notes")
        if name in body.model_fields_set
    }
    edit = Edit(add_tags=tuple(body.add_tags), remove_tags=tuple(body.remove_tags), texts=texts)
    done = await services.run_sets.edit(actor, _chosen(owner, project, body), edit)
    return form.EditedRuns.model_validate(done)


@router.post("/move", access=_UPDATE, operation_id="moveRuns")
async def move_runs(
    owner: str, project: str, body: form.RunMove, actor: CurrentActor, services: Given
) -> form.MovedRuns:
    """Move many runs to another project, all of them or none."""
    chosen = _chosen(owner, project, body)
    moved = await services.run_sets.move(actor, chosen, body.to)
    return form.MovedRuns(moved=len(moved), runs=moved)


@router.post("/trash", access=_DELETE, operation_id="deleteRuns")
async def delete_runs(
    owner: str, project: str, body: form.RunSet, actor: CurrentActor, services: Given
) -> form.DeletedRuns:
    """Put many runs into the bin: nobody sees them, and they can be taken back for some days."""
    gone = await services.run_sets.throw_away(actor, _chosen(owner, project, body))
    return form.DeletedRuns(deleted=len(gone), runs=gone)


@router.get("/trash", access=(Resource.RUN, Verb.READ), operation_id="listDeletedRuns")
async def list_deleted_runs(
    owner: str, project: str, actor: CurrentActor, services: Given
) -> form.BinnedRuns:
    """The runs in the bin."""
    found = await services.run_sets.binned(actor, owner, project)
    items = [form.BinnedRun(**said(run, full=False), deleted_at=at) for run, at in found.runs]
    return form.BinnedRuns(items=items, total=found.total, days=found.days)


@router.post("/restore", access=_DELETE, operation_id="restoreRuns")
async def restore_runs(
    owner: str, project: str, body: form.RestoredRunIds, actor: CurrentActor, services: Given
) -> form.RestoredRuns:
    """Take runs out of the bin again."""
    done = await services.run_sets.take_back(actor, owner, project, body.runs)
    return form.RestoredRuns(restored=done)


def _chosen(owner: str, project: str, body: form.RunSet) -> RunSet:
    """The runs that a request is about: it says which, or that all that pass are meant."""
    if (body.runs is None) != body.all:
        detail = "Name the runs, or say `all` for every run that passes the filter."
        fault = Fault("/runs", "invalid", detail)
        raise InvalidError("It is not said which runs are meant.", faults=[fault])
    return RunSet(owner, project, asked_filter(body) if body.runs is None else body.runs)
