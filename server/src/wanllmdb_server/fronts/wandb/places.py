"""Places: a project as everything that lies in it says where it is."""

from __future__ import annotations

from typing import Any

from wanllmdb_server.fronts.wandb import names


def project_node(owner: str, project: str) -> dict[str, Any]:
    """What every query may know of a project."""
    return {
        "__typename": "Project",
        "id": names.project_id(owner, project),
        "internalId": names.project_id(owner, project),
        "name": project,
        "entityName": owner,
        "entity": {"__typename": "Entity", "id": names.entity_id(owner), "name": owner},
    }
