"""Files in the catalog: which run calls which blob by which name."""

from __future__ import annotations

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from wanllmdb_server.catalog.tables import artifact_files, blobs, files
from wanllmdb_server.catalog.where import Rows
from wanllmdb_server.domain.file import File


def put_file(connection: Connection, run: int, file: File) -> None:
    """Give the run a file of this name, in place of the one that has it."""
    delete_file(connection, run, file.path)
    keep_blob(connection, file.digest, file.size, now=file.created_at)
    connection.execute(
        insert(files).values(
            run=run,
            path=file.path,
            digest=file.digest,
            mime=file.mime,
            created_at=file.created_at,
        )
    )


def list_files(
    connection: Connection, run: int, *, after: str = "", limit: int
) -> tuple[list[File], int]:
    """The run's files by name, behind the name `after`; and how many there are."""
    mine = _select().where(files.c.run == run)
    query = mine.where(files.c.path > after).order_by(files.c.path).limit(limit)
    total = connection.scalar(select(func.count()).where(files.c.run == run))
    return [File(*row) for row in connection.execute(query)], int(total or 0)


def find_file(connection: Connection, run: int, path: str) -> File | None:
    """The run's file of this name."""
    query = _select().where(files.c.run == run, files.c.path == path)
    row = connection.execute(query).one_or_none()
    return None if row is None else File(*row)


def delete_file(connection: Connection, run: int, path: str) -> bool:
    """Take a file from the run; says whether there was one. Its blob stays for a while."""
    mine = (files.c.run == run, files.c.path == path)
    return connection.execute(delete(files).where(*mine)).rowcount == 1


def unused_blobs(connection: Connection, *, stored_before: int) -> list[str]:
    """Blobs that no run and no version calls by any name, and that were not put lately."""
    used = [exists().where(names.c.digest == blobs.c.digest) for names in (files, artifact_files)]
    unused = [~each for each in used]
    query = select(blobs.c.digest).where(blobs.c.stored_at < stored_before, *unused).limit(1000)
    return list(connection.scalars(query))


def drop_blob(connection: Connection, digest: str) -> None:
    """Forget a blob that nobody calls by any name."""
    connection.execute(delete(blobs).where(blobs.c.digest == digest))


def keep_blob(connection: Connection, digest: str, size: int, *, now: int) -> None:
    """Remember that the bytes are here, and were put now."""
    again = update(blobs).where(blobs.c.digest == digest).values(stored_at=now)
    if connection.execute(again).rowcount == 0:
        connection.execute(insert(blobs).values(digest=digest, size=size, stored_at=now))


def _select() -> Rows:
    return select(
        files.c.path, files.c.digest, blobs.c.size, files.c.mime, files.c.created_at
    ).select_from(files.join(blobs))
