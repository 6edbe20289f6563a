"""Artifacts: find, read, change, show elsewhere and drop them; who made and used them.

What `intake` took in is given out here. Every question begins in a project that the actor may
see; what it shows of others stands there because a member of both put it there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from wanllmdb_server.blobs.store import BlobStore
from wanllmdb_server.catalog import artifact_files as file_rows
from wanllmdb_server.catalog import artifacts as reading
from wanllmdb_server.catalog import versions as writing
from wanllmdb_server.catalog.access import find_project, find_run
from wanllmdb_server.catalog.artifacts import (
    artifact_not_found,
    find_artifact,
    find_version,
)
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.domain import artifact as rules
from wanllmdb_server.domain.access import Actor, Resource, Verb, must_be_known
from wanllmdb_server.domain.artifact import (
    LATEST,
    Artifact,
    ArtifactType,
    Entry,
    Lineage,
    Version,
    VersionChanges,
)
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.errors import (
    ConflictError,
    Fault,
    InvalidError,
    NotFoundError,
    TooLargeError,
)
from wanllmdb_server.domain.filter import DEFAULT_PAGE, MAX_PAGE, parse_words
from wanllmdb_server.domain.page import Page
from wanllmdb_server.domain.run import MAX_NAME, MAX_TAGS, MAX_TEXT, text_fault
from wanllmdb_server.domain.version_faults import check_texts, word_faults

Way = Literal["logged", "used"]
MAX_ENTRIES: Final = 10_000  # files of a version in one page
MAX_TOGETHER_BYTES: Final = 64 * 1024 * 1024  # of files that are read together


@dataclass(frozen=True, slots=True)
class Named:
    """A version by its names: `owner/project/artifact:version`."""

    owner: str
    project: str
    artifact: str
    version: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which stretch of a list is wanted."""

    limit: int = DEFAULT_PAGE
    cursor: str | None = None


class Artifacts:
    """Gives out artifacts, versions, files. Methods without `async` block."""

    def __init__(self, catalog: Catalog, blobs: BlobStore) -> None:
        self._catalog = catalog
        self._blobs = blobs

    # -- artifacts

    def types(self, actor: Actor, owner: str, project: str) -> list[ArtifactType]:
        """The types of a project's artifacts."""
        with self._catalog.reading() as connection:
            located = _project(connection, actor, owner, project, Verb.READ)
            return reading.list_types(connection, located)

    def find(
        self,
        actor: Actor,
        owner: str,
        project: str,
        *,
        kind: str | None = None,
        q: str = "",
        wanted: Stretch = Stretch(),
    ) -> Page[Artifact]:
        """The artifacts of a project by name; every word of `q` in each name."""
        words = parse_words(q)
        with self._catalog.reading() as connection:
            located = _project(connection, actor, owner, project, Verb.READ)
            of = f"artifacts {located} {kind} {words}"
            after = read_cursor(of, wanted.cursor, str)[0] if wanted.cursor else ""
            limit = min(wanted.limit, MAX_PAGE)
            items, total = reading.list_artifacts(
                connection, located, kind=kind, words=words, after=after, limit=limit + 1
            )
        more = len(items) > limit
        items = items[:limit]
        return Page(items, write_cursor(of, items[-1].name) if more else None, total)

    def get(self, actor: Actor, owner: str, project: str, name: str) -> Artifact:
        """One artifact."""
        with self._catalog.reading() as connection:
            located = _project(connection, actor, owner, project, Verb.READ)
            return _artifact(connection, located, name)

    def change(
        self, actor: Actor, owner: str, project: str, name: str, *, description: str
    ) -> Artifact:
        """Describe an artifact anew."""
        if len(description) > MAX_TEXT:
            fault = Fault("/description", "too-long", f"At most {MAX_TEXT} characters.")
            raise InvalidError("The description is too long.", faults=[fault])
        with self._catalog.writing() as connection:
            located = _project(connection, actor, owner, project, Verb.UPDATE)
            artifact = _artifact(connection, located, name)
            now = self._catalog.clock()
            writing.describe_artifact(connection, artifact.key, description, now=now)
            return _artifact(connection, located, name)

    def delete(self, actor: Actor, owner: str, project: str, name: str) -> None:
        """Drop an artifact with the versions that were made for it, wherever they are shown."""
        with self._catalog.writing() as connection:
            located = _project(connection, actor, owner, project, Verb.DELETE)
            writing.delete_artifact(connection, _artifact(connection, located, name).key)

    # -- versions

    def versions(
        self,
        actor: Actor,
        owner: str,
        project: str,
        name: str,
        wanted: Stretch = Stretch(),
    ) -> Page[Version]:
        """What stands in an artifact, the newest first."""
        with self._catalog.reading() as connection:
            located = _project(connection, actor, owner, project, Verb.READ)
            artifact = _artifact(connection, located, name)
            of = f"versions {artifact.key}"
            before = int(read_cursor(of, wanted.cursor, int)[0]) if wanted.cursor else None
            limit = min(wanted.limit, MAX_PAGE)
            items, total = reading.list_versions(
                connection, artifact.key, before=before, limit=limit + 1
            )
        more = len(items) > limit
        items = items[:limit]
        last = items[-1].place.number if items else None
        return Page(items, write_cursor(of, last or 0) if more else None, total)

    def version(self, actor: Actor, named: Named) -> Version:
        """One version, by its number (`v3`) or an alias."""
        with self._catalog.reading() as connection:
            return _version(connection, actor, named, Verb.READ)

    def version_by_id(self, actor: Actor, version_id: str) -> Version:
        """One version, by its id."""
        must_be_known(actor)
        with self._catalog.reading() as connection:
            return reading.find_version_by_id(connection, actor, version_id)

    def change_version(self, actor: Actor, named: Named, changes: VersionChanges) -> Version:
        """Change what is said of a version.

        Raises:
            InvalidError: an alias, tag or text cannot be one.
        """
        _check_changes(changes)
        with self._catalog.writing() as connection:
            version = _version(connection, actor, named, Verb.UPDATE)
            of = _artifact(
                connection, _project(connection, actor, named.owner, named.project, Verb.UPDATE),
                named.artifact,
            )  # fmt: skip
            now = self._catalog.clock()
            if version.linked and _touches_content(changes):
                # What is said of the version itself is said where it is at home.
                _project(connection, actor, version.home.owner, version.home.project, Verb.UPDATE)
            writing.change_version(connection, version, of.key, changes, now=now)
            return reading.read_version(connection, version.key, of.key)

    def delete_version(self, actor: Actor, named: Named, *, delete_aliases: bool = False) -> None:
        """Drop a version with its files, or, where it is only shown, show it no more.

        Raises:
            ConflictError: it has aliases besides `latest`; code `has-aliases`.
        """
        with self._catalog.writing() as connection:
            version = _version(connection, actor, named, Verb.DELETE)
            if not delete_aliases and (aliases := set(version.aliases) - {LATEST}):
                raise ConflictError(
                    f"The version has aliases: {', '.join(sorted(aliases))[:200]}. "
                    "Say that they shall go, too: delete_aliases=true.",
                    code="has-aliases",
                )
            now = self._catalog.clock()
            if version.linked:
                located = _project(connection, actor, named.owner, named.project, Verb.DELETE)
                artifact = _artifact(connection, located, named.artifact)
                writing.unlink_version(connection, artifact.key, version.place.number or 0)
            else:
                writing.delete_version(connection, version, now=now)

    def link(self, actor: Actor, source: Named, target: Named, aliases: tuple[str, ...]) -> Version:
        """Show a version in another artifact, which is made if it is missing.

        Who may write into both projects may do this: it lets those who see the other one see
        the version. `target.version` means nothing.

        Raises:
            ConflictError: that artifact is of another type, or the version's own; codes
                `another-type`, `same-artifact`.
        """
        faults = list(word_faults(aliases, "aliases", rules.alias_fault, rules.MAX_ALIASES))
        if fault := rules.name_fault(target.artifact):
            faults.append(Fault("/artifact", "unfit-name", fault))
        if faults:
            raise InvalidError("A version cannot be shown so.", faults=faults)
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            version = _version(connection, actor, source, Verb.UPDATE)
            located = _project(connection, actor, target.owner, target.project, Verb.CREATE)
            key = writing.make_artifact(connection, located, target.artifact, version.type, now=now)
            if version.home == rules.Place(
                target.owner, target.project, target.artifact, version.home.number
            ):
                raise ConflictError("The version stands there already.", code="same-artifact")
            writing.link_version(connection, version, key, aliases, now=now)
            return reading.read_version(connection, version.key, key)

    # -- files

    def entries(
        self, actor: Actor, named: Named, *, prefix: str = "", wanted: Stretch
    ) -> Page[Entry]:
        """The files of a version by path; with a prefix, those in that folder."""
        with self._catalog.reading() as connection:
            version = _version(connection, actor, named, Verb.READ)
            of = f"entries {version.key} {prefix}"
            after = read_cursor(of, wanted.cursor, str)[0] if wanted.cursor else ""
            limit = min(wanted.limit, MAX_ENTRIES)
            items, total = file_rows.list_entries(
                connection, version.key, prefix=prefix, after=after, limit=limit + 1
            )
        more = len(items) > limit
        items = items[:limit]
        return Page(items, write_cursor(of, items[-1].path) if more else None, total)

    async def entry(self, actor: Actor, named: Named, path: str) -> Entry:
        """One file of a version.

        Raises:
            NotFoundError: it has none of this path, or only a reference; code `file-not-found`.
        """
        found = await asyncio.to_thread(self._entry, actor, named, path)
        if found is None or found.digest is None:
            raise _no_file(path)
        return found

    async def many(self, actor: Actor, named: Named, paths: Sequence[str]) -> list[Entry]:
        """Small files of a version, to be read together.

        Raises:
            NotFoundError: it has none of one of these paths; code `file-not-found`.
            TooLargeError: they are more than can be asked for at once.
        """
        found = await asyncio.to_thread(self._many, actor, named, paths)
        for path in paths:
            if path not in found or found[path].digest is None:
                raise _no_file(path)
        entries = [found[path] for path in paths]
        if sum(each.size for each in entries) > MAX_TOGETHER_BYTES:
            raise TooLargeError(f"Together they have at most {MAX_TOGETHER_BYTES} bytes.")
        return entries

    async def contents(self, entries: Sequence[Entry]) -> AsyncIterator[tuple[Entry, bytes]]:
        """The bytes of files that `many` gave."""
        for entry in entries:
            pieces = self._blobs.open(entry.digest or "")
            yield entry, b"".join([piece async for piece in pieces])

    def content(self, digest: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes of a file that `entry` gave."""
        return self._blobs.open(digest, start=start, end=end)

    # -- runs

    def lineage(self, actor: Actor, named: Named) -> Lineage:
        """Which run made a version, and which used it."""
        with self._catalog.reading() as connection:
            version = _version(connection, actor, named, Verb.READ)
            return reading.lineage_of(connection, actor, version.key)

    def of_run(
        self, actor: Actor, owner: str, project: str, run_id: str, way: Way, wanted: Stretch
    ) -> Page[Version]:
        """What a run made or used; what the actor may not see any more is left out."""
        with self._catalog.reading() as connection:
            run = find_run(connection, actor, owner, project, run_id, Resource.ARTIFACT, Verb.READ)
            of = f"run {run.number} {way}"
            after = int(read_cursor(of, wanted.cursor, int)[0]) if wanted.cursor else 0
            limit = min(wanted.limit, MAX_PAGE)
            items, total = reading.versions_of_run(
                connection, actor, run.number, way, after=after, limit=limit + 1
            )
        more = len(items) > limit
        items = items[:limit]
        return Page(items, write_cursor(of, items[-1].key) if more else None, total)

    def use(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run_id: str,
        version: Named | str,
        *,
        use_as: str | None = None,
    ) -> Version:
        """Keep that a run takes a version, named or by its id, as an input."""
        if use_as is not None and (fault := text_fault(use_as, MAX_NAME)):
            raise InvalidError(fault, faults=[Fault("/use_as", "unfit-name", fault)])
        with self._catalog.writing() as connection:
            run = find_run(
                connection, actor, owner, project, run_id, Resource.ARTIFACT, Verb.CREATE
            )
            if isinstance(version, str):
                found = reading.find_version_by_id(connection, actor, version)
            else:
                found = _version(connection, actor, version, Verb.READ)
            now = self._catalog.clock()
            writing.join_run(connection, run.number, found.key, "used", use_as=use_as, now=now)
            return found

    def _many(self, actor: Actor, named: Named, paths: Sequence[str]) -> dict[str, Entry]:
        with self._catalog.reading() as connection:
            version = _version(connection, actor, named, Verb.READ)
            return file_rows.find_entries(connection, version.key, paths)

    def _entry(self, actor: Actor, named: Named, path: str) -> Entry | None:
        with self._catalog.reading() as connection:
            version = _version(connection, actor, named, Verb.READ)
            return file_rows.find_entry(connection, version.key, path)


def _project(connection: Connection, actor: Actor, owner: str, project: str, verb: Verb) -> int:
    return find_project(connection, actor, owner, project, Resource.ARTIFACT, verb).id


def _artifact(connection: Connection, project_id: int, name: str) -> Artifact:
    found = find_artifact(connection, project_id, name)
    if found is None:
        raise artifact_not_found(name)
    return found


def _version(connection: Connection, actor: Actor, named: Named, verb: Verb) -> Version:
    located = _project(connection, actor, named.owner, named.project, verb)
    return find_version(connection, located, named.artifact, named.version)


def _no_file(path: str) -> NotFoundError:
    return NotFoundError(f"The version has no file '{path[:128]}'.", code="file-not-found")


def _touches_content(changes: VersionChanges) -> bool:
    said = (changes.description, changes.metadata, changes.tags, changes.lifetime_us)
    return any(each is not None for each in said)


def _check_changes(changes: VersionChanges) -> None:
    faults = [
        *word_faults(changes.aliases or (), "aliases", rules.alias_fault, rules.MAX_ALIASES),
        *word_faults(changes.add_aliases, "add_aliases", rules.alias_fault, rules.MAX_ALIASES),
        *word_faults(changes.tags or (), "tags", rules.tag_fault, MAX_TAGS),
        *check_texts(changes.description, changes.metadata),
    ]
    if faults:
        raise InvalidError("A version cannot be changed so.", faults=faults)
