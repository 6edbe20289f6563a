"""Projects: create, find, change and drop them; say who may see them.

Methods without `async` block: on an event loop, call them in a thread.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from sqlalchemy import Connection

from wanllmdb_server.catalog import accounts as account_rows
from wanllmdb_server.catalog import projects as rows
from wanllmdb_server.catalog.access import find_project, locate_project
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.projects import Member
from wanllmdb_server.catalog.retention import put_rule
from wanllmdb_server.catalog.runs import delete_runs, ids_of_project
from wanllmdb_server.domain.access import Actor, Resource, Role, Verb, must_be_allowed
from wanllmdb_server.domain.account import User
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.errors import (
    ConflictError,
    Fault,
    InvalidError,
    NotFoundError,
)
from wanllmdb_server.domain.event import RunDeleted, project_topic
from wanllmdb_server.domain.filter import DEFAULT_PAGE, MAX_PAGE, parse_words
from wanllmdb_server.domain.page import Page
from wanllmdb_server.domain.project import MAX_DESCRIPTION, Project, name_fault
from wanllmdb_server.domain.retention import Rule
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.away import forget_soon
from wanllmdb_server.metrics.store import MetricStore


class Projects:
    """Keeps projects and their members."""

    def __init__(self, catalog: Catalog, store: MetricStore, bus: EventBus) -> None:
        self._catalog = catalog
        self._store = store
        self._bus = bus

    def find(
        self, actor: Actor, *, q: str = "", limit: int = DEFAULT_PAGE, cursor: str | None = None
    ) -> Page[Project]:
        """The projects that the actor may see, the newest first; every word of `q` in each."""
        words = parse_words(q)
        must_be_allowed(actor, Resource.PROJECT, Verb.READ, Role.ADMIN)
        of = f"projects {actor.user_id} {words}"
        after = int(read_cursor(of, cursor, int)[0]) if cursor else None
        limit = min(limit, MAX_PAGE)
        with self._catalog.reading() as connection:
            items, total = rows.list_projects(
                connection, actor, words=words, after=after, limit=limit + 1
            )
        more = len(items) > limit
        items = items[:limit]
        return Page(items, write_cursor(of, items[-1].id) if more else None, total)

    def create(
        self, actor: Actor, name: str, *, owner: str | None = None, description: str = ""
    ) -> Project:
        """A new project of the actor, or for an administrator of anybody.

        Raises:
            ConflictError: there is one of this name; code `project-exists`.
            InvalidError: the name or description cannot be one.
        """
        must_be_allowed(actor, Resource.PROJECT, Verb.CREATE)
        _check(name=name, description=description)
        owner = owner or actor.name
        with self._catalog.writing() as connection:
            rows.create_project(
                connection, actor, owner, name, description, now=self._catalog.clock()
            )
            return find_project(connection, actor, owner, name, Resource.PROJECT, Verb.READ)

    def get(self, actor: Actor, owner: str, project: str) -> Project:
        """A project, if the actor may see it."""
        return locate_project(self._catalog, actor, owner, project, Resource.PROJECT, Verb.READ)

    def change(
        self,
        actor: Actor,
        owner: str,
        project: str,
        *,
        name: str | None = None,
        description: str | None = None,
        retention: Rule | Literal["as it is"] | None = "as it is",
    ) -> Project:
        """Give a project another name, description or retention; None leaves the first two.

        A retention of None is that of the server.
        """
        _check(name=name, description=description)
        with self._catalog.writing() as connection:
            found = find_project(connection, actor, owner, project, Resource.PROJECT, Verb.UPDATE)
            if name is not None and name != project:
                _must_be_free(connection, owner, name)
            now = self._catalog.clock()
            rows.change_project(connection, found.id, name=name, description=description, now=now)
            if retention != "as it is":
                put_rule(connection, found.id, retention, now=now)
            return find_project(
                connection, actor, owner, name or project, Resource.PROJECT, Verb.READ
            )

    async def delete(self, actor: Actor, owner: str, project: str) -> None:
        """Drop a project with its runs and their points."""
        found, gone = await asyncio.to_thread(self._delete, actor, owner, project)
        await forget_soon(self._store, [number for number, _ in gone])
        for number, run_id in gone:
            self._bus.publish(project_topic(found.id), RunDeleted(found.id, number, run_id))

    def _delete(
        self, actor: Actor, owner: str, project: str
    ) -> tuple[Project, list[tuple[int, str]]]:
        with self._catalog.writing() as connection:
            found = find_project(connection, actor, owner, project, Resource.PROJECT, Verb.DELETE)
            gone = ids_of_project(connection, found.id)
            delete_runs(connection, [number for number, _ in gone], now=self._catalog.clock())
            rows.delete_project(connection, found.id)
        self._catalog.deletions += 1
        return found, gone

    # -- members ----------------------------------------------------------------------------

    def members(self, actor: Actor, owner: str, project: str) -> list[Member]:
        """Who was let into a project, by name."""
        found = self.get(actor, owner, project)
        with self._catalog.reading() as connection:
            return rows.list_members(connection, found.id)

    def put_member(self, actor: Actor, owner: str, project: str, user: str, role: Role) -> Member:
        """Let a user into a project, or change as what they are in it.

        Raises:
            NotFoundError: there is no such user; code `user-not-found`.
            ConflictError: it is the owner, who is in it anyway.
        """
        with self._catalog.writing() as connection:
            found = find_project(connection, actor, owner, project, Resource.PROJECT, Verb.UPDATE)
            known = _user(connection, user)
            if known.name == owner:
                raise ConflictError("The owner is in the project anyway.", code="is-owner")
            rows.put_member(connection, found.id, known.id, role)
        return Member(known.name, role)

    def remove_member(self, actor: Actor, owner: str, project: str, user: str) -> None:
        """Put a user out of a project."""
        with self._catalog.writing() as connection:
            found = find_project(connection, actor, owner, project, Resource.PROJECT, Verb.UPDATE)
            if not rows.remove_member(connection, found.id, _user(connection, user).id):
                raise NotFoundError(f"'{user[:64]}' is no member.", code="user-not-found")


def _must_be_free(connection: Connection, owner: str, name: str) -> None:
    number = rows.owner_id(connection, owner)
    if number is not None and rows.project_id(connection, number, name) is not None:
        raise rows.project_exists(owner, name)


def _user(connection: Connection, name: str) -> User:
    found = account_rows.find_user(connection, name)
    if found is None:
        raise NotFoundError(f"There is no user '{name[:64]}'.", code="user-not-found")
    return found


def _check(*, name: str | None, description: str | None) -> None:
    faults: list[Fault] = []
    if name is not None and (fault := name_fault(name)):
        faults.append(Fault("/name", "unfit-name", fault))
    if description is not None and len(description) > MAX_DESCRIPTION:
        detail = f"At most {MAX_DESCRIPTION} characters."
        faults.append(Fault("/description", "too-long", detail))
    if faults:
        raise InvalidError("This cannot be a project.", faults=faults)
