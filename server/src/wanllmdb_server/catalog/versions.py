"""Versions in the catalog: how they come to be, are changed, shown elsewhere, and go.

A version begins pending, gets its files stretch by stretch, and is committed in one step: then
it has a number, and aliases. Whatever is said twice is as once: a version is known by the name
that its maker gave it, or by the one under which several make it together.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from wanllmdb_server.catalog.artifact_aliases import (
    drop_aliases,
    drop_idle_aliases,
    move_latest,
    put_aliases,
)
from wanllmdb_server.catalog.artifact_files import content_of, copy_entries, drop_entries
from wanllmdb_server.catalog.artifacts import Way, find_artifact, read_version
from wanllmdb_server.catalog.tables import (
    artifact_places,
    artifact_runs,
    artifact_versions,
    artifacts,
)
from wanllmdb_server.domain.artifact import (
    LATEST,
    NewVersion,
    Version,
    VersionChanges,
    VersionState,
)
from wanllmdb_server.domain.errors import ConflictError
from wanllmdb_server.domain.plain import plain


def make_artifact(
    connection: Connection, project_id: int, name: str, kind: str, *, now: int
) -> int:
    """The catalog's number of the artifact of this name; it is made if it is missing.

    Raises:
        ConflictError: there is one of another type; code `another-type`.
    """
    known = find_artifact(connection, project_id, name)
    if known is not None:
        if known.type != kind:
            raise ConflictError(
                f"The artifact '{name}' is of the type '{known.type}', not '{kind[:128]}'.",
                code="another-type",
            )
        return known.key
    values = {
        "project_id": project_id,
        "name": name,
        "type": kind,
        "description": "",
        "created_at": now,
        "updated_at": now,
        "next_number": 0,
    }
    added = insert(artifacts).values(values).returning(artifacts.c.key)
    return int(connection.execute(added).scalar_one())


def describe_artifact(connection: Connection, artifact: int, description: str, *, now: int) -> None:
    """Say something else of an artifact."""
    values = {"description": description, "updated_at": now}
    connection.execute(update(artifacts).where(artifacts.c.key == artifact).values(values))


def delete_artifact(connection: Connection, artifact: int) -> None:
    """Drop an artifact and what was made for it."""
    elsewhere = select(artifact_places.c.artifact).where(
        artifact_places.c.artifact != artifact,
        artifact_places.c.version.in_(
            select(artifact_versions.c.key).where(artifact_versions.c.artifact == artifact)
        ),
    )
    others = set(connection.scalars(elsewhere))
    connection.execute(delete(artifacts).where(artifacts.c.key == artifact))
    for other in others:
        drop_idle_aliases(connection, other)
        move_latest(connection, other)


def begin_version(
    connection: Connection, artifact: int, new: NewVersion, *, now: int
) -> tuple[int, VersionState]:
    """The version that its maker speaks of, by the catalog's number, and how far it is."""
    known = _known_version(connection, artifact, new)
    if known is not None:
        return known
    values = {
        "id": secrets.token_hex(16),
        "artifact": artifact,
        "client_id": new.client_id,
        "distributed_id": new.distributed_id,
        "incremental": new.incremental,
        "state": VersionState.PENDING,
        "digest": "",
        "description": "",
        "metadata": {},
        "tags": [],
        "aliases": [],
        "size": 0,
        "files": 0,
        "created_at": now,
        "updated_at": now,
    }
    added = insert(artifact_versions).values(values).returning(artifact_versions.c.key)
    return int(connection.execute(added).scalar_one()), VersionState.PENDING


def state_of(connection: Connection, version: int) -> VersionState | None:
    """How far a version is; None if it is gone."""
    query = select(artifact_versions.c.state).where(artifact_versions.c.key == version)
    found = connection.scalar(query)
    return None if found is None else VersionState(found)


def describe_version(connection: Connection, version: int, new: NewVersion, *, now: int) -> None:
    """Keep what one of its makers says of a pending version; several add up."""
    mine = artifact_versions.c.key == version
    row = connection.execute(select(artifact_versions).where(mine)).mappings().one()
    values: dict[str, Any] = {
        "metadata": row["metadata"] | plain(new.metadata),
        "tags": _together(row["tags"], new.tags),
        "aliases": _together(row["aliases"], new.aliases),
        "incremental": row["incremental"] or new.incremental,
        "updated_at": now,
    }
    if new.description is not None:
        values["description"] = new.description
    if new.lifetime_us is not None:
        values["lifetime_us"] = new.lifetime_us
    connection.execute(update(artifact_versions).where(mine).values(values))


def commit_version(
    connection: Connection, version: int, *, digest: str | None = None, now: int
) -> tuple[int, bool]:
    """Make a pending version one that has a number; the version that it is then, and if it is new.

    What the newest one holds already is no new version: that one gets the aliases and tags.
    """
    mine = artifact_versions.c.key == version
    row = connection.execute(select(artifact_versions).where(mine)).mappings().one()
    artifact = row["artifact"]
    newest = newest_version(connection, artifact)
    if row["incremental"] and newest is not None:
        copy_entries(connection, newest.key, version)
    content = content_of(connection, version)
    digest = digest or content.text()
    if newest is not None and newest.digest == digest and newest.files == content.files:
        _add_tags(connection, newest, row["tags"], now=now)
        put_aliases(connection, artifact, _number(newest), row["aliases"])
        # Its maker may ask for it again by the name that they gave it.
        connection.execute(
            update(artifact_runs)
            .where(artifact_runs.c.version == version, ~_made_already(newest.key, version))
            .values(version=newest.key)
        )
        connection.execute(delete(artifact_versions).where(mine))
        return newest.key, False
    number = _place(connection, artifact, version, now=now)
    values = {
        "state": VersionState.COMMITTED,
        "number": number,
        "digest": digest,
        "size": content.size,
        "files": content.files,
        "updated_at": now,
    }
    connection.execute(update(artifact_versions).where(mine).values(values))
    put_aliases(connection, artifact, number, [LATEST, *row["aliases"]])
    return version, True


def drop_abandoned(connection: Connection, *, begun_before: int) -> None:
    """Forget the pending versions that nobody went on with since."""
    old = artifact_versions.c.updated_at < begun_before
    pending = artifact_versions.c.state == VersionState.PENDING
    connection.execute(delete(artifact_versions).where(pending, old))


def newest_version(connection: Connection, artifact: int) -> Version | None:
    """The newest version that was made for an artifact."""
    query = (
        select(artifact_versions.c.key)
        .where(
            artifact_versions.c.artifact == artifact,
            artifact_versions.c.state == VersionState.COMMITTED,
        )
        .order_by(artifact_versions.c.number.desc())
        .limit(1)
    )
    found = connection.scalar(query)
    return None if found is None else read_version(connection, found)


def change_version(
    connection: Connection, version: Version, artifact: int, changes: VersionChanges, *, now: int
) -> None:
    """Change what is said of a version; aliases are those of one place."""
    values: dict[str, Any] = {
        "description": changes.description,
        "metadata": None if changes.metadata is None else plain(changes.metadata),
        "tags": None if changes.tags is None else list(dict.fromkeys(changes.tags)),
        "lifetime_us": changes.lifetime_us,
    }
    values = {column: value for column, value in values.items() if value is not None}
    if values:
        mine = artifact_versions.c.key == version.key
        connection.execute(update(artifact_versions).where(mine).values(**values, updated_at=now))
    number = _number(version)
    gone = set(changes.remove_aliases)
    if changes.aliases is not None:
        gone |= set(version.aliases) - set(changes.aliases)
    drop_aliases(connection, artifact, number, gone)
    put_aliases(connection, artifact, number, [*(changes.aliases or ()), *changes.add_aliases])


def link_version(
    connection: Connection, version: Version, artifact: int, aliases: Sequence[str], *, now: int
) -> int:
    """Show a version in another artifact, too; the number that it has there."""
    number = connection.scalar(
        select(artifact_places.c.number).where(
            artifact_places.c.artifact == artifact, artifact_places.c.version == version.key
        )
    )
    if number is None:
        number = _place(connection, artifact, version.key, now=now)
        aliases = [LATEST, *aliases]
    put_aliases(connection, artifact, number, aliases)
    return number


def unlink_version(connection: Connection, artifact: int, number: int) -> None:
    """Show a version there no more."""
    here = (artifact_places.c.artifact == artifact, artifact_places.c.number == number)
    connection.execute(delete(artifact_places).where(*here))
    drop_aliases(connection, artifact, number, None)
    move_latest(connection, artifact)


def delete_version(connection: Connection, version: Version, *, now: int) -> None:
    """Take a version's files and all its aliases; who made and used it stays known."""
    mine = artifact_places.c.version == version.key
    places = connection.execute(
        select(artifact_places.c.artifact, artifact_places.c.number).where(mine)
    ).all()
    drop_entries(connection, version.key)
    gone = {"state": VersionState.DELETED, "updated_at": now}
    connection.execute(
        update(artifact_versions).where(artifact_versions.c.key == version.key).values(gone)
    )
    for artifact, number in places:
        drop_aliases(connection, artifact, number, None)
        move_latest(connection, artifact)


def join_run(
    connection: Connection, run: int, version: int, way: Way, *, use_as: str | None = None, now: int
) -> None:
    """Keep that a run made or used a version; the first time counts."""
    mine = (
        artifact_runs.c.run == run,
        artifact_runs.c.way == way,
        artifact_runs.c.version == version,
    )
    if connection.scalar(select(artifact_runs.c.at).where(*mine)) is None:
        values = {"run": run, "way": way, "version": version, "use_as": use_as, "at": now}
        connection.execute(insert(artifact_runs).values(values))


def _known_version(
    connection: Connection, artifact: int, new: NewVersion
) -> tuple[int, VersionState] | None:
    columns = (artifact_versions.c.key, artifact_versions.c.state)
    mine = select(*columns).where(artifact_versions.c.artifact == artifact)
    row = connection.execute(mine.where(artifact_versions.c.client_id == new.client_id)).first()
    if row is None and new.distributed_id is not None:
        together = mine.where(artifact_versions.c.distributed_id == new.distributed_id)
        row = connection.execute(together).first()
    return None if row is None else (row[0], VersionState(row[1]))


def _place(connection: Connection, artifact: int, version: int, *, now: int) -> int:
    """Let a version stand in an artifact, under its next number."""
    mine = artifacts.c.key == artifact
    number = int(connection.execute(select(artifacts.c.next_number).where(mine)).scalar_one())
    later = {"next_number": number + 1, "updated_at": now}
    connection.execute(update(artifacts).where(mine).values(later))
    values = {"artifact": artifact, "number": number, "version": version, "placed_at": now}
    connection.execute(insert(artifact_places).values(values))
    return number


def _made_already(known: int, version: int) -> Any:
    """Whether the run of the row is one that made the known version, too."""
    other = artifact_runs.alias("other")
    return (
        select(other.c.run)
        .where(
            other.c.run == artifact_runs.c.run,
            other.c.way == artifact_runs.c.way,
            other.c.version == known,
            artifact_runs.c.version == version,
        )
        .exists()
    )


def _add_tags(connection: Connection, version: Version, tags: Sequence[str], *, now: int) -> None:
    if set(tags) - set(version.tags):
        values = {"tags": _together(version.tags, tags), "updated_at": now}
        mine = artifact_versions.c.key == version.key
        connection.execute(update(artifact_versions).where(mine).values(values))


def _together(known: Iterable[str], more: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*known, *more]))


def _number(version: Version) -> int:
    """Of a version that stands somewhere."""
    assert version.place.number is not None  # noqa: S101 - only what has one is found by name
    return version.place.number
