"""Where: the selections that several files of the catalog share. Every value is a parameter."""

from __future__ import annotations

from typing import Any, Unpack

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
)

from wanllmdb_server.catalog.tables import members, owners, projects, runs, users
from wanllmdb_server.domain.access import Actor, Role
from wanllmdb_server.domain.filter import RunFilter
from wanllmdb_server.domain.run import RunState

Rows = Select[Unpack[tuple[Any, ...]]]

# What lies in the bin is nowhere: whoever reads runs without `select_runs` says so with this.
NOT_BINNED = runs.c.deleted_at.is_(None)

run_owners = owners.alias("run_owners")  # of users that a run belongs to, beside its project's


def role_of(actor: Actor) -> ColumnElement[int]:
    """What the actor is to the project of the row; needs `projects` and `reachable`."""
    if actor.admin:
        return literal(int(Role.ADMIN), Integer)
    return case(
        (projects.c.owner_id == actor.user_id, int(Role.ADMIN)),
        else_=func.coalesce(members.c.role, int(Role.NONE)),
    )


def reachable(actor: Actor) -> FromClause:
    """Projects with their owners, and the actor's membership where there is one."""
    return projects.join(owners, owners.c.id == projects.c.owner_id).outerjoin(
        members,
        and_(members.c.project_id == projects.c.id, members.c.user_id == actor.user_id),
    )


def readable(actor: Actor) -> ColumnElement[bool]:
    """Whether the project of the row exists for the actor; needs `reachable`."""
    if actor.admin:
        return true()
    return or_(projects.c.owner_id == actor.user_id, members.c.role >= int(Role.VIEWER))


def select_projects(actor: Actor) -> Rows:
    """Projects as the actor sees them, with the number of their runs."""
    counted = select(func.count()).where(runs.c.project_id == projects.c.id, NOT_BINNED)
    return select(
        projects.c.id,
        owners.c.name.label("owner"),
        projects.c.name,
        projects.c.description,
        projects.c.created_at,
        projects.c.updated_at,
        projects.c.retention,
        counted.scalar_subquery().label("runs"),
        counted.where(runs.c.state == RunState.RUNNING).scalar_subquery().label("running"),
        role_of(actor).label("role"),
    ).select_from(reachable(actor))


# Columns of a run without its three big mappings; `select_runs` says which are wanted.
_RUN = (
    runs.c.number,
    runs.c.id,
    runs.c.project_id,
    owners.c.name.label("owner"),
    projects.c.name.label("project"),
    runs.c.name,
    runs.c.state,
    runs.c.color,
    runs.c.created_at,
    runs.c.started_at,
    runs.c.heartbeat_at,
    runs.c.finished_at,
    runs.c.exit_code,
    runs.c.group,
    runs.c.job_type,
    runs.c.notes,
    runs.c.tags,
    run_owners.c.name.label("user"),
    runs.c.stop_requested,
    runs.c.preempting,
    runs.c.logged,
    runs.c.lost,
    runs.c.forked_from,
    runs.c.alerts,
)
_MAPPINGS = (runs.c.config, runs.c.summary, runs.c.environment)


def select_runs(actor: Actor | None = None, *, full: bool, binned: bool = False) -> Rows:
    """Runs with the names around them; with the actor's role when one is given.

    Those in the bin are among them if they are asked for: their writers still write.
    """
    columns = [*_RUN, *(_MAPPINGS if full else ())]
    where = projects.join(owners, owners.c.id == projects.c.owner_id)
    if actor is not None:
        where, columns = reachable(actor), [*columns, role_of(actor).label("role")]
    query = select(*columns).select_from(
        where.join(runs, runs.c.project_id == projects.c.id)
        .outerjoin(users, users.c.id == runs.c.user_id)
        .outerjoin(run_owners, run_owners.c.id == users.c.id)
    )
    return query if binned else query.where(NOT_BINNED)


def matches(wanted: RunFilter) -> list[ColumnElement[bool]]:
    """What a run must be to pass the filter; words are text, never patterns."""
    found: list[ColumnElement[bool]] = [
        runs.c.search.contains(word, autoescape=True) for word in wanted.words
    ]
    if wanted.states:
        found.append(runs.c.state.in_([str(state) for state in wanted.states]))
    return found
