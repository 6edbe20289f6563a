"""Projects and their members in the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from wanllmdb_server.catalog.access import project_from
from wanllmdb_server.catalog.tables import members, owners, projects, users
from wanllmdb_server.catalog.where import reachable, readable, select_projects
from wanllmdb_server.domain.access import Actor, Role
from wanllmdb_server.domain.errors import ConflictError, NotAllowedError, NotFoundError
from wanllmdb_server.domain.project import Project


@dataclass(frozen=True, slots=True)
class Member:
    """A user who was let into a project, and as what."""

    user: str
    role: Role


def owner_id(connection: Connection, name: str) -> int | None:
    """The number of the owner of this name."""
    return connection.scalar(select(owners.c.id).where(owners.c.name == name))


def add_project(
    connection: Connection, owner: int, name: str, description: str, *, now: int
) -> int:
    """A new project; returns its number."""
    values = {"owner_id": owner, "name": name, "description": description, "colors": 0}
    added = insert(projects).values(**values, created_at=now, updated_at=now)
    return int(connection.execute(added.returning(projects.c.id)).scalar_one())


def create_project(
    connection: Connection, actor: Actor, owner: str, name: str, description: str, *, now: int
) -> int:
    """A new project of an owner for whom the actor may create one; returns its number.

    Raises:
        NotAllowedError: the owner is somebody else.
        ConflictError: there is one of this name; code `project-exists`.
    """
    if owner != actor.name and not actor.admin:
        raise NotAllowedError(f"You may create projects of your own, '{actor.name}'.")
    number = owner_id(connection, owner)
    if number is None:
        raise NotFoundError(f"There is no user '{owner[:64]}'.", code="owner-not-found")
    if project_id(connection, number, name) is not None:
        raise project_exists(owner, name)
    return add_project(connection, number, name, description, now=now)


def project_exists(owner: str, name: str) -> ConflictError:
    """The error for a name that is taken."""
    return ConflictError(f"There is a project '{owner}/{name}' already.", code="project-exists")


def project_id(connection: Connection, owner: int, name: str) -> int | None:
    """The number of an owner's project."""
    query = select(projects.c.id).where(projects.c.owner_id == owner, projects.c.name == name)
    return connection.scalar(query)


def list_projects(
    connection: Connection,
    actor: Actor,
    *,
    words: Sequence[str],
    after: int | None,
    limit: int,
) -> tuple[list[Project], int]:
    """The actor's projects, the newest first, behind project `after`; and how many there are."""
    name = func.lower(owners.c.name + "/" + projects.c.name + " " + projects.c.description)
    wanted = [readable(actor), *(name.contains(word, autoescape=True) for word in words)]
    query = select_projects(actor).where(*wanted)
    if after is not None:
        query = query.where(projects.c.id < after)
    rows = connection.execute(query.order_by(projects.c.id.desc()).limit(limit)).mappings()
    total = select(func.count()).select_from(reachable(actor)).where(*wanted)
    return [project_from(row) for row in rows], int(connection.scalar(total) or 0)


def change_project(
    connection: Connection,
    project: int,
    *,
    name: str | None = None,
    description: str | None = None,
    now: int,
) -> None:
    """Give the project another name or description; None leaves it."""
    said = {"name": name, "description": description}
    values = {column: value for column, value in said.items() if value is not None}
    connection.execute(
        update(projects).where(projects.c.id == project).values(**values, updated_at=now)
    )


def delete_project(connection: Connection, project: int) -> None:
    """Drop a project with all that the catalog holds of it."""
    connection.execute(delete(projects).where(projects.c.id == project))


def list_members(connection: Connection, project: int) -> list[Member]:
    """Who was let into the project, by name; its owner is not among them."""
    query = (
        select(owners.c.name, members.c.role)
        .select_from(members.join(users).join(owners))
        .where(members.c.project_id == project)
        .order_by(owners.c.name)
    )
    return [Member(name, Role(role)) for name, role in connection.execute(query)]


def put_member(connection: Connection, project: int, user: int, role: Role) -> None:
    """Let a user into the project, or change as what they are in it."""
    remove_member(connection, project, user)
    connection.execute(insert(members).values(project_id=project, user_id=user, role=int(role)))


def remove_member(connection: Connection, project: int, user: int) -> bool:
    """Put a user out of the project; says whether they were in it."""
    mine = (members.c.project_id == project, members.c.user_id == user)
    return connection.execute(delete(members).where(*mine)).rowcount == 1
