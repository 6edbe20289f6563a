"""Intake: takes the versions of artifacts in: bytes first, then the list of them, then the version.

Whatever was sent once needs not be sent again: bytes are known by their digest, a version by the
name that its maker gave it. Nobody learns from an answer what others have put: bytes that the
asker may not name are missing to them, whoever else holds them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from wanllmdb_server.blobs.arrivals import Arrivals
from wanllmdb_server.blobs.store import Blob, BlobMissingError, BlobStore, DigestMismatchError
from wanllmdb_server.catalog import artifact_files as file_rows
from wanllmdb_server.catalog import versions as rows
from wanllmdb_server.catalog.access import find_project, find_run, locate_project
from wanllmdb_server.catalog.artifacts import read_version
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.domain import artifact as rules
from wanllmdb_server.domain.access import Actor, Resource, Verb, must_be_known
from wanllmdb_server.domain.artifact import Entry, NewVersion, Version, VersionState
from wanllmdb_server.domain.errors import (
    ConflictError,
    Fault,
    InvalidError,
    TooLargeError,
)
from wanllmdb_server.domain.file import is_digest
from wanllmdb_server.domain.manifest import bad_line, entry_of
from wanllmdb_server.domain.version_faults import check_new

MAX_ASKED: Final = 10_000  # digests in one question
ABANDONED_US: Final = 14 * 24 * 3600 * 1_000_000  # of a version that nobody goes on with
MAX_LINE_BYTES: Final = 128 * 1024  # of a manifest
_STRETCH: Final = 2000  # files that are taken in one transaction

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Taken:
    """A version that was told: `created` if it is a new one, and not one that was there."""

    version: Version
    created: bool


class Intake:
    """Takes bytes and versions."""

    def __init__(self, catalog: Catalog, blobs: BlobStore, arrivals: Arrivals) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._arrivals = arrivals

    async def missing(
        self, actor: Actor, owner: str, project: str, digests: Sequence[str]
    ) -> list[str]:
        """Which of the bytes have to be put before a version can name them."""
        if len(digests) > MAX_ASKED:
            raise _invalid("/digests", "too-many-items", f"At most {MAX_ASKED} digests at once.")
        for index, digest in enumerate(digests):
            if not is_digest(digest):
                raise _invalid(f"/digests/{index}", "bad-digest", "This is no SHA-256.")
        known = await asyncio.to_thread(self._nameable, actor, owner, project, digests)
        return [digest for digest in dict.fromkeys(digests) if digest not in known]

    async def put(
        self, actor: Actor, owner: str, project: str, digest: str, chunks: AsyncIterator[bytes]
    ) -> Blob:
        """Keep bytes that a version of the project will name.

        Raises:
            InvalidError: they are not those announced; code `digest-mismatch`.
            DiskFullError: there is no room.
        """
        located = await asyncio.to_thread(self._locate, actor, owner, project)
        if not is_digest(digest):
            raise _invalid("/digest", "bad-digest", "This is no SHA-256.")
        async with self._arrivals.arrival():
            blob = await _told_apart(self._blobs.put(chunks, digest=digest))
            await asyncio.to_thread(self._keep_puts, located, must_be_known(actor), [blob])
        return blob

    async def put_many(
        self,
        actor: Actor,
        owner: str,
        project: str,
        contents: Sequence[tuple[str, bytes]],
    ) -> int:
        """Keep small bytes, many at once; see `put`."""
        located = await asyncio.to_thread(self._locate, actor, owner, project)
        for index, (digest, _) in enumerate(contents):
            if not is_digest(digest):
                raise _invalid(f"/{index}", "bad-digest", "This is no SHA-256.")
        async with self._arrivals.arrival():
            blobs = await _told_apart(self._blobs.put_all(contents))
            await asyncio.to_thread(self._keep_puts, located, must_be_known(actor), blobs)
        return len(blobs)

    async def create(
        self, actor: Actor, owner: str, project: str, name: str, new: NewVersion
    ) -> Taken:
        """Take a version in; the one that is there, if its maker told it before.

        Raises:
            InvalidError: a name, alias, text or file cannot be one.
            ConflictError: the artifact is of another type (`another-type`), bytes have to be put
                first (`blobs-missing`), or the version is complete and has not these files
                (`version-complete`).
        """
        check_new(name, new)
        begun = await asyncio.to_thread(self._begin, actor, owner, project, name, new)
        is_there = begun.state is not VersionState.PENDING
        if is_there and new.distributed_id is None:
            return Taken(await asyncio.to_thread(self._read, begun.version), created=False)
        took = 0
        async for entries in self._manifest(begun, new.manifest):
            took += len(entries)
            if took > rules.MAX_FILES:
                raise TooLargeError(f"A version has at most {rules.MAX_FILES} files.")
            await asyncio.to_thread(self._take, begun, entries)
        version, created = await asyncio.to_thread(self._end, begun, new)
        return Taken(version, created=created)

    async def drop_abandoned(self) -> None:
        """Forget what was put or begun and never named in time; for the worker's loop."""
        await asyncio.to_thread(self._drop_abandoned)

    def _drop_abandoned(self) -> None:
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            file_rows.forget_puts(connection, now=now)
            rows.drop_abandoned(connection, begun_before=now - ABANDONED_US)

    # -- bytes

    def _locate(self, actor: Actor, owner: str, project: str) -> int:
        of = (owner, project, Resource.ARTIFACT, Verb.CREATE)
        return locate_project(self._catalog, actor, *of).id

    def _nameable(self, actor: Actor, owner: str, project: str, digests: Sequence[str]) -> set[str]:
        located, now = self._locate(actor, owner, project), self._catalog.clock()
        with self._catalog.reading() as connection:
            who = must_be_known(actor)
            return file_rows.nameable(connection, located, who, digests, now=now)

    def _keep_puts(self, project_id: int, user_id: int, blobs: Sequence[Blob]) -> None:
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            for blob in blobs:
                file_rows.keep_put(
                    connection, project_id, user_id, digest=blob.digest, size=blob.size, now=now
                )

    # -- versions

    def _begin(self, actor: Actor, owner: str, project: str, name: str, new: NewVersion) -> _Begun:
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            of = (actor, owner, project)
            located = find_project(connection, *of, Resource.ARTIFACT, Verb.CREATE)
            artifact = rows.make_artifact(connection, located.id, name, new.type, now=now)
            version, state = rows.begin_version(connection, artifact, new, now=now)
            if state is VersionState.PENDING:
                rows.describe_version(connection, version, new, now=now)
            if new.run is not None and state is not VersionState.DELETED:
                run = find_run(connection, *of, new.run, Resource.RUN, Verb.UPDATE)
                rows.join_run(connection, run.number, version, "logged", now=now)
        return _Begun(version, state, located.id, must_be_known(actor))

    async def _manifest(self, begun: _Begun, digest: str) -> AsyncIterator[list[Entry]]:
        """The files that a manifest lists, stretch by stretch."""
        known = await asyncio.to_thread(self._may_name, begun, [digest])
        if digest not in known:
            raise _bytes_missing(digest)
        entries: list[Entry] = []
        async for number, line in _lines(self._blobs.open(digest)):
            entries.append(entry_of(number, line))
            if len(entries) == _STRETCH:
                yield entries
                entries = []
        yield entries

    def _may_name(self, begun: _Begun, digests: Sequence[str]) -> set[str]:
        with self._catalog.reading() as connection:
            of = (begun.project_id, begun.user_id, digests)
            return file_rows.nameable(connection, *of, now=self._catalog.clock())

    def _take(self, begun: _Begun, entries: list[Entry]) -> None:
        wanted = list(dict.fromkeys(each.digest for each in entries if each.digest is not None))
        with self._catalog.writing() as connection:
            of = (begun.project_id, begun.user_id, wanted)
            known = file_rows.nameable(connection, *of, now=self._catalog.clock())
            if missing := next((each for each in wanted if each not in known), None):
                raise _bytes_missing(missing)
            if begun.state is VersionState.PENDING:
                file_rows.put_entries(connection, begun.version, entries)
            elif not file_rows.has_entries(connection, begun.version, entries):
                raise ConflictError(
                    "The version is complete, and has not these files.", code="version-complete"
                )

    def _end(self, begun: _Begun, new: NewVersion) -> tuple[Version, bool]:
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            key, created = begun.version, False
            state = rows.state_of(connection, key)
            if state is VersionState.PENDING and new.final:
                key, created = rows.commit_version(connection, key, digest=new.digest, now=now)
            return read_version(connection, key), created

    def _read(self, version: int) -> Version:
        with self._catalog.reading() as connection:
            return read_version(connection, version)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A version that its maker is telling."""

    version: int
    state: VersionState
    project_id: int
    user_id: int


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    """The lines of a manifest that are not empty, with their numbers."""
    rest, number = b"", 0
    try:
        async for piece in pieces:
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                number += 1
                if line.strip():
                    yield number, line
            if len(rest) > MAX_LINE_BYTES:
                raise bad_line(number + 1, "It is too long.")
    except BlobMissingError as error:
        raise _bytes_missing("") from error
    if rest.strip():
        yield number + 1, rest


async def _told_apart(putting: Awaitable[Kept]) -> Kept:
    """What was put; why it could not be, in the words of the domain."""
    try:
        return await putting
    except DigestMismatchError as error:
        raise InvalidError(str(error), code="digest-mismatch") from error


def _bytes_missing(digest: str) -> ConflictError:
    return ConflictError(
        f"Bytes that the version names have to be put first: sha256:{digest}", code="blobs-missing"
    )


def _invalid(pointer: str, code: str, detail: str) -> InvalidError:
    return InvalidError(detail, code=code, faults=[Fault(pointer, code, detail)])
