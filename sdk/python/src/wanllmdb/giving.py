"""Giving: a run gives a version to a store of artifacts: an order that outlives the process."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wanllmdb import consignment
from wanllmdb.artifact import Artifact
from wanllmdb.artifact_rules import checked_words
from wanllmdb.consignment import Consignment
from wanllmdb.errors import UsageError
from wanllmdb.manifest import Manifest
from wanllmdb.naming import slug
from wanllmdb.wire import Kind, encode

if TYPE_CHECKING:
    from wanllmdb.run import Run

StrPath = str | os.PathLike[str]
LATEST: Final = "latest"


def artifact_of(
    run: Run, given: Artifact | StrPath, name: str | None, kind: str | None
) -> Artifact:
    """What was given, as an artifact."""
    if isinstance(given, Artifact):
        return given
    text = os.fspath(given)
    path = Path(text)
    artifact = Artifact(
        name or slug(f"run-{run.id}-{path.name or path.absolute().name}"), kind or "unspecified"
    )
    try:
        if path.is_file():
            artifact.add_file(path)
        elif path.is_dir():
            artifact.add_dir(path)
        elif "://" in text:
            artifact.add_reference(text)
        else:
            raise UsageError(f"{text!r} is no file, no folder and no URI.")
    except (OSError, ValueError) as error:
        raise UsageError(f"{text!r} cannot be logged: {error}") from error
    return artifact


def give(
    run: Run,
    artifact: Artifact,
    *,
    aliases: Sequence[str] | str | None,
    tags: Iterable[str] | str | None = None,
    together: str | None = None,
    final: bool = False,
) -> Artifact:
    """Write the order for a version."""
    names = checked_words(aliases or (LATEST,), "alias")
    artifact._check_whole()
    if run.disabled:
        artifact._mute(run)
        return artifact
    if not artifact.is_draft() and together is None:
        return _again(run, artifact, names)
    manifest = artifact.manifest
    _bring_foreign(run, manifest, artifact._content.folder)
    version = {
        "type": artifact.type,
        "client_id": os.urandom(16).hex(),
        "aliases": names,
        "tags": checked_words([*artifact._tags, *_listed(tags)], "tag"),
        "description": artifact.description,
        "metadata": artifact.metadata,
        "incremental": artifact.incremental,
        "distributed_id": together,
        "final": together is None or final,
        "lifetime_us": _lifetime(artifact.ttl),
    }
    order = {
        "kind": "version",
        "client_id": version["client_id"],
        "name": artifact._name,
        "version": {key: value for key, value in version.items() if value is not None},
    }
    made = place_order(run, order, artifact.name, manifest, artifact)
    artifact._goes(run, made)
    if made is not None:
        run._append(Kind.ARTIFACT, encode(record(artifact, order)))
    return artifact


def _bring_foreign(run: Run, manifest: Manifest, folder: Callable[[], Path]) -> None:
    """Fetch what only another project's version has: in this one its bytes cannot be named."""
    home = (run.entity, run.project)
    for each in manifest:
        parent = each._parent
        if each.ref is not None or each.local_path is not None or parent is None:
            continue
        if (parent.source_entity, parent.source_project) != home:
            fetched = Path(each.download(folder() / "fetched"))
            each.local_path = str(fetched.replace(folder() / each.digest))


def record(artifact: Artifact, order: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's journal says of a version: that there is an order for it, and what it is."""
    return {
        "client_id": order["client_id"],
        "name": order["name"],
        "type": artifact.type,
        "digest": artifact.digest,
        "files": len(artifact.manifest),
        "size": artifact.size,
        "aliases": order["version"]["aliases"],
    }


def place_order(
    run: Run,
    order: Mapping[str, Any],
    what: str,
    manifest: Manifest | None = None,
    listener: Artifact | None = None,
) -> Consignment | None:
    """Write an order; what the disk does not take is a counted loss."""
    try:
        return consignment.make(run._identity.directory.parent, order, manifest, listener)
    except OSError as error:
        run._lose("artifact", f"{what} cannot be kept: {error}")
        return None


def _again(run: Run, artifact: Artifact, aliases: Sequence[str]) -> Artifact:
    """A version that a server has is logged once more: it gets the aliases."""
    del run
    artifact._aliases = list(dict.fromkeys([*artifact._aliases, *aliases]))
    artifact.save()
    return artifact


def _listed(words: Iterable[str] | str | None) -> list[str]:
    return [words] if isinstance(words, str) else [str(each) for each in words or ()]


def _lifetime(ttl: Any) -> int | None:
    """A time-to-live, which is a `timedelta`, in microseconds."""
    if isinstance(ttl, datetime.timedelta):
        return max(0, int(ttl.total_seconds() * 1_000_000))
    return None
