"""Alerts in the catalog: kept once each, by run, writer and position; told newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, func, insert, literal, or_, select

from wanllmdb_server.catalog.tables import alerts, owners, projects, runs
from wanllmdb_server.catalog.where import NOT_BINNED
from wanllmdb_server.domain.alert import MAX_ALERT, MAX_TITLE, Alert, Heard, Level

MAX_TIME: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Behind:
    """Where a list goes on: behind this alert."""

    created_at: int
    run: int
    writer: str
    position: int


def keep_alerts(connection: Connection, run: int, said: Iterable[Alert], *, now: int) -> int:
    """Keep the alerts that are not known yet; returns how many the run has."""
    mine = alerts.c.run == run
    for each in said:
        place = (mine, alerts.c.writer == each.writer, alerts.c.position == each.position)
        if connection.execute(select(literal(1)).where(*place)).first() is None:
            connection.execute(insert(alerts).values(run=run, **_row(each, now)))
    return int(connection.scalar(select(func.count()).where(mine)) or 0)


def list_alerts(
    connection: Connection,
    project: int,
    *,
    run: int | None = None,
    level: Level | None = None,
    behind: Behind | None = None,
    limit: int,
) -> tuple[list[tuple[Heard, Behind]], int]:
    """Alerts of a project or of one of its runs, newest first, and how many there are in all."""
    wanted = [runs.c.project_id == project, NOT_BINNED]
    if run is not None:
        wanted.append(alerts.c.run == run)
    if level is not None:
        wanted.append(alerts.c.level == str(level))
    joined = alerts.join(runs, runs.c.number == alerts.c.run)
    total = connection.scalar(select(func.count()).select_from(joined).where(*wanted))
    columns = (
        runs.c.id.label("run"),
        runs.c.name.label("run_name"),
        owners.c.name.label("owner"),
        projects.c.name.label("project"),
        *(alerts.c[name] for name in ("writer", "position", "title", "text", "level")),
        alerts.c.created_at,
        alerts.c.run.label("number"),
    )
    order = (alerts.c.created_at, alerts.c.run, alerts.c.writer, alerts.c.position)
    query = select(*columns).select_from(
        joined.join(projects, projects.c.id == runs.c.project_id).join(
            owners, owners.c.id == projects.c.owner_id
        )
    )
    if behind is not None:
        wanted.append(_before(order, behind))
    query = query.where(*wanted).order_by(*(each.desc() for each in order)).limit(limit)
    found = connection.execute(query).mappings().all()
    return [(_heard(row), _place(row)) for row in found], int(total or 0)


def _row(alert: Alert, now: int) -> dict[str, Any]:
    time = now if alert.time is None else alert.time
    return {
        "writer": alert.writer,
        "position": alert.position,
        "title": alert.title[:MAX_TITLE].replace("\x00", ""),
        "text": alert.text[:MAX_ALERT].replace("\x00", ""),
        "level": str(alert.level),
        "created_at": max(0, min(time, MAX_TIME)),
    }


def _before(order: tuple[Any, ...], behind: Behind) -> Any:
    """Whether a row comes behind this one in a list that goes down."""
    values = (behind.created_at, behind.run, behind.writer, behind.position)
    found: list[Any] = []
    for at, column in enumerate(order):
        same = [order[i] == values[i] for i in range(at)]
        found.append(and_(*same, column < values[at]))
    return or_(*found)


def _heard(row: Any) -> Heard:
    said = {name: row[name] for name in Heard.__slots__}
    return Heard(**{**said, "level": Level(row["level"])})


def _place(row: Any) -> Behind:
    return Behind(row["created_at"], row["number"], row["writer"], row["position"])
