"""Access: find what an actor names, or say what they may know about why not.

The one door from names to rows. Nobody known: UnauthenticatedError. Not there, or not theirs
to read: NotFoundError, the same for both. Theirs to read but not to do this to:
NotAllowedError.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.tables import owners, projects, runs
from wanllmdb_server.catalog.where import readable, select_projects, select_runs
from wanllmdb_server.domain.access import (
    Actor,
    Resource,
    Role,
    Verb,
    allows,
    must_be_allowed,
    must_be_known,
)
from wanllmdb_server.domain.errors import (
    Fault,
    InvalidError,
    NotAllowedError,
    NotFoundError,
)
from wanllmdb_server.domain.project import Project
from wanllmdb_server.domain.retention import rule_from
from wanllmdb_server.domain.run import Fork, Run, RunState

MAX_RUNS = 1000


def locate_project(
    catalog: Catalog, actor: Actor, owner: str, project: str, resource: Resource, verb: Verb
) -> Project:
    """The project, if the actor may do this in it."""
    with catalog.reading() as connection:
        return find_project(connection, actor, owner, project, resource, verb)


def locate_run(
    catalog: Catalog,
    actor: Actor,
    owner: str,
    project: str,
    run_id: str,
    resource: Resource,
    verb: Verb,
    *,
    full: bool = False,
) -> Run:
    """The run, if the actor may do this to it.

    `config`, `summary` and `environment` are empty unless it is asked for in `full`.
    """
    with catalog.reading() as connection:
        return find_run(connection, actor, owner, project, run_id, resource, verb, full=full)


def locate_runs(
    catalog: Catalog,
    actor: Actor,
    owner: str,
    project: str,
    run_ids: Sequence[str],
    resource: Resource,
    verb: Verb,
) -> list[Run]:
    """These runs in the order asked, without their mappings; all of them must be there."""
    of = (catalog, actor, owner, project, run_ids, resource, verb)
    found, missing = locate_those_there(*of)
    if missing:
        raise run_not_found(missing[0])
    return found


def locate_those_there(
    catalog: Catalog,
    actor: Actor,
    owner: str,
    project: str,
    run_ids: Sequence[str],
    resource: Resource,
    verb: Verb,
) -> tuple[list[Run], list[str]]:
    """As `locate_runs`, but only one of them must be there; also the ids of those that are not."""
    if len(run_ids) > MAX_RUNS:
        fault = Fault("/runs", "too-many-runs", f"At most {MAX_RUNS} runs.")
        raise InvalidError("Too many runs at once.", faults=[fault])
    with catalog.reading() as connection:
        found = find_project(connection, actor, owner, project, resource, verb)
        query = select_runs(full=False, binned=_sees_bin(verb)).where(
            runs.c.project_id == found.id, runs.c.id.in_(set(run_ids))
        )
        by_id = {row["id"]: run_from(row) for row in connection.execute(query).mappings()}
    missing = [run_id for run_id in dict.fromkeys(run_ids) if run_id not in by_id]
    if missing and not by_id:
        raise run_not_found(missing[0])
    return [by_id[run_id] for run_id in run_ids if run_id in by_id], missing


def find_run_by_id(catalog: Catalog, actor: Actor, run_id: str, verb: Verb) -> Run:
    """The one run of this id to whose points the actor may do this.

    Raises:
        NotFoundError: there is none.
        InvalidError: there are several; code `ambiguous-run`.
    """
    must_be_known(actor)
    with catalog.reading() as connection:
        query = select_runs(actor, full=False, binned=_sees_bin(verb)).where(runs.c.id == run_id)
        rows = connection.execute(query.where(readable(actor)).limit(MAX_RUNS)).mappings().all()
    theirs = [row for row in rows if allows(actor, Resource.POINTS, verb, Role(row["role"]))]
    if not theirs:
        if rows:
            raise NotAllowedError("You may read this run, but not write into it.")
        raise run_not_found(run_id)
    if len(theirs) > 1:
        raise InvalidError(
            f"There are several runs '{run_id[:128]}'; say which: owner/project/{run_id[:128]}.",
            code="ambiguous-run",
        )
    return run_from(theirs[0])


def find_project(
    connection: Connection, actor: Actor, owner: str, project: str, resource: Resource, verb: Verb
) -> Project:
    """As `locate_project`, in a transaction that is open already."""
    must_be_known(actor)
    query = select_projects(actor).where(owners.c.name == owner, projects.c.name == project)
    row = connection.execute(query).mappings().one_or_none()
    role = Role(row["role"]) if row else Role.NONE
    if row is None or not allows(actor, Resource.PROJECT, Verb.READ, role):
        raise project_not_found(owner, project)
    must_be_allowed(actor, resource, verb, role)
    return project_from(row)


def find_run(
    connection: Connection,
    actor: Actor,
    owner: str,
    project: str,
    run_id: str,
    resource: Resource,
    verb: Verb,
    *,
    full: bool = False,
) -> Run:
    """As `locate_run`, in a transaction that is open already."""
    must_be_known(actor)
    query = select_runs(actor, full=full, binned=_sees_bin(verb)).where(
        owners.c.name == owner, projects.c.name == project, runs.c.id == run_id
    )
    row = connection.execute(query).mappings().one_or_none()
    role = Role(row["role"]) if row else Role.NONE
    if row is None or not allows(actor, Resource.RUN, Verb.READ, role):
        raise run_not_found(run_id)
    must_be_allowed(actor, resource, verb, role)
    return run_from(row)


def _sees_bin(verb: Verb) -> bool:
    """Runs in the bin are not read by anybody; who writes into them does not hear of it."""
    return verb is not Verb.READ


def project_not_found(owner: str, project: str) -> NotFoundError:
    """The error for a project that is not there or not the asker's."""
    return NotFoundError(
        f"There is no project '{owner[:128]}/{project[:128]}' that you may see.",
        code="project-not-found",
    )


def run_not_found(run_id: str) -> NotFoundError:
    """The error for a run that is not there or not the asker's."""
    return NotFoundError(
        f"There is no run '{run_id[:128]}' that you may see.", code="run-not-found"
    )


def project_from(row: RowMapping) -> Project:
    """A project from a row of `select_projects`."""
    values = {**row, "role": Role(row["role"]), "retention": rule_from(row["retention"])}
    return Project(**values)


def run_from(row: RowMapping) -> Run:
    """A run from a row of `select_runs`."""
    values: dict[str, Any] = {**row, "state": RunState(row["state"]), "tags": tuple(row["tags"])}
    if row["forked_from"] is not None:
        values["forked_from"] = Fork(**row["forked_from"])
    for beside in ("role", "deleted_at"):
        values.pop(beside, None)
    return Run(**values)
