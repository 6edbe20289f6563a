"""Artifact: a version of a named thing: while it is made, on its way, and as a server has it.

It is a draft until it is logged; then its content stands fast. `wait()` returns when a server has
it, and only then are its version, its id and its names known. What is changed of it afterwards,
description, metadata, aliases, tags, is told to the server by `save()`.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from wanllmdb import artifact_fetch, artifact_media
from wanllmdb.artifact_content import Content
from wanllmdb.artifact_draft import ArtifactTTL, Draft
from wanllmdb.artifact_facts import Facts
from wanllmdb.artifact_rules import checked_metadata, checked_words
from wanllmdb.artifact_way import Way
from wanllmdb.consignment import Consignment, settled_facts
from wanllmdb.depot import PAGE, Depot, Named, artifact_path
from wanllmdb.errors import ArtifactNotLoggedError, CommError
from wanllmdb.guard import MISUSE, guarded
from wanllmdb.manifest import Entry, Manifest, entry_from, path_of
from wanllmdb.settings import Settings, resolve

if TYPE_CHECKING:
    from wanllmdb.run import Run

__all__ = ["Artifact", "ArtifactTTL", "Entry", "Manifest"]

_POLL_SECONDS: Final = 0.02


class Artifact(Draft):
    """A version of a named thing: a data set, a model, whatever files belong together.

    Args:
        name: 1 to 128 characters of A-Z a-z 0-9 . _ -.
        type: what it is: "dataset", "model"; artifacts of a name have one type.
        description: a text about this version.
        metadata: a mapping of what can be written as JSON.
        incremental: the version has what the newest one has, and what is added here.
        use_as: as what a run takes it in.
        storage_region: of wandb; there is one place here.

    Raises:
        ValueError: the name or the type cannot be one.
    """

    # What is in it.

    @guarded(raises=(*MISUSE, KeyError))
    def get_entry(self, name: str | os.PathLike[str]) -> Entry:
        """A file of the version, by its path."""
        path = path_of(name)
        found = self.manifest.entries.get(path)
        if found is None:
            raise KeyError(f"Path not contained in artifact: {path}")
        found._parent = self
        return found

    get_path = get_entry

    @guarded(raises=MISUSE)
    def get(self, name: str) -> Any:
        """The medium that was added under this name; None if there is none."""
        return artifact_media.get(self, str(name))

    @guarded(raises=MISUSE)
    def files(
        self, names: Sequence[str] | None = None, per_page: int = 50, start: str | None = None
    ) -> Any:
        """The files of the version."""
        del per_page, start
        self._facts("files")
        wanted = None if names is None else {str(each) for each in names}
        found = [each for each in self.manifest if wanted is None or each.path in wanted]
        return artifact_fetch.Files(artifact_fetch.File(self, each) for each in found)

    @guarded(raises=MISUSE)
    def download(
        self,
        root: str | os.PathLike[str] | None = None,
        allow_missing_references: bool = False,
        skip_cache: bool | None = None,
        path_prefix: str | os.PathLike[str] | None = None,
        multipart: bool | None = None,
    ) -> str:
        """Bring all files below a folder, `./artifacts/<name>:<version>` if none is named.

        What lies there already and is the same is left alone. Every file is whole or not there.

        Raises:
            CommError: the server says no, or nothing, or other bytes than it should.
        """
        del multipart
        return artifact_fetch.everything(
            self,
            root,
            prefix="" if path_prefix is None else str(path_prefix),
            skip_cache=bool(skip_cache),
            allow_missing_references=allow_missing_references,
        )

    @guarded(raises=MISUSE)
    def checkout(self, root: str | None = None) -> str:
        """As `download`, and what else lies in the folder goes."""
        return artifact_fetch.checkout(self, root)

    @guarded(raises=MISUSE)
    def verify(self, root: str | None = None) -> None:
        """Raise `ValueError` if the files below the folder are not those of the version."""
        artifact_fetch.verify(self, root)

    @guarded(raises=MISUSE)
    def file(self, root: str | None = None) -> str:
        """Bring the only file; where it lies then."""
        entries = list(self.manifest)
        if len(entries) != 1:
            raise ValueError("This artifact contains more than one file; call download() instead.")
        return artifact_fetch.one(self, entries[0], root, skip_cache=False)

    # How it goes on.

    def new_draft(self) -> Artifact:
        """A draft with the content of this version, to be changed and logged as the next one."""
        self._facts("new_draft")
        name = str(self._facts("new_draft")["artifact"])
        draft = Artifact(name, self._type, self._description, dict(self._metadata))
        draft._content = Content(Manifest(replace(each, _parent=self) for each in self.manifest))
        return draft

    @guarded(raises=MISUSE)
    def wait(self, timeout: float | None = None) -> Artifact:
        """Return when a server has the version.

        Args:
            timeout: seconds; without it, as long as something moves.

        Raises:
            CommError: the run is offline, or the server refuses the version.
            WaitTimeoutError: nothing has moved for a minute, or the time is over.
            ArtifactNotLoggedError: it was not logged.
        """
        if self._known() is not None or self._muted:
            return self
        if self._way is None or self._way.run is None:
            raise ArtifactNotLoggedError(
                "'Artifact.wait' comes after log_artifact(): this one was not logged."
            )
        if self._way.offline:
            raise CommError(
                f"{self._name} is kept on this machine: the run is offline. Send it with: "
                "wanllmdb sync"
            )
        began = time.monotonic()
        while self._known() is None:
            if self._refusal is not None:
                raise CommError(f"{self._name} is refused: {self._refusal}")
            self._way.check(self._name, time.monotonic() - began, timeout)
            time.sleep(_POLL_SECONDS)
        return self

    @guarded(raises=MISUSE)
    def save(self, project: str | None = None, settings: Settings | None = None) -> None:
        """Tell the server what was changed of the version; log it in the current run if new."""
        if self._muted:
            return
        if self._known() is None:
            from wanllmdb import archive, session

            run = session.current()
            if run is None:
                raise ArtifactNotLoggedError("save() of a new artifact needs a run: init() first.")
            del project, settings
            archive.log_artifact(run, self)
            return
        said = {
            "description": self._description or "",
            "metadata": checked_metadata(self._metadata),
            "aliases": list(self._aliases),
            "tags": list(self._tags),
        }
        self._take(self._asked().ask("PATCH", self._route(), said))

    @guarded(raises=MISUSE)
    def delete(self, delete_aliases: bool = False) -> None:
        """Delete the version; with its aliases, if it has any besides `latest` and it is said."""
        self._facts("delete")
        self._asked().ask("DELETE", self._route(), delete_aliases=str(delete_aliases).lower())
        self._told = {**self._facts("delete"), "state": "deleted"}

    @guarded(raises=MISUSE)
    def link(self, target_path: str, aliases: Iterable[str] | None = None) -> Artifact | None:
        """Show the version in another artifact, too: `[[entity/]project/]name`."""
        if self._muted:
            return None
        if self._known() is None:
            self.wait()
        facts, depot = self._facts("link"), self._asked()
        target = depot.named(target_path, project=facts["project"], entity=facts["owner"])
        here = Named(facts["owner"], facts["project"], facts["artifact"], facts["version"])
        where = artifact_path(target.owner, target.project, target.artifact)
        said = {"source": here.body(), "aliases": checked_words(aliases or (), "alias")}
        return _search().from_facts(depot, depot.ask("POST", f"{where}/links", said))

    @guarded(raises=MISUSE)
    def unlink(self) -> None:
        """Show the version here no more; it stays in the artifact that it was made for."""
        if not self._facts("unlink").get("linked"):
            raise ValueError("Cannot unlink an artifact that is not a linked one.")
        self._asked().ask("DELETE", self._route(), delete_aliases="true")

    @property
    def linked_artifacts(self) -> list[Artifact]:
        """Of wandb: where else it is shown. That is asked for by those collections here."""
        return []

    @property
    def source_artifact(self) -> Artifact:
        """The version in the artifact that it was made for."""
        facts = self._facts("source_artifact")
        if not facts.get("linked"):
            return self
        place = facts["source"]
        named = Named(*(place[key] for key in ("owner", "project", "artifact", "version")))
        return _search().fetch_named(self._asked(), named)

    @property
    def collection(self) -> Any:
        """The artifact that it is a version of, as the Api shows it."""
        return _search().collection_of(self, self._facts("collection"))

    @property
    def source_collection(self) -> Any:
        return _search().collection_of(self, self._facts("source_collection")["source"])

    @property
    def url(self) -> str:
        found = self._facts("url")
        base = self._asked().settings.base_url
        where = f"{found['owner']}/{found['project']}/artifacts/{found['artifact']}"
        return f"{base}/{where}/{found['version']}"

    @guarded(raises=MISUSE)
    def logged_by(self) -> Any:
        """The run that made it, as the Api shows runs; None if it is not known."""
        found = self._lineage()["logged_by"]
        return None if found is None else _search().run_of(self._asked(), found)

    @guarded(lambda *_: [], raises=MISUSE)
    def used_by(self) -> list[Any]:
        """The runs that used it, as the Api shows runs."""
        return [_search().run_of(self._asked(), each) for each in self._lineage()["used_by"]]

    @guarded(raises=MISUSE)
    def json_encode(self) -> dict[str, Any]:
        """The version as a value of JSON."""
        facts = self._facts("json_encode")
        return {
            "_type": "artifactVersion",
            "_version": "v0",
            "id": facts["id"],
            "version": facts["version"],
            "sequenceName": facts["source"]["artifact"],
            "usedAs": self._use_as,
        }

    def __repr__(self) -> str:
        return f"<Artifact {self.id or self.name}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Artifact):
            return NotImplemented
        return self is other or (self.id is not None and self.id == other.id)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __setitem__(self, name: str, item: Any) -> Entry:
        return self.add(item, name)

    # What its parts call.

    def _known(self) -> Facts | None:
        if self._told is None and self._way is not None and self._way.directory is not None:
            facts, refusal = settled_facts(self._way.directory, self._way.order)
            if facts is not None:
                self.settled(facts, None)
            elif refusal is not None and self._refusal is None and self._told is None:
                self._refusal = refusal
        return self._told

    def settled(self, facts: Facts | None, refusal: str | None) -> None:
        """A server has the version, or will never have it."""
        if facts is not None and self._told is None:
            self._take(facts)
        self._refusal = refusal

    def _take(self, facts: Facts) -> None:
        """Take over what a server says of the version."""
        self._name, self._type = str(facts["artifact"]), str(facts["type"])
        self._description = str(facts["description"]) or None
        self._metadata = dict(facts["metadata"])
        self._aliases, self._tags = list(facts["aliases"]), list(facts["tags"])
        self._told = facts

    def _asked_manifest(self) -> Manifest:
        found = self._asked().pages(f"{self._route()}/manifest", size=PAGE)
        return Manifest(entry_from(each) for each in found)

    def _lineage(self) -> dict[str, Any]:
        self._facts("logged_by")
        return self._asked().ask("GET", f"{self._route()}/lineage")

    def _route(self) -> str:
        facts = self._facts("download")
        keys = ("owner", "project", "artifact", "version")
        return Named(*(str(facts[key]) for key in keys)).path

    def _asked(self) -> Depot:
        """The server that has it."""
        if self._depot is None:
            way = self._way
            run = way.run() if way is not None and way.run is not None else None
            self._depot = Depot(run.settings if run is not None else resolve({}))
        return self._depot

    def _goes(self, run: Run, order: Consignment | None) -> None:
        """It was given to a run, and is on its way."""
        directory = order.folder.parent.parent if order is not None else None
        self._way = Way(
            weakref.ref(run),
            order.id if order is not None else "",
            directory,
            offline=run.settings.mode == "offline",
        )

    def _mute(self, run: Run) -> None:
        """The run records nothing: answer as if a server had it."""
        self._muted = True
        place = {"owner": run.entity, "project": run.project, "artifact": self._name}
        self._told = {
            **place, "version": "v0", "source": {**place, "version": "v0"}, "id": "",
            "type": self._type, "digest": "", "state": "committed", "size": 0, "files": 0,
            "created_at": 0, "updated_at": 0, "placed_at": 0, "linked": False,
        }  # fmt: skip


def _search() -> Any:
    """Where versions are found; it knows this class, so it is imported when it is needed."""
    return import_module("wanllmdb.artifact_search")


_FOUND: Final = frozenset(
    {
        "artifact_collection",
        "artifact_collections",
        "artifact_exists",
        "artifact_type",
        "artifact_types",
        "fetch",
        "logged_by_run",
        "used_by_run",
    }
)


def __getattr__(name: str) -> Any:
    if name in _FOUND:
        return getattr(_search(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
