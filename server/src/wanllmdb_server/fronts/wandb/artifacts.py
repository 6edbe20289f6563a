"""Artifacts: found, changed, shown elsewhere and dropped, as the client asks for it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from wanllmdb_server.domain.artifact import LATEST, Version, VersionChanges
from wanllmdb_server.domain.errors import ConflictError, InvalidError, NotFoundError
from wanllmdb_server.domain.run import Run
from wanllmdb_server.fronts.wandb import names, transfers
from wanllmdb_server.fronts.wandb.artifact_nodes import (
    alias_nodes,
    artifact_info,
    connection,
    membership_node,
    type_info,
    version_node,
)
from wanllmdb_server.fronts.wandb.asked import Asked, mapping
from wanllmdb_server.services.artifacts import Named, Stretch, Way

Input = dict[str, Any]
PAGE: Final = 50


async def artifact(asked: Asked, id: str) -> dict[str, Any] | None:  # noqa: A002
    """A version by its id; nothing if it is not there, or not the asker's to see."""
    try:
        return version_node(asked, await _by_id(asked, id))
    except NotFoundError:
        return None


def of_project(asked: Asked, owner: str, project: str) -> dict[str, Any]:
    """What a project knows of its artifacts."""

    async def version(name: str) -> dict[str, Any] | None:
        found = await _version(asked, owner, project, name)
        return None if found is None else version_node(asked, found)

    async def membership(name: str) -> dict[str, Any] | None:
        found = await _version(asked, owner, project, name)
        return None if found is None else membership_node(asked, found)

    async def kinds(**_: Any) -> dict[str, Any]:
        of = (asked.actor, owner, project)
        found = await asyncio.to_thread(asked.services.artifacts.types, *of)
        return connection([_type(asked, owner, project, each.name) for each in found])

    async def kind(name: str) -> dict[str, Any] | None:
        of = (asked.actor, owner, project)
        found = await asyncio.to_thread(asked.services.artifacts.types, *of)
        there = any(each.name == name for each in found)
        return _type(asked, owner, project, name) if there else None

    return {
        "artifact": version,
        "artifactType": kind,
        "artifactTypes": kinds,
        "artifactCollection": lambda name: _collection(asked, owner, project, name),
        "artifactCollections": lambda **said: _collections(asked, owner, project, None, **said),
        "artifactCollectionMembership": membership,
    }


def of_run(asked: Asked, run: Run) -> dict[str, Any]:
    """What a run knows of versions: which it used, and which it made."""

    async def some(way: Way, first: int | None = None, after: str | None = None) -> Any:
        of = (asked.actor, run.owner, run.project, run.id, way, Stretch(first or PAGE, after))
        page = await asyncio.to_thread(asked.services.artifacts.of_run, *of)
        nodes = [version_node(asked, each) for each in page.items]
        return connection(nodes, page.next, page.total)

    return {
        "inputArtifacts": lambda **said: some("used", **said),
        "outputArtifacts": lambda **said: some("logged", **said),
    }


async def update(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Say something else of a version."""
    version = await _by_id(asked, input["artifactID"])
    lifetime = input.get("ttlDurationSeconds")
    gone = {each["tagName"] for each in input.get("tagsToDelete") or ()}
    more = [each["tagName"] for each in input.get("tagsToAdd") or ()]
    tags = [each for each in (*version.tags, *more) if each not in gone]
    place = version.place
    aliases = [
        each["alias"]
        for each in input.get("aliases") or ()
        if each["artifactCollectionName"] == place.artifact
    ]
    changes = VersionChanges(
        description=input.get("description"),
        metadata=None if input.get("metadata") is None else mapping(input["metadata"]),
        tags=tuple(dict.fromkeys(tags)) if gone or more else None,
        aliases=tuple(aliases) if input.get("aliases") is not None else None,
        lifetime_us=lifetime * 1_000_000 if lifetime and lifetime > 0 else None,
    )
    return {"artifact": version_node(asked, await _change(asked, version, changes))}


async def add_aliases(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Let aliases mean a version, each in its artifact."""
    for named, words in _by_place(input).items():
        version = await _in(asked, named, input["artifactID"])
        await _change(asked, version, VersionChanges(add_aliases=tuple(words)))
    return {"success": True}


async def delete_aliases(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Take aliases from a version, each in its artifact."""
    for named, words in _by_place(input).items():
        version = await _in(asked, named, input["artifactID"])
        await _change(asked, version, VersionChanges(remove_aliases=tuple(words)))
    return {"success": True}


async def delete(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Drop a version."""
    version = await _by_id(asked, input["artifactID"])
    with_aliases = bool(input.get("deleteAliases"))
    artifacts, of = asked.services.artifacts, (asked.actor, transfers.named(version))
    await asyncio.to_thread(artifacts.delete_version, *of, delete_aliases=with_aliases)
    return {"artifact": {"__typename": "Artifact", "id": input["artifactID"]}}


async def link(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Show a version in another artifact, which is made if it is missing."""
    if input.get("artifactID"):
        version = await _by_id(asked, input["artifactID"])
    else:
        drafts = asked.services.drafts
        told = input.get("clientID") or ""
        version = await asyncio.to_thread(drafts.of_client, asked.actor, told)
    if input.get("artifactPortfolioID"):
        owner, project, name = names.artifact_of(input["artifactPortfolioID"])
    else:
        name = input.get("artifactPortfolioName") or ""
        owner = asked.owner(input.get("entityName"))
        project = input.get("projectName") or version.place.project
    words = [each["alias"] for each in input.get("aliases") or ()]
    target = Named(owner, project, name, "")
    more = tuple(each for each in words if each != LATEST)
    of = (asked.actor, transfers.named(version), target, more)
    found = await asyncio.to_thread(asked.services.artifacts.link, *of)
    node = membership_node(asked, found)
    return {"versionIndex": found.place.number, "artifactMembership": node}


async def unlink(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Show a version there no more."""
    place = names.artifact_of(input["artifactPortfolioID"])
    version = await _in(asked, place, input["artifactID"])
    if not version.linked:
        raise ConflictError("The version was made for this artifact: it can only be deleted.")
    artifacts, of = asked.services.artifacts, (asked.actor, transfers.named(version))
    await asyncio.to_thread(artifacts.delete_version, *of, delete_aliases=True)
    return {"success": True}


def _type(asked: Asked, owner: str, project: str, name: str) -> dict[str, Any]:
    async def one(**said: Any) -> dict[str, Any] | None:
        return await _collection(asked, owner, project, said["name"], kind=name)

    return {
        **type_info(owner, project, name),
        "artifactCollection": one,
        "artifactCollections": lambda **said: _collections(asked, owner, project, name, **said),
    }


async def _collections(
    asked: Asked,
    owner: str,
    project: str,
    kind: str | None,
    after: str | None = None,
    first: int | None = None,
    **_: Any,
) -> dict[str, Any]:
    wanted = Stretch(first or PAGE, after or None)
    page = await asyncio.to_thread(
        asked.services.artifacts.find, asked.actor, owner, project, kind=kind, wanted=wanted
    )
    nodes = [await _collection(asked, owner, project, each.name) for each in page.items]
    return connection([each for each in nodes if each is not None], page.next, page.total)


async def _collection(
    asked: Asked, owner: str, project: str, name: str, *, kind: str | None = None
) -> dict[str, Any] | None:
    services, of = asked.services.artifacts, (asked.actor, owner, project, name)
    try:
        found = await asyncio.to_thread(services.get, *of)
    except NotFoundError:
        return None
    if kind is not None and found.type != kind:
        return None
    newest = (await asyncio.to_thread(services.versions, *of, Stretch(1))).items
    latest = version_node(asked, newest[0]) if newest else None

    async def versions(
        after: str | None = None, first: int | None = None, **_: Any
    ) -> dict[str, Any]:
        page = await asyncio.to_thread(services.versions, *of, Stretch(first or PAGE, after))
        found = connection(
            [version_node(asked, each) for each in page.items], page.next, page.total
        )
        for edge, each in zip(found["edges"], page.items, strict=True):
            edge["version"] = f"v{each.place.number}"
        return found

    async def membership(alias_name: str) -> dict[str, Any] | None:
        version = await _version(asked, owner, project, f"{name}:{alias_name}")
        return None if version is None else membership_node(asked, version)

    async def aliases(**_: Any) -> dict[str, Any]:
        page = await asyncio.to_thread(services.versions, *of, Stretch(1000))
        return connection([each for version in page.items for each in alias_nodes(version)])

    return {
        **artifact_info(found, sequence=not (newest and newest[0].linked)),
        "latestArtifact": latest,
        "artifacts": versions,
        "artifactMembership": membership,
        "aliases": aliases,
    }


async def _version(asked: Asked, owner: str, project: str, name: str) -> Version | None:
    artifact, _, word = name.partition(":")
    named = Named(owner, project, artifact, word or LATEST)
    try:
        return await asyncio.to_thread(asked.services.artifacts.version, asked.actor, named)
    except NotFoundError:
        return None


async def _by_id(asked: Asked, text: str) -> Version:
    of = (asked.actor, names.version_of(text))
    return await asyncio.to_thread(asked.services.artifacts.version_by_id, *of)


async def _in(asked: Asked, place: tuple[str, str, str], text: str) -> Version:
    """The version of this id, as it stands in this artifact."""
    wanted, cursor = names.version_of(text), None
    while True:
        of = (asked.actor, *place, Stretch(1000, cursor))
        page = await asyncio.to_thread(asked.services.artifacts.versions, *of)
        for each in page.items:
            if each.id == wanted:
                return each
        cursor = page.next
        if cursor is None:
            raise NotFoundError("The version does not stand there.", code="version-not-found")


async def _change(asked: Asked, version: Version, changes: VersionChanges) -> Version:
    of = (asked.actor, transfers.named(version), changes)
    return await asyncio.to_thread(asked.services.artifacts.change_version, *of)


def _by_place(said: Input) -> dict[tuple[str, str, str], list[str]]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for each in said.get("aliases") or ():
        place = (each["entityName"], each["projectName"], each["artifactCollectionName"])
        found.setdefault(place, []).append(each["alias"])
    if not found:
        raise InvalidError("No alias is named.", code="bad-alias")
    return found


ROOTS: Final = {
    "artifact": artifact,
    "updateArtifact": update,
    "addAliases": add_aliases,
    "deleteAliases": delete_aliases,
    "deleteArtifact": delete,
    "linkArtifact": link,
    "unlinkArtifact": unlink,
}
