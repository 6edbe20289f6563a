"""The files of versions in the catalog, and whose bytes may be named by whom.

Bytes are shared by all who put the same ones, and nobody learns of others' by their digest: a
project may name what it names already, and what the asker themselves put for it lately.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import (
    Connection,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from wanllmdb_server.catalog.files import keep_blob
from wanllmdb_server.catalog.tables import (
    artifact_files,
    artifact_versions,
    artifacts,
    blob_puts,
    files,
    runs,
)
from wanllmdb_server.catalog.where import Rows
from wanllmdb_server.domain.artifact import ContentDigest, Entry

CLAIM_US: Final = 12 * 3600 * 1_000_000  # how long bytes that were put may be named by who did
_CHUNK: Final = 500  # parameters in one statement
_READ: Final = 2000  # rows in one stretch


def keep_put(
    connection: Connection, project_id: int, user_id: int, *, digest: str, size: int, now: int
) -> None:
    """Remember that the user put these bytes for the project; forget old puts."""
    keep_blob(connection, digest, size, now=now)
    mine = (
        blob_puts.c.project_id == project_id,
        blob_puts.c.user_id == user_id,
        blob_puts.c.digest == digest,
    )
    again = update(blob_puts).where(*mine).values(put_at=now)
    if connection.execute(again).rowcount == 0:
        values = {"project_id": project_id, "user_id": user_id, "digest": digest, "put_at": now}
        connection.execute(insert(blob_puts).values(values))


def forget_puts(connection: Connection, *, now: int) -> None:
    """Forget the puts that are of no use any more."""
    connection.execute(delete(blob_puts).where(blob_puts.c.put_at < now - CLAIM_US))


def nameable(
    connection: Connection, project_id: int, user_id: int, digests: Sequence[str], *, now: int
) -> set[str]:
    """Which of the digests the user may name in the project."""
    found: set[str] = set()
    for place in range(0, len(digests), _CHUNK):
        some = digests[place : place + _CHUNK]
        query = union_all(
            select(artifact_files.c.digest)
            .select_from(artifact_files.join(artifact_versions).join(artifacts))
            .where(artifacts.c.project_id == project_id, artifact_files.c.digest.in_(some)),
            select(files.c.digest)
            .select_from(files.join(runs))
            .where(runs.c.project_id == project_id, files.c.digest.in_(some)),
            select(blob_puts.c.digest).where(
                blob_puts.c.project_id == project_id,
                blob_puts.c.user_id == user_id,
                blob_puts.c.put_at >= now - CLAIM_US,
                blob_puts.c.digest.in_(some),
            ),
        )
        found.update(connection.scalars(query))
    return found


def put_entries(connection: Connection, version: int, entries: Sequence[Entry]) -> None:
    """Give the version these files, in place of those with the same paths."""
    for place in range(0, len(entries), _CHUNK):
        some = entries[place : place + _CHUNK]
        paths = [each.path for each in some]
        mine = (artifact_files.c.version == version, artifact_files.c.path.in_(paths))
        connection.execute(delete(artifact_files).where(*mine))
        connection.execute(insert(artifact_files), [_row(version, each) for each in some])


def has_entries(connection: Connection, version: int, entries: Sequence[Entry]) -> bool:
    """Whether the version has all of these files, just so."""
    paths = [each.path for each in entries]
    query = _select().where(artifact_files.c.version == version, artifact_files.c.path.in_(paths))
    there = {each.path: each for each in map(_entry, connection.execute(query))}
    return all(
        (known := there.get(each.path)) is not None
        and (known.digest, known.reference) == (each.digest, each.reference)
        for each in entries
    )


def copy_entries(connection: Connection, source: int, target: int) -> None:
    """Give the target every file of the source whose path it does not have."""
    other = artifact_files.alias("other")
    known = exists().where(other.c.version == target, other.c.path == artifact_files.c.path)
    columns = [column for column in artifact_files.c if column.name != "version"]
    query = select(literal(target), *columns).where(artifact_files.c.version == source, ~known)
    names = ["version", *(column.name for column in columns)]
    connection.execute(insert(artifact_files).from_select(names, query))


def drop_entries(connection: Connection, version: int) -> None:
    """Take all files from a version."""
    connection.execute(delete(artifact_files).where(artifact_files.c.version == version))


def content_of(connection: Connection, version: int) -> ContentDigest:
    """The digest of a version's content, its size, and how many files it has."""
    content = ContentDigest()
    for some in _stretches(connection, version):
        content.add(some)
    return content


def list_entries(
    connection: Connection, version: int, *, prefix: str = "", after: str = "", limit: int
) -> tuple[list[Entry], int]:
    """The files of a version by path, behind the path `after`; and how many there are.

    `prefix` wants only the file of that path, and those in the folder of that path.
    """
    mine = [artifact_files.c.version == version]
    if prefix := prefix.rstrip("/"):
        below = artifact_files.c.path.startswith(f"{prefix}/", autoescape=True)
        mine.append(or_(artifact_files.c.path == prefix, below))
    total = connection.scalar(select(func.count()).select_from(artifact_files).where(*mine))
    query = _select().where(*mine, artifact_files.c.path > after)
    found = connection.execute(query.order_by(artifact_files.c.path).limit(limit))
    return [_entry(row) for row in found], int(total or 0)


def find_entry(connection: Connection, version: int, path: str) -> Entry | None:
    """The file of a version under this path."""
    mine = (artifact_files.c.version == version, artifact_files.c.path == path)
    row = connection.execute(_select().where(*mine)).one_or_none()
    return None if row is None else _entry(row)


def find_entries(connection: Connection, version: int, paths: Sequence[str]) -> dict[str, Entry]:
    """The files of a version under these paths."""
    found: dict[str, Entry] = {}
    for place in range(0, len(paths), _CHUNK):
        some = paths[place : place + _CHUNK]
        mine = (artifact_files.c.version == version, artifact_files.c.path.in_(some))
        entries = map(_entry, connection.execute(_select().where(*mine)))
        found |= {each.path: each for each in entries}
    return found


def _stretches(connection: Connection, version: int) -> Iterator[list[Entry]]:
    after = ""
    while True:
        query = _select().where(artifact_files.c.version == version, artifact_files.c.path > after)
        query = query.order_by(artifact_files.c.path).limit(_READ)
        some = [_entry(row) for row in connection.execute(query)]
        yield some
        if len(some) < _READ:
            return
        after = some[-1].path


def _select() -> Rows:
    return select(
        artifact_files.c.path,
        artifact_files.c.size,
        artifact_files.c.digest,
        artifact_files.c.reference,
        artifact_files.c.checksum,
        artifact_files.c.extra,
    )


def _entry(row: Iterable[object]) -> Entry:
    return Entry(*row)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def _row(version: int, entry: Entry) -> dict[str, object]:
    return {
        "version": version,
        "path": entry.path,
        "size": entry.size,
        "digest": entry.digest,
        "reference": entry.reference,
        "checksum": entry.checksum,
        "extra": entry.extra,
    }
