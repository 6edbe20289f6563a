"""Archive: what a run gives to a store of artifacts, and takes from it.

To give is to write an order into the run's directory (`consignment`); it is there when the call
returns, and goes to a server when there is one. To take is to ask a server, now.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanllmdb import source_code
from wanllmdb.artifact import Artifact
from wanllmdb.artifact_rules import checked_name, checked_words
from wanllmdb.artifact_search import fetch
from wanllmdb.depot import Depot
from wanllmdb.errors import CommError, UsageError
from wanllmdb.giving import StrPath, artifact_of, give, place_order
from wanllmdb.naming import slug
from wanllmdb.wire import Kind, encode

if TYPE_CHECKING:
    from wanllmdb.run import Run


def log_artifact(
    run: Run,
    artifact_or_path: Artifact | StrPath,
    *,
    name: str | None = None,
    type: str | None = None,  # noqa: A002 - wandb's word
    aliases: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
) -> Artifact:
    """Keep a version that this run made; the same object, whose `wait()` says when it is there.

    Args:
        run: that made it.
        artifact_or_path: a draft, or a file, a folder or a URI to make one of.
        name: of the artifact; `run-<id>-<file>` for a path without one.
        type: of the artifact, for a path.
        aliases: of the version, besides `latest`.
        tags: of the version.

    Raises:
        UsageError: there is no such file, or a name cannot be one.
    """
    artifact = artifact_of(run, artifact_or_path, name, type)
    return give(run, artifact, aliases=aliases, tags=tags)


def upsert_artifact(
    run: Run,
    artifact_or_path: Artifact | StrPath,
    *,
    name: str | None = None,
    type: str | None = None,  # noqa: A002 - wandb's word
    aliases: Sequence[str] | None = None,
    distributed_id: str | None = None,
) -> Artifact:
    """Add to a version that several processes make; it is complete with `finish_artifact`.

    They find each other by the `distributed_id`, or else by the run's group.
    """
    artifact = artifact_of(run, artifact_or_path, name, type)
    return give(run, artifact, aliases=aliases, together=_together(run, distributed_id))


def finish_artifact(
    run: Run,
    artifact_or_path: Artifact | StrPath,
    *,
    name: str | None = None,
    type: str | None = None,  # noqa: A002 - wandb's word
    aliases: Sequence[str] | None = None,
    distributed_id: str | None = None,
) -> Artifact:
    """End a version that several processes make, with what is added here.

    What others have not brought to the server by then is not in it: let them `wait()` first.
    """
    artifact = artifact_of(run, artifact_or_path, name, type)
    together = _together(run, distributed_id)
    return give(run, artifact, aliases=aliases, together=together, final=True)


def use_artifact(
    run: Run,
    artifact_or_name: Artifact | str,
    *,
    type: str | None = None,  # noqa: A002 - wandb's word
    aliases: Sequence[str] | None = None,
    use_as: str | None = None,
) -> Artifact:
    """Take a version as an input of the run.

    Args:
        run: that takes it.
        artifact_or_name: `[[entity/]project/]name[:version or alias]`, a version, or a draft,
            which is logged.
        type: what it has to be.
        aliases: of a draft.
        use_as: as what it is taken.

    Raises:
        CommError: no server answers, or it has no such version.
    """
    if run.disabled:
        return _muted_input(run, artifact_or_name, type)
    if isinstance(artifact_or_name, Artifact):
        artifact = artifact_or_name
        if artifact._way is None and artifact.is_draft():
            give(run, artifact, aliases=aliases)
    else:
        artifact = _found(run, artifact_or_name, type)
    if use_as:
        artifact._use_as = use_as
    order: dict[str, Any] = {"kind": "use", "use_as": use_as or artifact.use_as}
    if artifact.is_draft():
        order["after"] = artifact._way.order if artifact._way is not None else ""
    else:
        order["version_id"] = artifact.id
    if place_order(run, order, "a use") is not None:
        used = {"artifact": artifact.name, "id": artifact.id, "use_as": order["use_as"]}
        run._append(Kind.USE, encode(used))
    return artifact


def link_artifact(
    run: Run, artifact: Artifact, target_path: str, *, aliases: Sequence[str] | None = None
) -> Artifact | None:
    """Show a version in another artifact, too: `[[entity/]project/]name`; a draft is logged.

    The version as it is shown there, if that is known at once.
    """
    if run.disabled:
        return artifact
    if artifact._way is None and artifact.is_draft():
        give(run, artifact, aliases=None)
    if not artifact.is_draft():
        return artifact.link(target_path, aliases)
    *above, name = str(target_path).split("/")
    if len(above) > 2:
        raise UsageError(f"{target_path!r} is no [[entity/]project/]name.")
    order = {
        "kind": "link",
        "after": artifact._way.order if artifact._way is not None else "",
        "target": [*[None] * (2 - len(above)), *above, checked_name(name)],
        "aliases": checked_words(aliases or (), "alias"),
    }
    place_order(run, order, f"a link to {target_path}")
    return None


def log_model(
    run: Run, path: StrPath, *, name: str | None = None, aliases: Sequence[str] | None = None
) -> None:
    """Keep a file or a folder as a model."""
    log_artifact(run, path, name=name, type="model", aliases=aliases)


def use_model(run: Run, name: str) -> str:
    """Take a model as an input; where its file, or its folder, lies then."""
    artifact = use_artifact(run, name)
    if not run.disabled and "model" not in artifact.type.lower():
        raise UsageError(f"{name} is of the type {artifact.type!r}, which is no model.")
    folder = artifact.download()
    entries = list(artifact.manifest)
    return str(Path(folder) / entries[0].path) if len(entries) == 1 else folder


def link_model(
    run: Run,
    path: StrPath,
    registered_model_name: str,
    *,
    name: str | None = None,
    aliases: Sequence[str] | None = None,
) -> Artifact | None:
    """Keep a model, and show it in the artifact of that name, too."""
    artifact = log_artifact(run, path, name=name, type="model")
    target = f"model-registry/{registered_model_name}"
    return link_artifact(run, artifact, target, aliases=aliases)


def log_code(
    run: Run,
    root: str | None = ".",
    *,
    name: str | None = None,
    include_fn: Callable[..., bool] | None = None,
    exclude_fn: Callable[..., bool] | None = None,
) -> Artifact | None:
    """Keep the code below a folder; None if there is none."""
    folder = Path(root or ".").absolute()
    artifact = Artifact(slug(name or f"source-{run.project}-{_script(run)}"), "code")
    for path, below in source_code.found(folder, include_fn, exclude_fn):
        _add_code(run, artifact, path, below)
    if not len(artifact.manifest):
        run._voice.warn("log_code() found no code to keep", once="log_code")
        return None
    return give(run, artifact, aliases=None)


def _add_code(run: Run, artifact: Artifact, path: Path, below: str) -> None:
    try:
        artifact.add_file(path, below)
    except (OSError, UsageError) as error:  # the others are code, too
        run._voice.warn(f"log_code() leaves out {path}: {error}", once="code-left-out")


def _found(run: Run, name: str, kind: str | None) -> Artifact:
    if run.offline:
        raise CommError(
            f"use_artifact({name!r}) asks a server, and this run is offline. Run it online once, "
            "or give a folder that `Artifact.download()` filled before."
        )
    return fetch(Depot(run.settings), name, kind, project=run.project, entity=run.entity or None)


def _muted_input(run: Run, given: Artifact | str, kind: str | None) -> Artifact:
    if not isinstance(given, Artifact):
        name = str(given).rpartition("/")[2].partition(":")[0]
        given = Artifact(slug(name), kind or "unspecified")
    given._mute(run)
    return given


def _together(run: Run, distributed_id: str | None) -> str:
    found = distributed_id or run.group
    if not found:
        raise UsageError(
            "Several processes that make one artifact find each other by a distributed_id, or by "
            "the group of their runs; there is neither."
        )
    return found[:128]


def _script(run: Run) -> str:
    return Path(run.settings.program or sys.argv[0] or "notebook").name or "code"
