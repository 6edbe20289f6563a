"""Runs in the catalog: how what is heard of a run becomes its row.

Whatever is applied here twice is as if applied once: configs and summaries are set, losses are
known by their place in the writer's spool, a writer that is known cannot resume a run again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from wanllmdb_server.catalog.access import run_from, run_not_found
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.changes import changed_columns, finished_columns
from wanllmdb_server.catalog.facts import refresh_facts, search_text
from wanllmdb_server.catalog.tables import deleted_runs, projects, runs
from wanllmdb_server.catalog.where import Rows, select_runs
from wanllmdb_server.catalog.writers import end_of_run, read_writers, see_writers
from wanllmdb_server.domain.access import Actor
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import (
    UNREACHABLE_AFTER_S,
    Fork,
    Run,
    RunChanges,
    RunState,
    state_in_silence,
)
from wanllmdb_server.domain.writer import WriterFacts

FORGET_AGAIN_US: Final = 24 * 3600 * 1_000_000  # late batches of a deleted run stop by then


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What a client says of a run when it begins or resumes it."""

    id: str
    name: str | None = None
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    environment: dict[str, Any] = field(default_factory=dict[str, Any])
    tags: tuple[str, ...] | None = None
    notes: str | None = None
    group: str | None = None
    job_type: str | None = None
    started_at: int | None = None
    writer: str | None = None
    facts: WriterFacts = field(default_factory=WriterFacts)


def insert_run(
    connection: Connection,
    actor: Actor,
    project_id: int,
    new: NewRun,
    *,
    forked_from: Fork | None = None,
    now: int,
) -> int:
    """A new run of the project, running since now; returns its number."""
    color = _next_color(connection, project_id)
    row: dict[str, Any] = {
        "project_id": project_id,
        "id": new.id,
        "user_id": actor.user_id,
        "name": new.name or new.id,
        "state": RunState.RUNNING,
        "color": color,
        "created_at": now,
        "started_at": new.started_at if new.started_at is not None else now,
        "resumed_at": 0,
        "heartbeat_at": now,
        "group": new.group,
        "job_type": new.job_type,
        "notes": new.notes,
        "tags": list(new.tags or ()),
        "config": plain(new.config),
        "summary": {},
        "environment": plain(new.environment),
        "stop_requested": False,
        "forked_from": None if forked_from is None else asdict(forked_from),
    }
    row["search"] = search_text(row)
    added = insert(runs).values(row).returning(runs.c.number)
    number = int(connection.execute(added).scalar_one())
    refresh_facts(connection, number, "config", row["config"])
    return number


def run_number(connection: Connection, project_id: int, run_id: str) -> int | None:
    """The number of a run of the project, None if there is no such run."""
    query = select(runs.c.number).where(runs.c.project_id == project_id, runs.c.id == run_id)
    return connection.scalar(query)


def read_run(connection: Connection, number: int, *, full: bool) -> Run:
    """The run of this number; NotFoundError if it is gone."""
    query = select_runs(full=full, binned=True).where(runs.c.number == number)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise run_not_found(str(number))
    return run_from(row)


def apply_changes(catalog: Catalog, run_number: int, changes: RunChanges, *, now: int) -> Run:
    """Apply what was heard of a run in one transaction; the run as it is then, in full.

    A sign of life makes an open run a running one; a run whose end was heard stays ended.

    Raises:
        NotFoundError: the run is gone.
    """
    with catalog.writing() as connection:
        values = changed_columns(connection, run_number, changes, now=now, since=catalog.since)
        if values:
            connection.execute(update(runs).where(runs.c.number == run_number).values(values))
        return read_run(connection, run_number, full=True)


def touch(
    catalog: Catalog,
    run_numbers: Sequence[int],
    *,
    writers: Mapping[int, Collection[str]] | None = None,
    now: int,
) -> list[int]:
    """Signs of life of these runs; returns those that were silent and run again.

    `writers`: of whom exactly, by run.
    """
    if not run_numbers:
        return []
    wanted = (runs.c.number.in_(set(run_numbers)), runs.c.finished_at.is_(None))
    with catalog.writing() as connection:
        silent = select(runs.c.number).where(*wanted, runs.c.state != RunState.RUNNING)
        healed = list(connection.scalars(silent))
        alive = {"state": RunState.RUNNING, "heartbeat_at": now}
        connection.execute(update(runs).where(*wanted).values(alive))
        for number, names in (writers or {}).items():
            see_writers(connection, number, names, now=now)
    return healed


def mark_silent(catalog: Catalog, *, listening_since: int, now: int) -> list[Run]:
    """Give runs the state that their silence means; returns those whose state is another now.

    Silence from before this server listened says nothing of a run.
    """
    silent = (
        runs.c.state.in_([RunState.RUNNING, RunState.UNREACHABLE]),
        runs.c.heartbeat_at < now - int(UNREACHABLE_AFTER_S * 1_000_000),
    )
    columns = (runs.c.number, runs.c.state, runs.c.heartbeat_at)
    query = select(*columns, runs.c.preempting, runs.c.stop_requested).where(*silent)
    with catalog.reading() as connection:  # nearly always nothing: no write lock for that
        if not _fallen_silent(connection, query, listening_since, now):
            return []
    with catalog.writing() as connection:
        fallen = _fallen_silent(connection, query, listening_since, now)
        for number, state in fallen.items():
            values = _after_silence(connection, number, state, since=listening_since, now=now)
            connection.execute(update(runs).where(runs.c.number == number).values(values))
        chosen = select_runs(full=False, binned=True).where(runs.c.number.in_(fallen))
        return [run_from(row) for row in connection.execute(chosen).mappings()]


def _fallen_silent(
    connection: Connection, query: Rows, listening_since: int, now: int
) -> dict[int, RunState]:
    """The new states of the runs that the query finds, where they are not the old ones."""
    states: dict[int, RunState] = {}
    for number, old, heartbeat_at, preempting, stop_requested in connection.execute(query):
        silent = now - max(heartbeat_at, listening_since)
        state = state_in_silence(silent, preempting=preempting, stop_requested=stop_requested)
        if state not in (RunState.RUNNING, old):
            states[number] = state
    return states


def _after_silence(
    connection: Connection, number: int, state: RunState, *, since: int, now: int
) -> dict[str, Any]:
    """The columns of a run that is silent: where some writers said their end, it is the run's."""
    if state is RunState.CRASHED:
        ended = end_of_run(read_writers(connection, number, since=since), now=now)
        if ended is not None:
            told = (runs.c.preempting, runs.c.stop_requested)
            row = connection.execute(select(*told).where(runs.c.number == number)).mappings().one()
            return finished_columns(ended, dict(row), now=now)
    return {"state": state}


def request_stop(catalog: Catalog, run_number: int, *, now: int) -> Run:
    """Ask the run's script to stop; it hears so with the answer to its next heart-beat."""
    return apply_changes(catalog, run_number, RunChanges(stop_requested=True), now=now)


def delete_runs(connection: Connection, numbers: Sequence[int], *, now: int) -> None:
    """Drop runs; their points are due to be forgotten by the metric store."""
    if not numbers:
        return
    marks = [{"number": number, "deleted_at": now} for number in numbers]
    connection.execute(insert(deleted_runs), marks)
    connection.execute(delete(runs).where(runs.c.number.in_(numbers)))


def ids_of_project(connection: Connection, project_id: int) -> list[tuple[int, str]]:
    """The numbers and ids of all runs of a project."""
    query = select(runs.c.number, runs.c.id).where(runs.c.project_id == project_id)
    return [(number, run_id) for number, run_id in connection.execute(query)]


def deleted_numbers(catalog: Catalog) -> list[int]:
    """Runs whose points the metric store must not hold any more."""
    with catalog.reading() as connection:
        return list(connection.scalars(select(deleted_runs.c.number)))


def drop_old_deletions(catalog: Catalog, *, now: int) -> None:
    """Forget the deletions for which no late batch can come any more."""
    with catalog.writing() as connection:
        old = deleted_runs.c.deleted_at < now - FORGET_AGAIN_US
        connection.execute(delete(deleted_runs).where(old))


def _next_color(connection: Connection, project_id: int) -> int:
    project = projects.c.id == project_id
    connection.execute(update(projects).where(project).values(colors=projects.c.colors + 1))
    return int(connection.scalar(select(projects.c.colors).where(project)) or 1) - 1
