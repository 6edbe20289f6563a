"""Artifacts, versions and their files, as the API says them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from wanllmdb_server.domain.artifact import MAX_ALIASES
from wanllmdb_server.domain.run import MAX_TAGS, MAX_TEXT
from wanllmdb_server.fronts.rest.schemas.form import MAX_INT64, Answer, Body, Time

State = Literal["pending", "committed", "deleted"]
Digest = Annotated[str, Field(description="`sha256:` and 64 hexadecimal digits")]
Words = Annotated[list[str], Field(max_length=MAX_ALIASES)]
Tags = Annotated[list[str], Field(max_length=MAX_TAGS)]
Description = Annotated[str, Field(max_length=MAX_TEXT)]
Lifetime = Annotated[int, Field(ge=0, le=MAX_INT64, description="Microseconds")]


class ArtifactType(Answer):
    """A type, and how many artifacts are of it."""

    name: str
    artifacts: int


class ArtifactTypeList(Answer):
    """The types of a project's artifacts."""

    items: list[ArtifactType]
    next: str | None
    total: int


class Artifact(Answer):
    """A named thing with versions. `latest` is its newest version's name."""

    owner: str
    project: str
    name: str
    type: str
    description: str
    created_at: Time
    updated_at: Time
    versions: int
    latest: str | None


class ArtifactPage(Answer):
    """A stretch of the artifacts of a project."""

    items: list[Artifact]
    next: str | None
    total: int


class ArtifactPatch(Body):
    """What is to be another than before."""

    description: Description


class Place(Answer):
    """Where a version stands; `version` is None while it is pending."""

    owner: str
    project: str
    artifact: str
    version: str | None


class Version(Place):
    """A version where it was found; `source` is the artifact that it was made for."""

    id: str
    type: str
    digest: str
    state: State
    description: str
    metadata: dict[str, Any]
    aliases: list[str]
    tags: list[str]
    size: int
    files: int
    lifetime_us: int | None
    created_at: Time
    updated_at: Time
    placed_at: Time
    linked: bool = Field(description="It was made for another artifact, and is shown in this one")
    source: Place


class VersionPage(Answer):
    """A stretch of versions."""

    items: list[Version]
    next: str | None
    total: int


class NewVersion(Body):
    """A version whose bytes are here. `client_id` is a name of the maker's choice for it."""

    type: str
    manifest: Digest
    client_id: str
    run: str | None = None
    aliases: Words = Field(default_factory=list)
    tags: Tags = Field(default_factory=list)
    description: Description | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    distributed_id: str | None = None
    final: bool = True
    incremental: bool = False
    lifetime_us: Lifetime | None = None


class VersionPatch(Body):
    """What is to be another than before. `aliases` replaces all of this place."""

    description: Description | None = None
    metadata: dict[str, Any] | None = None
    tags: Tags | None = None
    aliases: Words | None = None
    add_aliases: Words = Field(default_factory=list)
    remove_aliases: Words = Field(default_factory=list)
    lifetime_us: Lifetime | None = None


class VersionName(Body):
    """A version by its names; `version` is `v3` or an alias."""

    owner: str
    project: str
    artifact: str
    version: str


class NewLink(Body):
    """A version that shall be shown in another artifact, too."""

    source: VersionName
    aliases: Words = Field(default_factory=list)


class NewUse(Body):
    """An input of a run: a version by its names, or by its id."""

    version: VersionName | None = None
    id: str | None = Field(default=None, max_length=64)
    use_as: str | None = Field(default=None, max_length=256)


class Entry(Answer):
    """A file of a version: bytes (`digest`), or a reference to what lies elsewhere."""

    path: str
    size: int
    digest: str | None
    reference: str | None
    checksum: str | None
    extra: dict[str, Any] | None


class EntryPage(Answer):
    """A stretch of the files of a version."""

    items: list[Entry]
    next: str | None
    total: int


class Paths(Body):
    """Files of a version."""

    paths: list[Annotated[str, Field(max_length=1024)]] = Field(min_length=1, max_length=1000)


class Party(Answer):
    """A run."""

    owner: str
    project: str
    id: str
    name: str


class Lineage(Answer):
    """Which run made a version, and which used it, as far as the asker may see them."""

    logged_by: Party | None
    used_by: list[Party]


class Digests(Body):
    """Digests of bytes, `sha256:` and 64 hexadecimal digits each."""

    digests: list[Annotated[str, Field(max_length=71)]] = Field(max_length=10_000)


class MissingDigests(Answer):
    """Those that have to be put before a version can name them."""

    missing: list[str]


class Blob(Answer):
    """Bytes that were put."""

    digest: Digest
    size: int


class Blobs(Answer):
    """How many bytes were put."""

    taken: int
