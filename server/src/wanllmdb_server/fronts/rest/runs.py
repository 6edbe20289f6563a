"""Runs: begin, list, look, change, end, delete."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import Depends, Query, Response

from wanllmdb_server.catalog.openings import Terms
from wanllmdb_server.catalog.runs import NewRun
from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.filter import RunFilter, parse_sort, parse_states, parse_words
from wanllmdb_server.domain.filter_text import parse_filter
from wanllmdb_server.domain.language import parse_order
from wanllmdb_server.domain.run import Run, RunChanges, RunState
from wanllmdb_server.domain.writer import Moment, Part, WriterFacts
from wanllmdb_server.fronts.rest.asked_runs import asked_filter
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.query import DEFAULT_LIMIT, Cursor, FilterText, Limit, Words
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.run_forms import said, whole
from wanllmdb_server.fronts.rest.schemas import runs as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.services.run_search import Wanted

router = RestRouter(prefix=API, tags=["runs"], only_json=True)

Given = Annotated[Services, Depends(services_of)]
States = Annotated[list[str], Query(description=", ".join(RunState))]
SortBy = Annotated[
    str,
    Query(description="A column, `config.<key>` or `summary.<key>`; '-' in front: descending"),
]

_READ = (Resource.RUN, Verb.READ)
_CREATE = (Resource.RUN, Verb.CREATE)
_UPDATE = (Resource.RUN, Verb.UPDATE)
_RUN: Final = "/projects/{owner}/{project}/runs/{run}"
_NOT_OF_RUN: Final = {
    "project", "owner", "resume", "tags", "writer_facts", "fork_from", "resume_from"
}  # fmt: skip


@router.post(
    "/runs",
    access=_CREATE,
    operation_id="createRun",
    status_code=201,
    responses={200: {"model": form.BegunRun, "description": "The run was known"}},
)
async def create_run(
    body: form.NewRun, response: Response, actor: CurrentActor, services: Given
) -> form.BegunRun:
    """Begin a run, or go on with the one of this id; 200 when it was known."""
    begun = await services.runs.create(
        actor, body.project, _new(body), owner=body.owner, terms=_terms(body)
    )
    response.status_code = 201 if begun.created else 200
    return form.BegunRun(
        run=whole(begun.run),
        resumed=begun.resumed,
        last_step=begun.last_step,
        first_step=begun.first_step,
        summary_set=list(begun.summary_set),
        metric_url=services.metric_url,
    )


@router.get(
    "/projects/{owner}/{project}/runs",
    access=_READ,
    operation_id="listRuns",
    response_model_exclude_unset=True,
)
async def list_runs(
    owner: str,
    project: str,
    actor: CurrentActor,
    services: Given,
    q: Words = "",
    state: States = [],  # noqa: B006 - FastAPI copies it
    filter: FilterText = "",  # noqa: A002 - its name in the request
    sort: SortBy = "-created_at",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    fields: Literal["all", "lite"] = "all",
) -> form.RunPage:
    """The runs of a project, filtered and in an order."""
    wanted = Wanted(
        filter=RunFilter(parse_words(q), parse_states(state), parse_filter(filter)),
        sort=parse_sort(sort),
        limit=limit,
        cursor=cursor,
        full=fields == "all",
    )
    page = await services.run_search.find(actor, owner, project, wanted)
    items = [listed(run, full=wanted.full) for run in page.items]
    return form.RunPage(items=items, next=page.next, total=page.total)


@router.post(
    "/projects/{owner}/{project}/runs/search",
    access=_READ,
    operation_id="searchRuns",
    response_model_exclude_unset=True,
)
async def search_runs(
    owner: str, project: str, body: form.RunSearch, actor: CurrentActor, services: Given
) -> form.RunPage:
    """The runs that meet a filter, in an order of several keys."""
    first, *then = parse_order(body.order)
    wanted = Wanted(
        filter=asked_filter(body),
        sort=first,
        then=tuple(then),
        limit=body.limit,
        cursor=body.cursor,
        offset=body.offset,
        full=body.fields == "all",
    )
    page = await services.run_search.find(actor, owner, project, wanted)
    items = [listed(run, full=wanted.full) for run in page.items]
    return form.RunPage(items=items, next=page.next, total=page.total)


@router.get(_RUN, access=_READ, operation_id="getRun")
async def get_run(
    owner: str, project: str, run: str, actor: CurrentActor, services: Given
) -> form.Run:
    """One run, with all that is known of it."""
    return whole(await services.runs.get(actor, owner, project, run))


@router.patch(_RUN, access=_UPDATE, operation_id="changeRun")
async def change_run(
    owner: str,
    project: str,
    run: str,
    body: form.RunPatch,
    actor: CurrentActor,
    services: Given,
) -> form.Run:
    """Change what a reader may: names, texts, tags, config, summary; or ask it to stop."""
    changes = RunChanges(
        **body.model_dump(exclude={"tags"}),
        tags=None if body.tags is None else tuple(body.tags),
    )
    return whole(await services.runs.change(actor, owner, project, run, changes))


@router.delete(
    _RUN,
    access=(Resource.RUN, Verb.DELETE),
    operation_id="deleteRun",
    status_code=204,
    response_class=Response,
)
async def delete_run(
    owner: str, project: str, run: str, actor: CurrentActor, services: Given
) -> Response:
    """Delete a run with its points."""
    await services.runs.delete(actor, owner, project, run)
    return Response(status_code=204)


@router.post(f"{_RUN}/finish", access=_UPDATE, operation_id="finishRun")
async def finish_run(
    owner: str,
    project: str,
    run: str,
    body: form.FinishedRun,
    actor: CurrentActor,
    services: Given,
) -> form.Run:
    """End a run."""
    return whole(await services.runs.finish(actor, owner, project, run, body.exit_code))


@router.post(f"{_RUN}/heartbeat", access=_UPDATE, operation_id="sendHeartbeat")
async def send_heartbeat(
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    services: Given,
    body: form.Sign | None = None,
) -> form.Heartbeat:
    """A sign of life of a run; the answer says what is wished of its script."""
    writer = body.writer if body is not None else None
    wish = await services.runs.heartbeat(actor, owner, project, run, writer=writer)
    return form.Heartbeat(stop=wish.stop, watched=wish.watched)


def _new(body: form.NewRun) -> NewRun:
    said = body.model_dump(exclude=_NOT_OF_RUN)
    facts = body.writer_facts.model_dump() if body.writer_facts is not None else {}
    if facts:
        facts |= {"gone": tuple(facts["gone"]), "part": Part(facts["part"])}
    tags = None if body.tags is None else tuple(body.tags)
    return NewRun(**said, tags=tags, facts=WriterFacts(**facts))


def _terms(body: form.NewRun) -> Terms:
    return Terms(resume=body.resume, fork=_moment(body.fork_from), rewind=_moment(body.resume_from))


def _moment(said: form.Moment | None) -> Moment | None:
    return None if said is None else Moment(said.run, said.step)


def listed(run: Run, *, full: bool) -> form.ListedRun:
    """A run as lists say it."""
    return form.ListedRun(**said(run, full=full))
