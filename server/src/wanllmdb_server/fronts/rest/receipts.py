"""Receipts: whether what a run logged is what is kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Query

from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import receipts as form
from wanllmdb_server.fronts.rest.services import Services, services_of

router = RestRouter(prefix=API, tags=["runs"], only_json=True)

Given = Annotated[Services, Depends(services_of)]
Recount = Annotated[bool, Query(description="Read and count every point again; takes a while")]


@router.get(
    "/projects/{owner}/{project}/runs/{run}/receipt",
    access=(Resource.RUN, Verb.READ),
    operation_id="getReceipt",
)
async def get_receipt(
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    services: Given,
    recount: Recount = False,
) -> form.Receipt:
    """The loss receipt of a run: what its writers said against what is stored."""
    found = await services.receipts.of(actor, owner, project, run, recount=recount)
    return form.Receipt(**asdict(found))
