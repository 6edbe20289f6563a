"""Views and links in the catalog."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as insert_new

from wanllmdb_server.catalog.tables import links, owners, projects, views
from wanllmdb_server.domain.view import Kind, Link, View, link_hash


@dataclass(frozen=True, slots=True)
class Draft:
    """A view before it is kept."""

    name: str
    kind: Kind
    shared: bool
    content: Any


def list_views(
    connection: Connection, project: int, user: int, kind: Kind | None = None
) -> list[View]:
    """The user's own and the shared ones without their content, by name."""
    query = _selected(user, full=False).where(*_seen(project, user))
    if kind is not None:
        query = query.where(views.c.kind == kind)
    rows = connection.execute(query.order_by(views.c.name, views.c.number)).mappings()
    return [_view(row) for row in rows]


def find_view(connection: Connection, project: int, user: int, view: str) -> View | None:
    """One that the user may see, with its content."""
    query = _selected(user, full=True).where(*_seen(project, user), views.c.id == view)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _view(row)


def count_views(connection: Connection, project: int, user: int) -> int:
    """How many the user has in a project."""
    query = select(func.count()).where(views.c.project_id == project, views.c.user_id == user)
    return int(connection.scalar(query) or 0)


def make_view(connection: Connection, project: int, user: int, draft: Draft, *, now: int) -> str:
    """Keep a new one; returns its id."""
    view = secrets.token_hex(6)
    connection.execute(
        insert(views).values(
            id=view,
            project_id=project,
            user_id=user,
            name=draft.name,
            kind=draft.kind,
            shared=draft.shared,
            default=False,
            revision=1,
            content=draft.content,
            created_at=now,
            updated_at=now,
        )
    )
    return view


def change_view(
    connection: Connection, project: int, view: View, changes: Mapping[str, Any], *, now: int
) -> None:
    """Set these columns of a view; of a kind there is one default at most."""
    if changes.get("default"):
        others = (views.c.project_id == project, views.c.kind == view.kind, views.c.default)
        connection.execute(update(views).where(*others).values(default=False))
    values = {**changes, "revision": view.revision + 1, "updated_at": now}
    connection.execute(update(views).where(views.c.id == view.id).values(values))


def drop_view(connection: Connection, view: str) -> None:
    """Drop a view."""
    connection.execute(delete(views).where(views.c.id == view))


def keep_link(connection: Connection, project: int, place: str, state: str, *, now: int) -> str:
    """The short word of a look; the same look is kept once."""
    word = link_hash(project, place, state)
    values = {"hash": word, "project_id": project, "place": place, "state": state}
    connection.execute(insert_new(links).values(**values, created_at=now).on_conflict_do_nothing())
    return word


def find_link(connection: Connection, word: str) -> Link | None:
    """The look behind a word, whoever may see it."""
    query = (
        select(
            owners.c.name.label("owner"),
            projects.c.name.label("project"),
            links.c.place,
            links.c.state,
        )
        .select_from(
            links.join(projects, projects.c.id == links.c.project_id).join(
                owners, owners.c.id == projects.c.owner_id
            )
        )
        .where(links.c.hash == word)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Link(**row)


def _selected(user: int, *, full: bool) -> Any:
    columns = [
        *(views.c[name] for name in ("id", "name", "kind", "shared", "default", "revision")),
        views.c.created_at,
        views.c.updated_at,
        owners.c.name.label("owner"),
        func.coalesce(views.c.user_id == user, literal(value=False)).label("mine"),
        *([views.c.content] if full else ()),
    ]
    return select(*columns).select_from(views.outerjoin(owners, owners.c.id == views.c.user_id))


def _seen(project: int, user: int) -> tuple[Any, ...]:
    return views.c.project_id == project, or_(views.c.shared, views.c.user_id == user)


def _view(row: RowMapping) -> View:
    return View(**{**row, "mine": bool(row["mine"])})
