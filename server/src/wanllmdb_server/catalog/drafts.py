"""Drafts in the catalog: versions that are pending, whose makers tell them file by file.

A draft is found by its id, by whoever may write into its project.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from wanllmdb_server.catalog.artifact_files import find_entries, put_entries
from wanllmdb_server.catalog.artifacts import read_version, read_versions, select_versions
from wanllmdb_server.catalog.tables import artifact_files, artifact_versions
from wanllmdb_server.catalog.versions import newest_version
from wanllmdb_server.catalog.where import readable
from wanllmdb_server.domain.access import Actor
from wanllmdb_server.domain.artifact import Entry, Version, VersionState

_CHUNK = 500  # parameters in one statement


def find_draft(connection: Connection, version_id: str) -> Version | None:
    """The version of this id, however far it is."""
    query = select_versions(pending=True).where(artifact_versions.c.id == version_id)
    found = read_versions(connection, query)
    return found[0] if found else None


def find_by_client_id(connection: Connection, actor: Actor, client_id: str) -> Version | None:
    """The version that its maker gave this name, if the actor may see it."""
    query = (
        select_versions(actor, pending=True)
        .where(artifact_versions.c.client_id == client_id, readable(actor))
        .order_by(artifact_versions.c.key.desc())
        .limit(1)
    )
    found = read_versions(connection, query)
    return found[0] if found else None


def version_of_content(connection: Connection, artifact: int, digest: str) -> Version | None:
    """The newest version that was made for an artifact and has this digest."""
    query = (
        select(artifact_versions.c.key)
        .where(
            artifact_versions.c.artifact == artifact,
            artifact_versions.c.state == VersionState.COMMITTED,
            artifact_versions.c.digest == digest,
        )
        .order_by(artifact_versions.c.number.desc())
        .limit(1)
    )
    found = connection.scalar(query)
    return None if found is None else read_version(connection, found)


def announce_digest(connection: Connection, version: int, digest: str, *, now: int) -> None:
    """Keep which digest a pending version will have, in its maker's words."""
    mine = artifact_versions.c.key == version
    values = {"digest": digest, "updated_at": now}
    connection.execute(update(artifact_versions).where(mine).values(values))


def make_incremental(connection: Connection, version: int, *, now: int) -> None:
    """Let a pending version take what it does not name from the newest one."""
    mine = artifact_versions.c.key == version
    values = {"incremental": True, "updated_at": now}
    connection.execute(update(artifact_versions).where(mine).values(values))


def take_known(
    connection: Connection, draft: Version, wanted: Sequence[tuple[str, str]]
) -> set[str]:
    """Which of these (path, checksum) need not be put: the draft has them, or has them now.

    What stands under the same path in the artifact's newest version, and is known by the same
    checksum, is the draft's as well.
    """
    paths = [path for path, _ in wanted]
    there = find_entries(connection, draft.key, paths)
    known = {path for path, checksum in wanted if _is(there, path, checksum)}
    artifact = connection.scalar(
        select(artifact_versions.c.artifact).where(artifact_versions.c.key == draft.key)
    )
    newest = None if artifact is None else newest_version(connection, artifact)
    if newest is not None:
        before = find_entries(connection, newest.key, paths)
        same = [
            before[path]
            for path, checksum in wanted
            if path not in known and _is(before, path, checksum)
        ]
        put_entries(connection, draft.key, same)
        known.update(each.path for each in same)
    return known


def keep_only(connection: Connection, version: int, paths: set[str]) -> None:
    """Take every file from a version that is not among these."""
    mine = artifact_files.c.version == version
    there = connection.scalars(select(artifact_files.c.path).where(mine))
    gone = [path for path in there if path not in paths]
    for place in range(0, len(gone), _CHUNK):
        some = gone[place : place + _CHUNK]
        connection.execute(delete(artifact_files).where(mine, artifact_files.c.path.in_(some)))


def _is(there: dict[str, Entry], path: str, checksum: str) -> bool:
    found = there.get(path)
    return found is not None and found.digest is not None and found.checksum == checksum
