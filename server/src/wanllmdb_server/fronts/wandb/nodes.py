"""Nodes: a run as the client's queries see it. What costs is asked when wanted."""

from __future__ import annotations

import json
from typing import Any

from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import Run
from wanllmdb_server.fronts.wandb import (
    artifacts,
    console,
    files,
    history,
    names,
    sessions,
    summary,
)
from wanllmdb_server.fronts.wandb.asked import Asked
from wanllmdb_server.fronts.wandb.places import project_node
from wanllmdb_server.fronts.wandb.viewer import user


def run_node(asked: Asked, run: Run) -> dict[str, Any]:
    """A run."""
    of = (run.owner, run.project, run.id)

    async def lines() -> int:
        return await sessions.lines(asked, *of)

    async def events_lines() -> int:
        return await sessions.lines(asked, *of, sessions.SYSTEM)

    return {
        "__typename": "Run",
        "id": names.run_id(run),
        "name": run.id,
        "displayName": run.name,
        "description": run.notes,
        "notes": run.notes,
        "tags": list(run.tags),
        "group": run.group,
        "groupName": run.group,
        "jobType": run.job_type,
        "state": names.state_of(run),
        "config": lambda: json.dumps(config_told(run)),
        "wandbConfig": lambda keys=None: json.dumps(_internal(run, keys)),
        "summaryMetrics": lambda: json.dumps(summary.told(run)),
        "systemMetrics": lambda: history.last_readings(asked, run),
        "sweepName": None,
        "commit": _commit(run),
        "host": run.environment.get("host"),
        "readOnly": False,
        "createdAt": names.time_of(run.started_at),
        "heartbeatAt": names.time_of(run.heartbeat_at),
        "updatedAt": names.time_of(run.heartbeat_at),
        "user": user(run.user or run.owner),
        "project": project_node(run.owner, run.project),
        "projectId": run.project_id,
        "historyLineCount": lines,
        "eventsLineCount": events_lines,
        "logLineCount": lambda: console.count(asked, run),
        "historyTail": lambda: history.tail(asked, run),
        "eventsTail": lambda: history.tail(asked, run, stream="system"),
        "historyKeys": lambda: history.keys(asked, run),
        "history": lambda **said: history.rows(asked, run, **said),
        "events": lambda **said: history.events(asked, run, **said),
        "sampledHistory": lambda specs: history.sampled(asked, run, specs),
        "parquetHistory": lambda **_: history.parquet(asked, run),
        "stopped": run.stop_requested,
        "fileCount": lambda: files.count(asked, run),
        "files": lambda **said: files.page(asked, run, **said),
        "logLines": lambda **said: console.lines(asked, run, **said),
        **artifacts.of_run(asked, run),
    }


def config_told(run: Run) -> dict[str, Any]:
    """The config of a run as the client writes it: each value in a mapping of its own."""
    return {key: {"value": value} for key, value in plain(run.config).items()}


def _internal(run: Run, keys: list[str] | None) -> dict[str, Any]:
    """What the client keeps for itself in a config."""
    kept = run.config.get("_wandb") or {}
    return {key: value for key, value in kept.items() if keys is None or key in keys}


def _commit(run: Run) -> str | None:
    git = run.environment.get("git")
    return git.get("commit") if isinstance(git, dict) else None
