"""Names: what the protocol calls things, and what we call them.

Entity: Owner. Bucket: run. Model: project. History line: row. Events: readings of the machine.
Ids are base64 texts that say what they are of, and opaque to the client.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import Final

from wanllmdb_server.domain.errors import NotFoundError
from wanllmdb_server.domain.run import Run, RunState

WRITER: Final = "wandb"  # how writers are named that speak this protocol
DEFAULT_PROJECT: Final = "uncategorized"

_STATES: Final = {
    RunState.RUNNING: "running",
    RunState.UNREACHABLE: "running",  # the protocol knows no doubt: crashed comes soon enough
    RunState.CRASHED: "crashed",
    RunState.PREEMPTED: "preempted",
    RunState.KILLED: "killed",
    RunState.FINISHED: "finished",
    RunState.FAILED: "failed",
}


def state_of(run: Run) -> str:
    """The state of a run in the protocol's words."""
    return _STATES[run.state]


def run_id(run: Run) -> str:
    """The id of a run over all projects."""
    return run_id_of(run.owner, run.project, run.id)


def run_id_of(owner: str, project: str, run: str) -> str:
    """The same, by its names."""
    return _id("Run", run, project, owner)


def project_id(owner: str, project: str) -> str:
    """The id of a project."""
    return _id("Project", project, owner)


def entity_id(owner: str) -> str:
    """The id of an Owner."""
    return _id("Entity", owner)


def run_of(text: str) -> tuple[str, str, str]:
    """Owner, project and id of the run that an id names.

    Raises:
        NotFoundError: it names none.
    """
    try:
        kind, _, run, project, owner = base64.b64decode(text, validate=True).decode().split(":")
    except ValueError:
        kind = run = project = owner = ""
    if kind != "Run":
        raise NotFoundError("There is no such run.", code="run-not-found")
    return owner, project, run


def time_of(microseconds: int | None) -> str | None:
    """A time as the protocol writes it: ISO 8601, in UTC, without a zone."""
    if microseconds is None:
        return None
    moment = dt.datetime.fromtimestamp(microseconds / 1e6, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _id(kind: str, *parts: str) -> str:
    return base64.b64encode(":".join((kind, "v1", *parts)).encode()).decode()


def file_id(run: Run, path: str) -> str:
    """The id of a file of a run."""
    return _id("File", run.id, run.project, run.owner, path)


def file_of(text: str) -> tuple[str, str, str, str]:
    """Owner, project, run and name of the file that an id names.

    Raises:
        NotFoundError: it names none.
    """
    try:
        said = base64.b64decode(text, validate=True).decode().split(":", 5)
        kind, _, run, project, owner, path = said
    except ValueError:
        kind = run = project = owner = path = ""
    if kind != "File":
        raise NotFoundError("There is no such file.", code="file-not-found")
    return owner, project, run, path


def version_id(version: str) -> str:
    """The id of a version of an artifact."""
    return _id("Artifact", version)


def version_of(text: str) -> str:
    """The version that an id names.

    Raises:
        NotFoundError: it names none.
    """
    kind, parts = _parts(text)
    if kind != "Artifact" or len(parts) != 1:
        raise NotFoundError("There is no such artifact.", code="version-not-found")
    return parts[0]


def manifest_id(version: str, *, whole: bool) -> str:
    """The id of the list of a version's files."""
    return _id("ArtifactManifest", version, "whole" if whole else "part")


def manifest_of(text: str) -> tuple[str, bool]:
    """The version whose files are listed, and whether all of them are.

    Raises:
        NotFoundError: it names none.
    """
    kind, parts = _parts(text)
    if kind != "ArtifactManifest" or len(parts) != 2:
        raise NotFoundError("There is no such manifest.", code="version-not-found")
    return parts[0], parts[1] == "whole"


def artifact_id(owner: str, project: str, name: str) -> str:
    """The id of an artifact, which the protocol calls a collection."""
    return _id("ArtifactCollection", name, project, owner)


def artifact_of(text: str) -> tuple[str, str, str]:
    """Owner, project and name of the artifact that an id names.

    Raises:
        NotFoundError: it names none.
    """
    kind, parts = _parts(text)
    if kind != "ArtifactCollection" or len(parts) != 3:
        raise NotFoundError("There is no such artifact.", code="artifact-not-found")
    name, project, owner = parts
    return owner, project, name


def other_id(kind: str, *parts: str) -> str:
    """The id of what is never asked for by it."""
    return _id(kind, *parts)


def _parts(text: str) -> tuple[str, list[str]]:
    try:
        kind, _, *parts = base64.b64decode(text, validate=True).decode().split(":")
    except ValueError:
        return "", []
    return kind, parts
