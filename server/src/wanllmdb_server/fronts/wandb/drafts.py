"""Drafts: versions of artifacts as the client tells them, step by step, and what is said later."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, Final

from wanllmdb_server.domain.artifact import NewVersion, VersionState
from wanllmdb_server.domain.errors import InvalidError
from wanllmdb_server.fronts.wandb import names, transfers
from wanllmdb_server.fronts.wandb.artifact_nodes import version_node
from wanllmdb_server.fronts.wandb.asked import Asked, mapping

Input = dict[str, Any]


async def create_artifact(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Begin a version; the one that has this digest already is complete."""
    owner = asked.owner(input.get("entityName"))
    name = input.get("artifactCollectionName") or next(iter(_collections(input)), "")
    lifetime = input.get("ttlDurationSeconds") or -1
    new = NewVersion(
        type=input["artifactTypeName"],
        manifest="",
        client_id=input.get("clientID") or secrets.token_hex(16),
        run=input.get("runName") or None,
        aliases=tuple(_aliases(input, name)),
        tags=tuple(each["tagName"] for each in input.get("tags") or ()),
        description=input.get("description"),
        metadata=mapping(input.get("metadata")),
        distributed_id=input.get("distributedID") or None,
        digest=input.get("digest") or None,
        lifetime_us=lifetime * 1_000_000 if lifetime > 0 else None,
    )
    of = (asked.actor, owner, input["projectName"], name, new)
    version = await asyncio.to_thread(asked.services.drafts.begin, *of)
    return {"artifact": version_node(asked, version)}


async def create_manifest(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Where to put the list of a version's files."""
    whole = (input.get("type") or "FULL") == "FULL"
    version = names.version_of(input["artifactID"])
    if input.get("type") == "INCREMENTAL":
        drafts = asked.services.drafts
        await asyncio.to_thread(drafts.go_on_from_newest, asked.actor, version)
    return await _manifest(asked, version, whole=whole)


async def update_manifest(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """The same, asked for again."""
    version, whole = names.manifest_of(input["artifactManifestID"])
    return await _manifest(asked, version, whole=whole)


async def create_files(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Where to put files; nowhere, if they are here already."""
    told = input["artifactFiles"]
    by_draft: dict[str, list[tuple[str, str]]] = {}
    for each in told:
        known_by = (each["name"], each["md5"])
        by_draft.setdefault(each["artifactID"], []).append(known_by)
    nodes: dict[tuple[str, str], dict[str, Any]] = {}
    for draft_id, wanted in by_draft.items():
        for path, node in await _places(asked, draft_id, wanted):
            nodes[draft_id, path] = node
    edges = [{"node": nodes[each["artifactID"], each["name"]]} for each in told]
    pages = {"endCursor": None, "hasNextPage": False}
    return {"files": {"edges": edges, "pageInfo": pages, "totalCount": len(edges)}}


async def commit(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Give a version its number."""
    of = (asked.actor, names.version_of(input["artifactID"]))
    version = await asyncio.to_thread(asked.services.drafts.commit, *of)
    return {"artifact": version_node(asked, version)}


async def use(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Keep that a run takes a version as an input."""
    owner = asked.owner(input.get("entityName"))
    of = (asked.actor, owner, input["projectName"], input["runName"])
    used = input.get("usedAs") or None
    version = await asyncio.to_thread(
        asked.services.artifacts.use, *of, names.version_of(input["artifactID"]), use_as=used
    )
    return {"artifact": version_node(asked, version)}


async def client_id(asked: Asked, client_i_d: str) -> dict[str, Any]:
    """The id of the version that a client gave this name."""
    found = await asyncio.to_thread(asked.services.drafts.of_client, asked.actor, client_i_d)
    return {"serverID": names.version_id(found.id)}


async def _places(
    asked: Asked, draft_id: str, wanted: list[tuple[str, str]]
) -> list[tuple[str, dict[str, Any]]]:
    version = names.version_of(draft_id)
    drafts = asked.services.drafts
    draft = await asyncio.to_thread(drafts.draft, asked.actor, version)
    if draft.state is VersionState.PENDING:
        lacking = await asyncio.to_thread(drafts.lacking, asked.actor, version, wanted)
    else:
        lacking = [False] * len(wanted)

    def node(path: str, checksum: str, lacks: bool) -> dict[str, Any]:
        return {
            "__typename": "File",
            "id": names.other_id("ArtifactFile", version, path),
            "name": path,
            "displayName": path,
            "storagePath": path,
            "md5": checksum,
            "uploadUrl": transfers.put_url(asked, draft, path, checksum) if lacks else None,
            "uploadHeaders": [],
            "uploadMultipartUrls": None,
            "artifact": {"__typename": "Artifact", "id": draft_id},
        }

    return [
        (path, node(path, checksum, lacks))
        for (path, checksum), lacks in zip(wanted, lacking, strict=True)
    ]


async def _manifest(asked: Asked, version: str, *, whole: bool) -> dict[str, Any]:
    draft = await asyncio.to_thread(asked.services.drafts.draft, asked.actor, version)
    said = transfers.WHOLE if whole else transfers.PART
    file = {
        "__typename": "File",
        "id": names.other_id("ArtifactFile", version, ""),
        "name": "manifest.json",
        "uploadUrl": transfers.put_url(asked, draft, "", said),
        "uploadHeaders": [],
    }
    return {"artifactManifest": {"id": names.manifest_id(version, whole=whole), "file": file}}


def _collections(said: Input) -> list[str]:
    return said.get("artifactCollectionNames") or []


def _aliases(said: Input, name: str) -> list[str]:
    """The aliases that are told for this artifact."""
    found: list[str] = []
    for each in said.get("aliases") or ():
        if each["artifactCollectionName"] != name:
            raise InvalidError("An alias is one of the version's own artifact.", code="bad-alias")
        found.append(each["alias"])
    return found


ROOTS: Final = {
    "createArtifact": create_artifact,
    "createArtifactManifest": create_manifest,
    "updateArtifactManifest": update_manifest,
    "createArtifactFiles": create_files,
    "commitArtifact": commit,
    "useArtifact": use,
    "clientIDMapping": client_id,
}
