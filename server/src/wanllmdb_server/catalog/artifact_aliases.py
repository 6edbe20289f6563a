"""Aliases in the catalog: which word of an artifact means which number."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from wanllmdb_server.catalog.tables import (
    artifact_aliases,
    artifact_places,
    artifact_versions,
)
from wanllmdb_server.domain.artifact import LATEST, VersionState


def put_aliases(connection: Connection, artifact: int, number: int, aliases: Iterable[str]) -> None:
    """Let these aliases of an artifact mean this number from now on."""
    names = list(dict.fromkeys(aliases))
    if names:
        mine = (artifact_aliases.c.artifact == artifact, artifact_aliases.c.alias.in_(names))
        connection.execute(delete(artifact_aliases).where(*mine))
        rows = [{"artifact": artifact, "alias": name, "number": number} for name in names]
        connection.execute(insert(artifact_aliases), rows)


def drop_aliases(
    connection: Connection, artifact: int, number: int, names: Iterable[str] | None
) -> None:
    """Take aliases from a place; None takes all."""
    mine = [artifact_aliases.c.artifact == artifact, artifact_aliases.c.number == number]
    if names is not None:
        mine.append(artifact_aliases.c.alias.in_(list(names)))
    connection.execute(delete(artifact_aliases).where(*mine))


def drop_idle_aliases(connection: Connection, artifact: int) -> None:
    """Take the aliases of an artifact that mean nothing any more."""
    there = select(artifact_places.c.number).where(artifact_places.c.artifact == artifact)
    mine = (artifact_aliases.c.artifact == artifact, artifact_aliases.c.number.not_in(there))
    connection.execute(delete(artifact_aliases).where(*mine))


def move_latest(connection: Connection, artifact: int) -> None:
    """After the newest has gone, `latest` is the newest of those that are left."""
    there = (artifact_aliases.c.artifact == artifact, artifact_aliases.c.alias == LATEST)
    if connection.scalar(select(artifact_aliases.c.number).where(*there)) is not None:
        return
    query = (
        select(artifact_places.c.number)
        .select_from(artifact_places.join(artifact_versions))
        .where(
            artifact_places.c.artifact == artifact,
            artifact_versions.c.state == VersionState.COMMITTED,
        )
        .order_by(artifact_places.c.number.desc())
        .limit(1)
    )
    number = connection.scalar(query)
    if number is not None:
        put_aliases(connection, artifact, number, [LATEST])
