"""Artifacts: named things with versions; their files, who made and used them."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query, Request, Response
from starlette.responses import StreamingResponse

from wanllmdb_server.domain import artifact as domain
from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.fronts.rest.artifact_forms import (
    artifact_form,
    entry_form,
    lineage_form,
    version_form,
    version_page,
)
from wanllmdb_server.fronts.rest.auth import CurrentActor
from wanllmdb_server.fronts.rest.blobs import plain
from wanllmdb_server.fronts.rest.query import DEFAULT_LIMIT, Cursor, Limit, Words
from wanllmdb_server.fronts.rest.routes import API, RestRouter
from wanllmdb_server.fronts.rest.schemas import artifacts as form
from wanllmdb_server.fronts.rest.services import Services, services_of
from wanllmdb_server.fronts.rest.serving import Served, begun, serve
from wanllmdb_server.services.artifacts import Named, Stretch

router = RestRouter(prefix=API, tags=["artifacts"])

Given = Annotated[Services, Depends(services_of)]

_READ = (Resource.ARTIFACT, Verb.READ)
_CREATE = (Resource.ARTIFACT, Verb.CREATE)
_UPDATE = (Resource.ARTIFACT, Verb.UPDATE)
_DELETE = (Resource.ARTIFACT, Verb.DELETE)
_PROJECT: Final = "/projects/{owner}/{project}"
_ARTIFACT: Final = _PROJECT + "/artifacts/{artifact}"
_VERSION: Final = _ARTIFACT + "/versions/{version}"
_CONTENT: Final = {200: {"description": "The bytes", "content": {"application/octet-stream": {}}}}
_DIGEST_ANSWER: Final = {200: {"model": form.Version, "description": "The version was there"}}


def _named(owner: str, project: str, artifact: str, version: str) -> Named:
    return Named(owner, project, artifact, version)


Asked = Annotated[Named, Depends(_named)]


@router.get(f"{_PROJECT}/artifact-types", access=_READ, operation_id="listArtifactTypes")
def list_types(
    owner: str, project: str, actor: CurrentActor, services: Given
) -> form.ArtifactTypeList:
    """The types of a project's artifacts."""
    types = services.artifacts.types(actor, owner, project)
    items = [form.ArtifactType(name=each.name, artifacts=each.artifacts) for each in types]
    return form.ArtifactTypeList(items=items, next=None, total=len(items))


@router.get(f"{_PROJECT}/artifacts", access=_READ, operation_id="listArtifacts")
def list_artifacts(
    owner: str,
    project: str,
    actor: CurrentActor,
    services: Given,
    type: Annotated[str | None, Query(max_length=128)] = None,  # noqa: A002 - the API's word
    q: Words = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> form.ArtifactPage:
    """The artifacts of a project, by name."""
    page = services.artifacts.find(
        actor, owner, project, kind=type, q=q, wanted=Stretch(limit, cursor)
    )
    items = [artifact_form(each) for each in page.items]
    return form.ArtifactPage(items=items, next=page.next, total=page.total)


@router.get(_ARTIFACT, access=_READ, operation_id="getArtifact")
def get_artifact(
    owner: str, project: str, artifact: str, actor: CurrentActor, services: Given
) -> form.Artifact:
    """One artifact."""
    return artifact_form(services.artifacts.get(actor, owner, project, artifact))


@router.patch(_ARTIFACT, access=_UPDATE, operation_id="changeArtifact")
def change_artifact(
    owner: str,
    project: str,
    artifact: str,
    body: form.ArtifactPatch,
    actor: CurrentActor,
    services: Given,
) -> form.Artifact:
    """Describe an artifact anew."""
    changed = services.artifacts.change(
        actor, owner, project, artifact, description=body.description
    )
    return artifact_form(changed)


@router.delete(
    _ARTIFACT,
    access=_DELETE,
    operation_id="deleteArtifact",
    status_code=204,
    response_class=Response,
)
def delete_artifact(
    owner: str, project: str, artifact: str, actor: CurrentActor, services: Given
) -> Response:
    """Delete an artifact with all its versions."""
    services.artifacts.delete(actor, owner, project, artifact)
    return Response(status_code=204)


@router.get(f"{_ARTIFACT}/versions", access=_READ, operation_id="listVersions")
def list_versions(
    owner: str,
    project: str,
    artifact: str,
    actor: CurrentActor,
    services: Given,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> form.VersionPage:
    """The versions of an artifact, the newest first."""
    wanted = Stretch(limit, cursor)
    return version_page(services.artifacts.versions(actor, owner, project, artifact, wanted))


@router.post(
    f"{_ARTIFACT}/versions",
    access=_CREATE,
    operation_id="createVersion",
    status_code=201,
    responses=_DIGEST_ANSWER,
)
async def create_version(
    owner: str,
    project: str,
    artifact: str,
    body: form.NewVersion,
    response: Response,
    actor: CurrentActor,
    services: Given,
) -> form.Version:
    """A version whose bytes were put; 200 if it was there, or its content is the newest one's."""
    said = body.model_dump(exclude={"manifest", "aliases", "tags"})
    new = domain.NewVersion(
        **said,
        manifest=plain(body.manifest, "/manifest"),
        aliases=tuple(body.aliases),
        tags=tuple(body.tags),
    )
    taken = await services.intake.create(actor, owner, project, artifact, new)
    response.status_code = 201 if taken.created else 200
    return version_form(taken.version)


@router.get(_VERSION, access=_READ, operation_id="getVersion")
def get_version(named: Asked, actor: CurrentActor, services: Given) -> form.Version:
    """One version, by its number (`v3`) or an alias."""
    return version_form(services.artifacts.version(actor, named))


@router.get("/artifact-versions/{id}", access=_READ, operation_id="getVersionById")
def get_version_by_id(
    id: str,  # noqa: A002 - the API's word
    actor: CurrentActor,
    services: Given,
) -> form.Version:
    """One version, by its id."""
    return version_form(services.artifacts.version_by_id(actor, id))


@router.patch(_VERSION, access=_UPDATE, operation_id="changeVersion")
def change_version(
    named: Asked, body: form.VersionPatch, actor: CurrentActor, services: Given
) -> form.Version:
    """Change what is said of a version, or what its aliases are."""
    said: dict[str, Any] = body.model_dump()
    for words in ("tags", "aliases", "add_aliases", "remove_aliases"):
        said[words] = None if said[words] is None else tuple(said[words])
    changes = domain.VersionChanges(**said)
    return version_form(services.artifacts.change_version(actor, named, changes))


@router.delete(
    _VERSION,
    access=_DELETE,
    operation_id="deleteVersion",
    status_code=204,
    response_class=Response,
)
def delete_version(
    named: Asked, actor: CurrentActor, services: Given, delete_aliases: bool = False
) -> Response:
    """Delete a version; where it is only shown, show it no more."""
    services.artifacts.delete_version(actor, named, delete_aliases=delete_aliases)
    return Response(status_code=204)


@router.post(f"{_ARTIFACT}/links", access=_CREATE, operation_id="linkVersion", status_code=201)
def link_version(
    owner: str,
    project: str,
    artifact: str,
    body: form.NewLink,
    actor: CurrentActor,
    services: Given,
) -> form.Version:
    """Show a version in this artifact, too, which is made if it is missing."""
    source, target = Named(**body.source.model_dump()), Named(owner, project, artifact, "")
    linked = services.artifacts.link(actor, source, target, tuple(body.aliases))
    return version_form(linked)


@router.get(f"{_VERSION}/manifest", access=_READ, operation_id="listVersionFiles")
def list_version_files(
    named: Asked,
    actor: CurrentActor,
    services: Given,
    prefix: Annotated[str, Query(max_length=1024)] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> form.EntryPage:
    """The files of a version, by path; up to 10 000 at once."""
    wanted = Stretch(limit, cursor)
    page = services.artifacts.entries(actor, named, prefix=prefix, wanted=wanted)
    items = [entry_form(each) for each in page.items]
    return form.EntryPage(items=items, next=page.next, total=page.total)


@router.get(
    _VERSION + "/files/{path:path}",
    access=_READ,
    operation_id="getVersionFile",
    response_class=StreamingResponse,
    responses=_CONTENT,
)
async def get_version_file(
    named: Asked, path: str, request: Request, actor: CurrentActor, services: Given
) -> Response:
    """The bytes of a file of a version; one range of them if asked."""
    found = await services.artifacts.entry(actor, named, path)
    digest = found.digest or ""
    mime = mimetypes.guess_type(path)[0] or "application/octet-stream"

    def content(start: int, end: int) -> Any:
        return services.artifacts.content(digest, start=start, end=end)

    return await serve(request, Served(path, digest, found.size, mime), content)


@router.post(
    f"{_VERSION}/files",
    access=_READ,
    operation_id="getVersionFiles",
    response_class=StreamingResponse,
    responses=_CONTENT,
)
async def get_version_files(
    named: Asked, body: form.Paths, actor: CurrentActor, services: Given
) -> Response:
    """Small files of a version: for each `sha256:<hex> <size>`, a line feed, and its bytes."""
    entries = await services.artifacts.many(actor, named, body.paths)

    async def together() -> AsyncIterator[bytes]:
        async for entry, content in services.artifacts.contents(entries):
            yield f"sha256:{entry.digest} {len(content)}\n".encode()
            yield content

    return StreamingResponse(await begun(together()), media_type="application/octet-stream")


@router.get(f"{_VERSION}/lineage", access=_READ, operation_id="getVersionLineage")
def get_lineage(named: Asked, actor: CurrentActor, services: Given) -> form.Lineage:
    """Which run made a version, and which used it."""
    found = services.artifacts.lineage(actor, named)
    return lineage_form(found)


@router.get(f"{_PROJECT}/runs/{{run}}/artifacts", access=_READ, operation_id="listArtifactsOfRun")
def list_of_run(
    owner: str,
    project: str,
    run: str,
    actor: CurrentActor,
    services: Given,
    way: Literal["logged", "used"] = "logged",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> form.VersionPage:
    """The versions that a run made, or those that it used."""
    wanted = Stretch(limit, cursor)
    return version_page(services.artifacts.of_run(actor, owner, project, run, way, wanted))


@router.post(f"{_PROJECT}/runs/{{run}}/artifacts", access=_CREATE, operation_id="useArtifact")
def use_artifact(
    owner: str,
    project: str,
    run: str,
    body: form.NewUse,
    actor: CurrentActor,
    services: Given,
) -> form.Version:
    """Keep that a run takes a version as an input."""
    version = body.id if body.version is None else Named(**body.version.model_dump())
    if version is None or (body.id and body.version):
        detail = "Say which version: `version`, or `id`, and not both."
        fault = Fault("/version", "missing-field", detail)
        raise InvalidError(detail, faults=[fault])
    found = services.artifacts.use(actor, owner, project, run, version, use_as=body.use_as)
    return version_form(found)
