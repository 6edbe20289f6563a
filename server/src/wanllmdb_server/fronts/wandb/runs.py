"""Runs: opened, changed, stopped, deleted; alerts; where files go."""

from __future__ import annotations

import random
import secrets
from dataclasses import replace
from typing import Any, Final, cast

from wanllmdb_server.catalog.openings import Terms
from wanllmdb_server.catalog.runs import NewRun
from wanllmdb_server.domain.alert import MAX_ALERT, MAX_TITLE, Alert, Level
from wanllmdb_server.domain.errors import InvalidError, NotFoundError
from wanllmdb_server.domain.run import Run, RunChanges
from wanllmdb_server.domain.writer import Moment, Part, WriterFacts
from wanllmdb_server.fronts.wandb import files, names, sessions, summary
from wanllmdb_server.fronts.wandb.asked import Asked, mapping
from wanllmdb_server.fronts.wandb.display_name import display_name
from wanllmdb_server.fronts.wandb.nodes import run_node

Of = tuple[str, str, str]  # owner, project, run
Input = dict[str, Any]

_choose: Final = random.SystemRandom()
_ID_CHARS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


async def upsert_bucket(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002 - the schema's
    """Open a run, or change one.

    What names a host opens the run, anew or again; all else only changes it: a change of the
    config may arrive beside the run's end, and must not open it once more.
    """
    of = _of(asked, input)
    found = await _found(asked, of)
    if found is not None and input.get("host") is None:
        run = await asked.services.runs.change(asked.actor, *of, _changes(found, input))
        return {"bucket": run_node(asked, run), "inserted": False}
    run, created = await _open(asked, of, input, found)
    return {"bucket": run_node(asked, run), "inserted": created}


async def rewind_run(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Go back to a step: what was logged behind it is superseded."""
    if input["metricName"] != "_step":
        raise InvalidError("A run is rewound by its _step.", code="bad-metric")
    of = (asked.owner(input.get("entityName")), _project(input, "projectName"), input["runName"])
    found = await _found(asked, of)
    if found is None:
        raise NotFoundError(f"There is no run '{of[2]}' to go back in.", code="run-not-found")
    terms = Terms(resume="must", rewind=Moment(of[2], int(input["metricValue"])))
    begun = await asked.services.runs.create(
        asked.actor, of[1], await _new(asked, of, {}), owner=of[0], terms=terms
    )
    return {"rewoundRun": run_node(asked, begun.run)}


async def create_run_files(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Where to put files of a run, in the order asked."""
    of = (asked.owner(input.get("entityName")), _project(input, "projectName"), input["runName"])
    wanted = cast("list[str]", input["files"])
    if len(wanted) > files.MAX_FILES:
        raise InvalidError(f"At most {files.MAX_FILES} files at once.", code="too-many")
    run = await asked.services.runs.get(asked.actor, *of)
    made = [
        {
            "id": names.file_id(run, path),
            "name": path,
            "uploadUrl": await files.upload_url(asked, of, path),
        }
        for path in wanted
    ]
    return {"runID": names.run_id(run), "uploadHeaders": [], "files": made}


async def notify_alert(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Keep what a script wants people to hear."""
    of = (asked.owner(input.get("entityName")), _project(input, "projectName"), input["runName"])
    now = asked.services.runs.now()
    severity = input.get("severity")
    alert = Alert(
        writer=(await sessions.speaking(asked, *of)).writer,
        position=now,
        title=input["title"][:MAX_TITLE],
        text=input["text"][:MAX_ALERT],
        level=Level(severity) if severity in set(Level) else Level.INFO,
        time=now,
    )
    await asked.services.runs.change(asked.actor, *of, RunChanges(alerts=(alert,)))
    return {"success": True}


async def stop_run(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Ask a run to stop."""
    of = names.run_of(input["id"])
    await asked.services.runs.change(asked.actor, *of, RunChanges(stop_requested=True))
    return {"success": True, "clientMutationId": input.get("clientMutationId")}


async def delete_run(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Delete a run; one that is gone is no error."""
    of = names.run_of(input["id"])
    if await _found(asked, of) is not None:
        await asked.services.runs.delete(asked.actor, *of)
    return {"success": True, "clientMutationId": input.get("clientMutationId")}


async def delete_files(asked: Asked, input: Input) -> dict[str, Any]:  # noqa: A002
    """Take files from runs."""
    for each in input["files"]:
        await asked.services.files.delete(asked.actor, *names.file_of(each))
    return {"success": True}


def _of(asked: Asked, said: Input) -> Of:
    if said.get("id"):
        return names.run_of(said["id"])
    name = said.get("name") or "".join(secrets.choice(_ID_CHARS) for _ in range(8))
    return asked.owner(said.get("entityName")), _project(said, "modelName"), name


def _project(said: Input, field: str) -> str:
    return said.get(field) or names.DEFAULT_PROJECT


async def _found(asked: Asked, of: Of) -> Run | None:
    try:
        return await asked.services.runs.get(asked.actor, *of)
    except NotFoundError:
        return None


async def _open(asked: Asked, of: Of, said: Input, found: Run | None) -> tuple[Run, bool]:
    new = await _new(asked, of, said)
    if found is None and new.name is None:
        new = replace(new, name=await _display_name(asked, of))
    begun = await asked.services.runs.create(
        asked.actor, of[1], new, owner=of[0], terms=Terms(resume="allow")
    )
    run = begun.run
    changes = _changes(run, {name: said.get(name) for name in ("summaryMetrics",)})
    if not changes.nothing:
        run = await asked.services.runs.change(asked.actor, *of, changes)
    return run, begun.created


async def _new(asked: Asked, of: Of, said: Input) -> NewRun:
    config = _config(said.get("config"))
    try:
        writer = await sessions.next_name(asked, *of)
    except NotFoundError:
        writer = sessions.first_name(asked)
    part = Part.PEER if asked.writer else Part.PRIMARY
    return NewRun(
        id=of[2],
        name=said.get("displayName"),
        config=config,
        environment=_environment(said),
        tags=None if said.get("tags") is None else tuple(said["tags"]),
        notes=said.get("notes") or said.get("description"),
        group=said.get("groupName"),
        job_type=said.get("jobType"),
        writer=writer,
        facts=WriterFacts(shared=asked.writer is not None, label=asked.writer, part=part),
    )


async def _display_name(asked: Asked, of: Of) -> str:
    """Two words, and which run of its project it is."""
    count = 0
    try:
        count = asked.services.projects.get(asked.actor, of[0], of[1]).runs
    except NotFoundError:
        count = 0
    return display_name(count + 1, _choose)


def _changes(run: Run, said: Input) -> RunChanges:
    found: dict[str, Any] = {}
    if said.get("config"):
        found["config"] = _config(said["config"])
    if said.get("summaryMetrics"):
        found |= summary.replaced(run, mapping(said["summaryMetrics"]))
    texts = {"displayName": "name", "notes": "notes", "groupName": "group", "jobType": "job_type"}
    for theirs, ours in texts.items():
        if said.get(theirs) is not None:
            found[ours] = said[theirs]
    if said.get("tags") is not None:
        found["tags"] = tuple(said["tags"])
    environment = _environment(said)
    if environment:
        found["environment"] = environment
    return RunChanges(**found)


def _config(text: str | None) -> dict[str, Any]:
    """A config out of the client's: each value stands in a mapping of its own."""
    return {
        key: said["value"] if isinstance(said, dict) and "value" in said else said
        for key, said in mapping(text).items()
    }


def _environment(said: Input) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if said.get("host"):
        found["host"] = said["host"]
    if said.get("jobProgram"):
        found["program"] = said["jobProgram"]
    if said.get("commit") or said.get("jobRepo"):
        found["git"] = {"commit": said.get("commit"), "remote": said.get("jobRepo")}
    return found


ROOTS: Final = {
    "upsertBucket": upsert_bucket,
    "rewindRun": rewind_run,
    "createRunFiles": create_run_files,
    "notifyScriptableRunAlert": notify_alert,
    "stopRun": stop_run,
    "deleteRun": delete_run,
    "deleteFiles": delete_files,
}
