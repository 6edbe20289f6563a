"""Files: bytes that a run keeps under a name, found by their digest.

The bytes come first, then the name: a file that is listed can be read. What no run names any
more goes after a while, long enough for an upload to be named.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from wanllmdb_server.blobs.arrivals import Arrivals
from wanllmdb_server.blobs.store import BlobStore, DigestMismatchError
from wanllmdb_server.catalog import files as rows
from wanllmdb_server.catalog.access import locate_run
from wanllmdb_server.catalog.accounts import find_user
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.holders import actor_of_user
from wanllmdb_server.domain.access import Actor, Resource, Scope, Verb
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.errors import Fault, InvalidError, NotAllowedError, NotFoundError
from wanllmdb_server.domain.file import File, is_digest, path_fault
from wanllmdb_server.domain.filter import DEFAULT_PAGE, MAX_PAGE
from wanllmdb_server.domain.page import Page
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.ticket import LIFETIME_US, Ticket, What, opened, sealed

GRACE_US: Final = 24 * 3600 * 1_000_000  # longer than any upload takes


class Files:
    """Keeps the files of runs."""

    def __init__(
        self,
        catalog: Catalog,
        blobs: BlobStore,
        arrivals: Arrivals | None = None,
        *,
        ticket_key: str = "",
    ) -> None:
        """`ticket_key` signs tickets; without one there are none."""
        self._catalog = catalog
        self._ticket_key = ticket_key
        self._blobs = blobs
        self._arrivals = arrivals or Arrivals()

    async def find(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run_id: str,
        *,
        limit: int = DEFAULT_PAGE,
        cursor: str | None = None,
    ) -> Page[File]:
        """The files of a run, by name."""
        run = await self._run(actor, owner, project, run_id, Verb.READ)
        of, limit = f"files {run.number}", min(limit, MAX_PAGE)
        after = read_cursor(of, cursor, str)[0] if cursor else ""
        items, total = await asyncio.to_thread(self._list, run.number, after, limit + 1)
        more = len(items) > limit
        return Page(items[:limit], write_cursor(of, items[limit - 1].path) if more else None, total)

    async def put(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run_id: str,
        path: str,
        chunks: AsyncIterator[bytes],
        *,
        digest: str | None,
        mime: str,
    ) -> File:
        """Keep the bytes as a file of the run, in place of one that has the name.

        `digest` is None where the sender does not announce it.

        Raises:
            InvalidError: the name cannot be one, or the bytes are not those announced; codes
                `bad-path`, `digest-mismatch`.
        """
        run = await self._run(actor, owner, project, run_id, Verb.CREATE)
        fault = path_fault(path)
        if fault:
            raise InvalidError(fault, code="bad-path", faults=[Fault("/path", "bad-path", fault)])
        if digest is not None and not is_digest(digest):
            raise InvalidError(
                "Say the file's digest: 'X-Wanllmdb-Digest: sha256:<64 hexadecimal digits>'.",
                code="bad-digest",
            )
        async with self._arrivals.arrival():
            try:
                blob = await self._blobs.put(chunks, digest=digest)
            except DigestMismatchError as error:
                raise InvalidError(str(error), code="digest-mismatch") from error
            file = File(path, blob.digest, blob.size, mime[:256], self._catalog.clock())
            await asyncio.to_thread(self._name, run.number, file)
        return file

    async def read(self, actor: Actor, owner: str, project: str, run_id: str, path: str) -> File:
        """What is known of a file of a run."""
        run = await self._run(actor, owner, project, run_id, Verb.READ)
        return await asyncio.to_thread(self._found, run.number, path)

    def content(
        self, file: File, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes of a file that `read` gave."""
        return self._blobs.open(file.digest, start=start, end=end)

    async def ticket(
        self, actor: Actor, owner: str, project: str, run_id: str, path: str, what: What
    ) -> str:
        """A ticket with which anybody may put or get this file, as if it were the actor.

        Raises:
            InvalidError: the name cannot be one; code `bad-path`.
        """
        fault = path_fault(path)
        if fault:
            raise InvalidError(fault, code="bad-path", faults=[Fault("/path", "bad-path", fault)])
        run = await self._run(
            actor, owner, project, run_id, Verb.CREATE if what == "put" else Verb.READ
        )
        made = Ticket(
            what=what,
            user=actor.name,
            owner=run.owner,
            project=run.project,
            run=run.id,
            path=path,
            until=self._catalog.clock() + LIFETIME_US,
        )
        return sealed(made, self._ticket_key)

    async def holder(self, text: str, what: What) -> tuple[Actor, Ticket]:
        """For whom a ticket was made, and what it says.

        Raises:
            NotAllowedError: it is none for this, has run out, or the user is gone.
        """
        now = self._catalog.clock()
        found = opened(text, self._ticket_key, now=now) if self._ticket_key else None
        actor = await asyncio.to_thread(self._user, found.user) if found is not None else None
        if found is None or actor is None or found.what != what:
            raise NotAllowedError(
                "This URL has run out, or is none of this server. Ask for another one.",
                code="bad-ticket",
            )
        return actor, found

    def _user(self, name: str) -> Actor | None:
        with self._catalog.reading() as connection:
            user = find_user(connection, name)
        return None if user is None else actor_of_user(user, Scope.WRITE)

    async def delete(self, actor: Actor, owner: str, project: str, run_id: str, path: str) -> None:
        """Take a file from a run."""
        run = await self._run(actor, owner, project, run_id, Verb.DELETE)
        await asyncio.to_thread(self._delete, run.number, path)

    async def drop_unused(self) -> int:
        """Drop the bytes that no run and no version names any more; for the worker's loop.

        Never while bytes arrive: they could be the very ones, on their way to a name.
        """
        async with self._arrivals.dropping() as quiet:
            if not quiet:
                return 0
            digests = await asyncio.to_thread(self._forget_unused)
            for digest in digests:
                await self._blobs.delete(digest)
            return len(digests)

    async def _run(self, actor: Actor, owner: str, project: str, run_id: str, verb: Verb) -> Run:
        of = (owner, project, run_id, Resource.FILE, verb)
        return await asyncio.to_thread(locate_run, self._catalog, actor, *of)

    def _list(self, run: int, after: str, limit: int) -> tuple[list[File], int]:
        with self._catalog.reading() as connection:
            return rows.list_files(connection, run, after=after, limit=limit)

    def _name(self, run: int, file: File) -> None:
        with self._catalog.writing() as connection:
            rows.put_file(connection, run, file)

    def _found(self, run: int, path: str) -> File:
        with self._catalog.reading() as connection:
            found = rows.find_file(connection, run, path)
        if found is None:
            raise _missing(path)
        return found

    def _delete(self, run: int, path: str) -> None:
        with self._catalog.writing() as connection:
            if not rows.delete_file(connection, run, path):
                raise _missing(path)

    def _forget_unused(self) -> list[str]:
        before = self._catalog.clock() - GRACE_US
        with self._catalog.writing() as connection:
            digests = rows.unused_blobs(connection, stored_before=before)
            for digest in digests:
                rows.drop_blob(connection, digest)
        return digests


def _missing(path: str) -> NotFoundError:
    return NotFoundError(f"The run has no file '{path[:128]}'.", code="file-not-found")
