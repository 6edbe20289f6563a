"""Artifact: a named thing of a project with versions; each has files, aliases and a digest.

A version is content that never changes: files by their digests, and references to what lies
elsewhere. It stands in the artifact that it was made for, as `v3`, and may be shown in others,
under a number and with aliases of theirs.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from wanllmdb_server.domain.file import path_fault
from wanllmdb_server.domain.run import text_fault

LATEST: Final = "latest"  # the alias that moves by itself
MAX_NAME: Final = 128
MAX_ALIASES: Final = 100
MAX_METADATA_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 64
MAX_FILES: Final = 2_000_000
MAX_REFERENCE: Final = 4096
MAX_EXTRA_BYTES: Final = 65_536

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,128}\Z")
_NUMBER: Final = re.compile(r"v(0|[1-9][0-9]{0,9})\Z")
_LOOKS_LIKE_NUMBER: Final = re.compile(r"v[0-9]+\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class VersionState(enum.StrEnum):
    """How far a version is."""

    PENDING = "pending"  # its files are still being told; nobody sees it by a name
    COMMITTED = "committed"
    DELETED = "deleted"  # its files are gone; who made and used it is still known


@dataclass(frozen=True, slots=True)
class Artifact:
    """A named thing with versions. `key` is the catalog's number of it.

    Attributes:
        latest: the number of the newest version that is there, None if there is none.
        versions: how many there are.
    """

    key: int
    project_id: int
    owner: str
    project: str
    name: str
    type: str
    description: str
    created_at: int
    updated_at: int
    versions: int
    latest: int | None


@dataclass(frozen=True, slots=True)
class ArtifactType:
    """A type, and how many artifacts of a project are of it."""

    name: str
    artifacts: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version stands: in which artifact, under which number (None: not yet)."""

    owner: str
    project: str
    artifact: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Version:
    """A version, as it stands in one artifact.

    Attributes:
        key: the catalog's number of it.
        id: by which others know it, wherever it stands.
        place: where it was found.
        home: the artifact that it was made for.
        digest: of its content, in whatever words its maker has for that.
        aliases: of this place.
        placed_at: since when it stands here.
        lifetime_us: for how long its maker wants it kept; None: for ever.
    """

    key: int
    id: str
    project_id: int
    type: str
    place: Place
    home: Place
    digest: str
    state: VersionState
    description: str
    metadata: dict[str, Any]
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    size: int
    files: int
    created_at: int
    updated_at: int
    placed_at: int
    lifetime_us: int | None

    @property
    def linked(self) -> bool:
        """Whether it is shown here, and was made for another artifact."""
        return (self.place.owner, self.place.project, self.place.artifact) != (
            self.home.owner,
            self.home.project,
            self.home.artifact,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a version: bytes that are here, or a reference to what lies elsewhere.

    Attributes:
        digest: SHA-256 of the bytes in hexadecimal digits; None for a reference.
        reference: the URI of what lies elsewhere.
        checksum: what its maker knows it by besides: an ETag, an MD5.
        extra: what else its maker says of it.
    """

    path: str
    size: int = 0
    digest: str | None = None
    reference: str | None = None
    checksum: str | None = None
    extra: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A run that made or used a version."""

    owner: str
    project: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """Which run made a version first, and which used it; only those that the asker may see."""

    logged_by: Party | None
    used_by: tuple[Party, ...]


def _empty() -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """What its maker says of a version.

    Attributes:
        manifest: digest of the list of its files, which was put as a blob.
        client_id: a name that its maker gave it; said again, it is the same version.
        run: the run that makes it, of the same project.
        distributed_id: the name under which several processes make it together.
        final: whether this is all of it; until somebody says so it stays pending.
        incremental: what it does not name is as in the newest version.
        digest: of its content, if its maker knows it by another than ours.
    """

    type: str
    manifest: str
    client_id: str
    run: str | None = None
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=_empty)
    distributed_id: str | None = None
    final: bool = True
    incremental: bool = False
    digest: str | None = None
    lifetime_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChanges:
    """What of a version shall be another; None leaves it as it is.

    `aliases` replaces all that the version has in this place, but for `add_aliases` and
    `remove_aliases`, which say only what is new and what goes.
    """

    description: str | None = None
    metadata: Mapping[str, Any] | None = None
    tags: tuple[str, ...] | None = None
    aliases: tuple[str, ...] | None = None
    add_aliases: tuple[str, ...] = ()
    remove_aliases: tuple[str, ...] = ()
    lifetime_us: int | None = None


def name_fault(name: str) -> str | None:
    """Why this cannot be the name of an artifact, or None if it can."""
    if not _NAME.match(name) or name in {".", ".."}:
        return "An artifact's name has 1 to 128 characters of A-Z, a-z, 0-9, '.', '_', '-'."
    return None


def type_fault(kind: str) -> str | None:
    """Why this cannot be a type, or None if it can."""
    return _word_fault(kind, "A type")


def alias_fault(alias: str) -> str | None:
    """Why this cannot be an alias, or None if it can."""
    if _LOOKS_LIKE_NUMBER.match(alias):
        return f"'{alias[:32]}' names a version by its number and cannot be an alias."
    return _word_fault(alias, "An alias")


def tag_fault(tag: str) -> str | None:
    """Why this cannot be a tag, or None if it can."""
    return "A tag is not empty." if not tag.strip() else text_fault(tag)


def entry_fault(entry: Entry) -> str | None:
    """Why this cannot be a file of a version, or None if it can. A digest is checked before."""
    if fault := path_fault(entry.path):
        return fault
    if (entry.digest is None) == (entry.reference is None):
        return "A file of a version has either a digest or a reference."
    if not 0 <= entry.size < 1 << 63:
        return "A file's size is a number of bytes."
    for text in (entry.reference, entry.checksum):
        if text is not None and (len(text) > MAX_REFERENCE or _CONTROL.search(text)):
            return f"A reference is a line of at most {MAX_REFERENCE} characters."
    return None


def number_of(version: str) -> int | None:
    """The number that `v3` names, None if it is no number but an alias."""
    found = _NUMBER.match(version)
    return int(found.group(1)) if found else None


def names_number(version: str) -> bool:
    """Whether the text looks like a number, and so can be no alias."""
    return bool(_LOOKS_LIKE_NUMBER.match(version))


class ContentDigest:
    """The digest of a version's content, from its files in the order of their paths.

    A line for each file: its path, and what it is known by. The SDK computes the same.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0
        self.files = 0

    def add(self, entries: Iterable[Entry]) -> None:
        """Take files in, each behind the one before it."""
        for each in entries:
            known = each.digest or f"{each.reference}\t{each.checksum or ''}"
            self._hash.update(f"{each.path}\t{known}\n".encode())
            self.size += each.size
            self.files += 1

    def text(self) -> str:
        """The digest, in hexadecimal digits."""
        return self._hash.hexdigest()


def depth(value: object, limit: int = MAX_DEPTH) -> int:
    """How deep a value is nested; no deeper than one beyond the limit is looked."""
    if limit < 0 or not isinstance(value, Mapping | list):
        return 0
    if isinstance(value, Mapping):
        inner: Iterable[object] = cast("Mapping[object, object]", value).values()
    else:
        inner = cast("list[object]", value)
    return 1 + max((depth(each, limit - 1) for each in inner), default=0)


def _word_fault(text: str, what: str) -> str | None:
    if not text.strip() or len(text) > MAX_NAME or "/" in text or ":" in text:
        return f"{what} has 1 to {MAX_NAME} characters, and neither '/' nor ':'."
    return text_fault(text)
