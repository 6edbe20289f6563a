"""Retention in the catalog: the rules of projects, and the runs whose time has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, select, update

from wanllmdb_server.catalog.tables import blobs, files, owners, projects, runs
from wanllmdb_server.domain.retention import KEEP_TAG, Kind, Rule, Weight, rule_from
from wanllmdb_server.domain.run import RunState

_OPEN = (RunState.RUNNING, RunState.UNREACHABLE)

# When a run was last heard of.
_heard = case(
    (runs.c.finished_at > runs.c.heartbeat_at, runs.c.finished_at), else_=runs.c.heartbeat_at
)


@dataclass(frozen=True, slots=True)
class Due:
    """A run whose time has come."""

    number: int
    id: str


def rules(connection: Connection) -> list[tuple[int, str, Rule | None]]:
    """Every project: its number, its name with its owner's, and its own rule."""
    name = owners.c.name + "/" + projects.c.name
    query = select(projects.c.id, name, projects.c.retention)
    rows = connection.execute(query.select_from(projects.join(owners)))
    return [(number, name, rule_from(said)) for number, name, said in rows]


def put_rule(connection: Connection, project: int, rule: Rule | None, *, now: int) -> None:
    """Give a project a rule of its own, or none."""
    values = {"retention": None if rule is None else rule.said(), "updated_at": now}
    connection.execute(update(projects).where(projects.c.id == project).values(**values))


def due(
    connection: Connection, project: int, kind: Kind, *, before: int, limit: int | None = None
) -> list[Due]:
    """The runs of a project that were last heard of before a time and still have this kind."""
    ended = and_(runs.c.project_id == project, runs.c.state.not_in(_OPEN), _heard < before)
    query = select(runs.c.number, runs.c.id, runs.c.tags, runs.c.released, _heard)
    found: list[Due] = []
    for number, run_id, tags, released, heard in connection.execute(query.where(ended)):
        if _is_kept(tags) or (released or {}).get(kind, -1) > heard:
            continue
        found.append(Due(number, run_id))
        if limit is not None and len(found) >= limit:
            break
    return found


def is_due(connection: Connection, run: int, *, before: int) -> bool:
    """Whether the time of a run has still come; it may have been resumed or tagged."""
    query = select(runs.c.state, _heard, runs.c.tags).where(runs.c.number == run)
    row = connection.execute(query).one_or_none()
    return row is not None and row[0] not in _OPEN and row[1] < before and not _is_kept(row[2])


def mark_released(connection: Connection, run: int, kind: Kind, *, now: int) -> None:
    """What there was of a kind by now is gone."""
    known = connection.scalar(select(runs.c.released).where(runs.c.number == run))
    said: Mapping[str, Any] = {**(known or {}), kind: now}
    connection.execute(update(runs).where(runs.c.number == run).values(released=said))


def weigh_files(connection: Connection, numbers: Sequence[int]) -> Weight:
    """The files of runs; bytes that others have too are counted for each."""
    query = select(func.count(), func.coalesce(func.sum(blobs.c.size), 0))
    query = query.select_from(files.join(blobs)).where(files.c.run.in_(numbers))
    return Weight(*connection.execute(query).one())


def drop_files(connection: Connection, run: int) -> None:
    """Drop the names of a run's files; bytes that nothing names go later."""
    connection.execute(delete(files).where(files.c.run == run))


def _is_kept(tags: Sequence[str] | None) -> bool:
    return KEEP_TAG in (tags or ())
