"""Artifact nodes: artifacts and their versions as the client's queries see them.

An artifact of ours is a sequence of the protocol, and a portfolio if what stands in it was made
for others. What costs is asked when it is wanted.
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
from typing import Any, Final

from wanllmdb_server.domain.artifact import (
    Artifact,
    Entry,
    Party,
    Place,
    Version,
    VersionState,
)
from wanllmdb_server.fronts.wandb import manifest, names, transfers
from wanllmdb_server.fronts.wandb.asked import Asked
from wanllmdb_server.fronts.wandb.places import project_node
from wanllmdb_server.services.artifacts import Stretch

FILES: Final = 50  # in a page, where the client says nothing
_STATES: Final = {
    VersionState.PENDING: "PENDING",
    VersionState.COMMITTED: "COMMITTED",
    VersionState.DELETED: "DELETED",
}


def version_node(asked: Asked, version: Version) -> dict[str, Any]:
    """A version, wherever it was found; its number and its sequence are those of its home."""
    home = version.home

    async def files(**said: Any) -> dict[str, Any]:
        return await files_page(asked, version, **said)

    async def by_entries(entries: list[dict[str, Any]] | None = None, **_: Any) -> dict[str, Any]:
        return _connection(
            [_link(asked, version, str(each.get("path") or "")) for each in entries or ()]
        )

    async def used_by() -> dict[str, Any]:
        found = (await _lineage(asked, version)).used_by
        return {"edges": [{"node": _party(each), "cursor": ""} for each in found]}

    async def created_by() -> dict[str, Any] | None:
        found = (await _lineage(asked, version)).logged_by
        return None if found is None else _party(found)

    return {
        "__typename": "Artifact",
        "id": names.version_id(version.id),
        "artifactSequence": place_node(home, sequence=True, latest=lambda: _latest(asked, home)),
        "versionIndex": home.number,
        "artifactType": type_info(home.owner, home.project, version.type),
        "description": version.description or None,
        "metadata": json.dumps(version.metadata),
        "ttlDurationSeconds": -1 if not version.lifetime_us else version.lifetime_us // 1_000_000,
        "ttlIsInherited": False,
        "tags": [{"id": names.other_id("Tag", each), "name": each} for each in version.tags],
        "historyStep": None,
        "state": _STATES[version.state],
        "size": version.size,
        "digest": version.digest,
        "digestAlgorithm": None,
        "commitHash": version.id[:20],
        "fileCount": version.files,
        "createdAt": names.time_of(version.created_at),
        "updatedAt": names.time_of(version.updated_at),
        "aliases": alias_nodes(version),
        "currentManifest": {
            "id": names.manifest_id(version.id, whole=True),
            "digest": version.digest,
            "file": lambda: {
                "__typename": "File",
                "id": names.other_id("ArtifactFile", version.id, ""),
                "name": "manifest.json",
                "directUrl": transfers.get_url(asked, version),
            },
        },
        "files": files,
        "filesByManifestEntries": by_entries,
        "usedBy": used_by,
        "createdBy": created_by,
        "artifactMemberships": lambda: {"edges": [{"node": membership_node(asked, version)}]},
    }


def membership_node(asked: Asked, version: Version) -> dict[str, Any]:
    """A version in the place where it was found."""
    place = version.place
    return {
        "__typename": "ArtifactCollectionMembership",
        "id": names.other_id("Membership", version.id, place.artifact, place.project, place.owner),
        "versionIndex": place.number,
        "createdAt": names.time_of(version.placed_at),
        "aliases": alias_nodes(version),
        "artifactCollection": place_node(place, sequence=not version.linked),
        "artifact": version_node(asked, version),
        "files": lambda **said: files_page(asked, version, **said),
    }


def place_node(place: Place, *, sequence: bool, latest: Any = None) -> dict[str, Any]:
    """The artifact in which a version stands, as far as it is known from that."""
    return {
        "__typename": "ArtifactSequence" if sequence else "ArtifactPortfolio",
        "id": names.artifact_id(place.owner, place.project, place.artifact),
        "name": place.artifact,
        "project": project_node(place.owner, place.project),
        "latestArtifact": latest,
        "digestAlgorithm": None,
    }


def type_info(owner: str, project: str, name: str) -> dict[str, Any]:
    """A type of artifacts, as far as it is known from its name."""
    return {
        "__typename": "ArtifactType",
        "id": names.other_id("ArtifactType", name, project, owner),
        "name": name,
        "description": None,
        "createdAt": "",
    }


def alias_nodes(version: Version) -> list[dict[str, Any]]:
    """The aliases of a version in the place where it was found."""
    place = version.place
    of = (place.owner, place.project, place.artifact)
    around = place_node(place, sequence=not version.linked)
    return [
        {
            "__typename": "ArtifactAlias",
            "id": names.other_id("ArtifactAlias", each, *of),
            "alias": each,
            "artifactCollection": around,
        }
        for each in version.aliases
    ]


async def files_page(
    asked: Asked,
    version: Version,
    names: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """Files of a version by path; those that lie elsewhere are in its manifest alone."""
    wanted = Stretch(first or FILES, after or None)
    page = await asyncio.to_thread(
        asked.services.artifacts.entries, asked.actor, transfers.named(version), wanted=wanted
    )
    here = [each for each in page.items if each.digest is not None]
    nodes = [_file(asked, version, each) for each in here if not names or each.path in names]
    return _connection(nodes, page.next, page.total)


def artifact_info(found: Artifact, *, sequence: bool) -> dict[str, Any]:
    """What is known of an artifact without a look at its versions."""
    place = Place(found.owner, found.project, found.name, None)
    return {
        **place_node(place, sequence=sequence),
        "description": found.description or None,
        "createdAt": names.time_of(found.created_at),
        "updatedAt": names.time_of(found.updated_at),
        "defaultArtifactType": type_info(found.owner, found.project, found.type),
        "state": "READY",
        "tags": {"edges": []},
    }


def connection(
    nodes: list[dict[str, Any]], cursor: str | None = None, total: int | None = None
) -> dict[str, Any]:
    """A page of nodes; the client goes on from the page's cursor, or from the last edge's."""
    edges = [{"node": each, "cursor": ""} for each in nodes]
    if edges and cursor:
        edges[-1]["cursor"] = cursor
    pages = {"endCursor": cursor, "hasNextPage": cursor is not None}
    return {"edges": edges, "pageInfo": pages, "totalCount": len(nodes) if total is None else total}


_connection = connection


def _file(asked: Asked, version: Version, entry: Entry) -> dict[str, Any]:
    return {
        **_link(asked, version, entry.path),
        "sizeBytes": entry.size,
        "mimetype": mimetypes.guess_type(entry.path)[0] or "application/octet-stream",
        "updatedAt": names.time_of(version.updated_at),
        "storagePath": None,
        "digest": manifest.known_by(entry),
        "md5": manifest.known_by(entry),
    }


def _link(asked: Asked, version: Version, path: str) -> dict[str, Any]:
    return {
        "__typename": "File",
        "id": names.other_id("ArtifactFile", version.id, path),
        "name": path,
        "displayName": path,
        "url": lambda **_: transfers.get_url(asked, version, path),
        "directUrl": lambda: transfers.get_url(asked, version, path),
        "sizeBytes": 0,
    }


async def _lineage(asked: Asked, version: Version) -> Any:
    of = (asked.actor, transfers.named(version))
    return await asyncio.to_thread(asked.services.artifacts.lineage, *of)


async def _latest(asked: Asked, home: Place) -> dict[str, Any] | None:
    of = (asked.actor, home.owner, home.project, home.artifact, Stretch(1))
    page = await asyncio.to_thread(asked.services.artifacts.versions, *of)
    return version_node(asked, page.items[0]) if page.items else None


def _party(found: Party) -> dict[str, Any]:
    return {
        "__typename": "Run",
        "id": names.run_id_of(found.owner, found.project, found.id),
        "name": found.id,
        "displayName": found.name,
        "project": project_node(found.owner, found.project),
    }
