"""Changes: what was heard of a run, as new values of its row's columns.

Applied twice it is as once: mappings are set by key, losses are known by their place in the
writer's spool. What a column cannot hold is cut to what it can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select

from wanllmdb_server.catalog.access import run_not_found
from wanllmdb_server.catalog.alerts import keep_alerts
from wanllmdb_server.catalog.facts import refresh_facts, search_text
from wanllmdb_server.catalog.tables import losses, runs
from wanllmdb_server.catalog.tallies import keep_tallies
from wanllmdb_server.catalog.writers import end_writer, end_writers, find_writer
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import (
    MAX_NAME,
    MAX_SIGNAL,
    MAX_TEXT,
    Finish,
    Preemption,
    RunChanges,
    RunState,
    joined_config,
    state_at_end,
)


def changed_columns(
    connection: Connection, number: int, changes: RunChanges, *, now: int, since: int = 0
) -> dict[str, Any]:
    """The columns to which the changes give new values; losses and facts are kept at once.

    `since`: before that nobody listened to the run's writers.

    Raises:
        NotFoundError: the run is gone.
    """
    query = select(runs).where(runs.c.number == number)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise run_not_found(str(number))
    before = dict(row)
    values = _texts(changes) | _mappings(connection, number, before, changes)
    if values:
        values["search"] = search_text(before | values)
    if changes.tallies:
        keep_tallies(connection, number, changes.tallies)
    if changes.losses:
        values["lost"] = _lost(connection, number, changes)
    if changes.alerts:
        values["alerts"] = keep_alerts(connection, number, changes.alerts, now=now)
    if changes.sign_of_life:
        values |= _alive(before, now)
    if changes.stop_requested is not None:
        values["stop_requested"] = changes.stop_requested
    values |= _left(connection, before | values, changes, now=now, since=since)
    return values


def _texts(changes: RunChanges) -> dict[str, Any]:
    said = {
        "name": _cut(changes.name) or None,
        "notes": _cut(changes.notes, MAX_TEXT),
        "group": _cut(changes.group),
        "job_type": _cut(changes.job_type),
        "tags": None if changes.tags is None else list(dict.fromkeys(changes.tags)),
    }
    return {column: value for column, value in said.items() if value is not None}


def _cut(text: str | None, limit: int = MAX_NAME) -> str | None:
    return None if text is None else text[:limit].replace("\x00", "")


def _mappings(
    connection: Connection, number: int, before: dict[str, Any], changes: RunChanges
) -> dict[str, Any]:
    kept = {k: v for k, v in before["summary"].items() if k not in changes.summary_unset}
    told = before["environment"]
    found = {k: v for k, v in told.items() if k not in changes.environment_unset}
    after = {
        "config": joined_config(before["config"], plain(changes.config)),
        "summary": kept | plain(changes.summary),
        "environment": found | plain(changes.environment),
    }
    values = {column: value for column, value in after.items() if value != before[column]}
    for part in ("config", "summary"):
        if part in values:
            refresh_facts(connection, number, part, values[part])
    return values


def _alive(before: dict[str, Any], now: int) -> dict[str, Any]:
    if before["finished_at"] is not None:
        return {}
    return {"state": RunState.RUNNING, "heartbeat_at": now}


def _left(
    connection: Connection, before: dict[str, Any], changes: RunChanges, *, now: int, since: int
) -> dict[str, Any]:
    """What is new when the script was told to go, or has ended."""
    values: dict[str, Any] = {}
    told, finish = changes.preemption, changes.finish
    if told is not None and not _outdated(told, before):
        values["preempting"] = _cut(told.signal, MAX_SIGNAL)
    if finish is not None:
        finish = _end(connection, before, finish, now=now, since=since)
    if finish is not None:
        values |= finished_columns(finish, before | values, now=now)
    return values


def _end(
    connection: Connection, before: dict[str, Any], finish: Finish, *, now: int, since: int
) -> Finish | None:
    """What the end that was said means for the run: nothing, while others log into it."""
    number = before["number"]
    mine = finish.writer and find_writer(connection, number, finish.writer)
    if mine:
        return end_writer(connection, number, mine, finish, now=now, since=since)
    if _outdated(finish, before):
        return None
    if finish.writer is None:
        end_writers(connection, number, finish, now=now)
    return finish


def _outdated(said: Finish | Preemption, before: dict[str, Any]) -> bool:
    """Whether it was said before the run was resumed."""
    return said.time is not None and said.time < before["resumed_at"]


def finished_columns(finish: Finish, before: Mapping[str, Any], *, now: int) -> dict[str, Any]:
    """The columns of a run that has ended."""
    values: dict[str, Any] = {
        "state": state_at_end(
            finish, preempting=before["preempting"], stop_requested=before["stop_requested"]
        ),
        "exit_code": _int64(finish.exit_code),
        "finished_at": now if finish.time is None else _int64(finish.time),
        "logged": _int64(finish.logged),
        "lost": _int64(finish.lost),
    }
    return {column: value for column, value in values.items() if value is not None}


def _int64(value: int | None) -> int | None:
    """The value, at the nearest end of what a column can hold."""
    return None if value is None else max(-(1 << 63), min(value, (1 << 63) - 1))


def _lost(connection: Connection, number: int, changes: RunChanges) -> int:
    """Keep the losses that are not known yet; returns the sum of all."""
    mine = losses.c.run == number
    for loss in changes.losses:
        place = (mine, losses.c.writer == loss.writer, losses.c.position == loss.position)
        known = connection.execute(select(literal(1)).where(*place)).first()
        if known is None:
            connection.execute(
                insert(losses).values(
                    run=number,
                    writer=loss.writer,
                    position=loss.position,
                    reason=loss.reason[:256],
                    count=_int64(loss.count),
                    detail=loss.detail[:4096],
                )
            )
    return int(connection.scalar(select(func.sum(losses.c.count)).where(mine)) or 0)
