"""Viewer: who asks, and what this server can do."""

from __future__ import annotations

import json
from typing import Any, Final

from wanllmdb.version import VERSION
from wanllmdb_server.fronts.wandb import names
from wanllmdb_server.fronts.wandb.asked import Asked

# What the client may rely on; WANDB features that are left out have a way without them.
FEATURES: Final = (
    *("STRUCTURED_CONSOLE_LOGS", "FILESTREAM_GZIP", "LARGE_FILENAMES", "CLIENT_IDS"),
    *("ARTIFACT_TAGS", "ARTIFACT_COLLECTION_MEMBERSHIP_FILES", "TOTAL_COUNT_IN_FILE_CONNECTION"),
    *("PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP", "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE"),
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION",
)


def user(name: str, *, admin: bool = False) -> dict[str, Any]:
    """A user."""
    return {
        "__typename": "User",
        "id": names.entity_id(name),
        "entity": name,
        "username": name,
        "name": name,
        "email": "",
        "admin": admin,
        "flags": json.dumps({"code_saving_enabled": True}),
        "deletedAt": None,
        "teams": {"edges": []},
        "apiKeys": {
            "edges": [{"node": {"id": names.entity_id(name), "name": "", "description": ""}}]
        },
    }


def _viewer(asked: Asked) -> dict[str, Any]:
    return user(asked.actor.name, admin=asked.actor.admin)


def _entity(asked: Asked, name: str | None = None) -> dict[str, Any]:
    owner = asked.owner(name)
    return {"id": names.entity_id(owner), "name": owner, "isTeam": False, "organization": None}


def _server(_: Asked) -> dict[str, Any]:
    return {
        "cliVersionInfo": {"max_cli_version": "9999.0.0"},
        "latestLocalVersionInfo": {
            "outOfDate": False,
            "latestVersionString": VERSION,
            "versionOnThisInstanceString": VERSION,
        },
        "features": [{"name": name, "isEnabled": True} for name in FEATURES],
    }


ROOTS: Final = {"viewer": _viewer, "entity": _entity, "serverInfo": _server}
