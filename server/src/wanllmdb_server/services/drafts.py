"""Drafts: takes a version in file by file, for makers who know their files by MD5.

A maker begins a version, asks which files it lacks, puts those by URLs that need no key, says
what is in it, and commits it: then it has a number. All of it may be said twice. What is never
committed is forgotten after a while, with the versions of `intake` that nobody goes on with.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from wanllmdb_server.blobs.arrivals import Arrivals
from wanllmdb_server.blobs.store import Blob, BlobStore
from wanllmdb_server.catalog import artifact_files as file_rows
from wanllmdb_server.catalog import drafts as rows
from wanllmdb_server.catalog import versions
from wanllmdb_server.catalog.access import find_project, find_run
from wanllmdb_server.catalog.artifact_aliases import put_aliases
from wanllmdb_server.catalog.artifacts import read_version
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.domain import artifact as rules
from wanllmdb_server.domain.access import Actor, Resource, Verb, must_be_known
from wanllmdb_server.domain.artifact import Entry, NewVersion, Version, VersionState
from wanllmdb_server.domain.errors import (
    ConflictError,
    Fault,
    InvalidError,
    NotFoundError,
    TooLargeError,
)
from wanllmdb_server.domain.ticket import LIFETIME_US, Ticket, What, sealed
from wanllmdb_server.domain.version_faults import check_draft

MAX_ASKED: Final = 10_000  # files in one question
_STRETCH: Final = 2000  # files that are taken in one transaction


class Drafts:
    """Takes versions in. Methods without `async` block."""

    def __init__(
        self, catalog: Catalog, blobs: BlobStore, arrivals: Arrivals, *, ticket_key: str
    ) -> None:
        """`ticket_key` signs the tickets by which files are put and got."""
        self._catalog = catalog
        self._blobs = blobs
        self._arrivals = arrivals
        self._ticket_key = ticket_key

    def begin(self, actor: Actor, owner: str, project: str, name: str, new: NewVersion) -> Version:
        """Begin a version; the one that is there, if it was told before or has this digest.

        `new.manifest` is empty. One that is there gets the aliases and tags.

        Raises:
            InvalidError: a name, alias or text cannot be one.
            ConflictError: the artifact is of another type; code `another-type`.
        """
        check_draft(name, new)
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            of = (actor, owner, project)
            located = find_project(connection, *of, Resource.ARTIFACT, Verb.CREATE)
            artifact = versions.make_artifact(connection, located.id, name, new.type, now=now)
            key = self._same(connection, artifact, new)
            if key is None:
                key, state = versions.begin_version(connection, artifact, new, now=now)
                if state is VersionState.PENDING:
                    versions.describe_version(connection, key, new, now=now)
                    if new.digest is not None:
                        rows.announce_digest(connection, key, new.digest, now=now)
            if new.run is not None:
                run = find_run(connection, *of, new.run, Resource.RUN, Verb.UPDATE)
                versions.join_run(connection, run.number, key, "logged", now=now)
            return read_version(connection, key)

    def lacking(self, actor: Actor, draft_id: str, wanted: Sequence[tuple[str, str]]) -> list[bool]:
        """Whether each file, by its path and the base64 of its MD5, has to be put.

        Raises:
            InvalidError: a path cannot be one; code `bad-path`.
            TooLargeError: these are too many at once.
        """
        if len(wanted) > MAX_ASKED:
            raise TooLargeError(f"At most {MAX_ASKED} files at once.")
        for path, checksum in wanted:
            _check(Entry(path, digest="0" * 64, checksum=checksum))
        with self._catalog.writing() as connection:
            draft = self._pending(connection, actor, draft_id)
            known = rows.take_known(connection, draft, wanted)
        return [path not in known for path, _ in wanted]

    async def put(
        self, actor: Actor, draft_id: str, path: str, checksum: str, chunks: AsyncIterator[bytes]
    ) -> Entry:
        """Keep the bytes as a file of the draft.

        Raises:
            InvalidError: they have not this MD5; code `digest-mismatch`.
        """
        await asyncio.to_thread(self._look, actor, draft_id)
        hashed = hashlib.md5(usedforsecurity=False)

        async def passing() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                hashed.update(chunk)
                yield chunk

        async with self._arrivals.arrival():
            blob = await self._blobs.put(passing())
            found = base64.b64encode(hashed.digest()).decode()
            if found != checksum:
                raise InvalidError(f"The bytes have the MD5 {found}.", code="digest-mismatch")
            entry = Entry(path, size=blob.size, digest=blob.digest, checksum=found)
            await asyncio.to_thread(self._keep, actor, draft_id, blob, entry)
        return entry

    def tell(self, actor: Actor, draft_id: str, entries: Sequence[Entry], *, whole: bool) -> None:
        """Say what is in the draft: references, and files that were put, by their checksums.

        With `whole`, what is not named is not in it.

        Raises:
            ConflictError: a file was not put; code `blobs-missing`.
        """
        if len(entries) > rules.MAX_FILES:
            raise TooLargeError(f"A version has at most {rules.MAX_FILES} files.")
        for place in range(0, len(entries), _STRETCH):
            with self._catalog.writing() as connection:
                draft = self._pending(connection, actor, draft_id)
                _take(connection, draft.key, entries[place : place + _STRETCH])
        if whole:
            with self._catalog.writing() as connection:
                draft = self._pending(connection, actor, draft_id)
                rows.keep_only(connection, draft.key, {each.path for each in entries})

    def go_on_from_newest(self, actor: Actor, draft_id: str) -> None:
        """Let the draft have, when it is committed, what it does not name of the newest version."""
        with self._catalog.writing() as connection:
            draft = self._pending(connection, actor, draft_id)
            rows.make_incremental(connection, draft.key, now=self._catalog.clock())

    def commit(self, actor: Actor, draft_id: str) -> Version:
        """Give the draft a number; it never changes from now on."""
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            draft = self._find(connection, actor, draft_id)
            key = draft.key
            if draft.state is VersionState.PENDING:
                digest = draft.digest or None
                key, _ = versions.commit_version(connection, key, digest=digest, now=now)
            return read_version(connection, key)

    def of_client(self, actor: Actor, client_id: str) -> Version:
        """The version that its maker gave this name.

        Raises:
            NotFoundError: there is none that the actor may see.
        """
        must_be_known(actor)
        with self._catalog.reading() as connection:
            found = rows.find_by_client_id(connection, actor, client_id)
        if found is None:
            raise _no_version()
        return found

    def ticket(
        self, actor: Actor, version: Version, path: str, what: What, checksum: str = ""
    ) -> str:
        """A ticket with which anybody may put or get this file, as if it were the actor.

        No path is the list of the version's files.
        """
        made = Ticket(
            what=what,
            user=actor.name,
            owner=version.place.owner,
            project=version.place.project,
            run="",
            path=path,
            version=version.id,
            checksum=checksum,
            until=self._catalog.clock() + LIFETIME_US,
        )
        return sealed(made, self._ticket_key)

    def draft(self, actor: Actor, draft_id: str) -> Version:
        """A version of which the actor may tell more, however far it is."""
        with self._catalog.reading() as connection:
            return self._find(connection, actor, draft_id)

    def _same(self, connection: Connection, artifact: int, new: NewVersion) -> int | None:
        """The version that has this content already; it gets what is said of this one."""
        if new.digest is None or new.distributed_id is not None:
            return None
        found = rows.version_of_content(connection, artifact, new.digest)
        if found is None or found.place.number is None:
            return None
        put_aliases(connection, artifact, found.place.number, new.aliases)
        return found.key

    def _find(self, connection: Connection, actor: Actor, draft_id: str) -> Version:
        found = rows.find_draft(connection, draft_id)
        if found is None:
            raise _no_version()
        home = (found.home.owner, found.home.project)
        find_project(connection, actor, *home, Resource.ARTIFACT, Verb.CREATE)
        return found

    def _pending(self, connection: Connection, actor: Actor, draft_id: str) -> Version:
        found = self._find(connection, actor, draft_id)
        if found.state is not VersionState.PENDING:
            raise ConflictError("The version is complete.", code="version-complete")
        return found

    def _look(self, actor: Actor, draft_id: str) -> None:
        with self._catalog.reading() as connection:
            self._pending(connection, actor, draft_id)

    def _keep(self, actor: Actor, draft_id: str, blob: Blob, entry: Entry) -> None:
        now, who = self._catalog.clock(), must_be_known(actor)
        with self._catalog.writing() as connection:
            draft = self._pending(connection, actor, draft_id)
            of = (draft.project_id, who)
            file_rows.keep_put(connection, *of, digest=blob.digest, size=blob.size, now=now)
            file_rows.put_entries(connection, draft.key, [entry])


def _take(connection: Connection, draft: int, entries: Sequence[Entry]) -> None:
    """Give the draft its references, and what is said of files that it has."""
    there = file_rows.find_entries(connection, draft, [each.path for each in entries])
    taken: list[Entry] = []
    for each in entries:
        if each.reference is not None:
            _check(each)
            taken.append(each)
            continue
        known = there.get(each.path)
        if known is None or known.digest is None or known.checksum != each.checksum:
            raise ConflictError(
                f"The file '{each.path[:128]}' of the version has to be put first.",
                code="blobs-missing",
            )
        taken.append(replace(known, extra=each.extra))
    file_rows.put_entries(connection, draft, taken)


def _check(entry: Entry) -> None:
    if fault := rules.entry_fault(entry):
        raise InvalidError(fault, code="bad-path", faults=[Fault("/path", "bad-path", fault)])


def _no_version() -> NotFoundError:
    return NotFoundError("There is no such version.", code="version-not-found")
