"""Draft: a version of an artifact while it is made: what is said of it, and what is added to it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from wanllmdb import artifact_media
from wanllmdb.artifact_content import Content, hashed
from wanllmdb.artifact_facts import Facts, Told
from wanllmdb.artifact_rules import (
    checked_metadata,
    checked_name,
    checked_type,
    checked_words,
)
from wanllmdb.errors import ArtifactFinalizedError
from wanllmdb.guard import MISUSE, guarded
from wanllmdb.manifest import Entry, Manifest, path_of
from wanllmdb.naming import MAX_NOTES

if TYPE_CHECKING:
    from wanllmdb.artifact_way import Way
    from wanllmdb.depot import Depot


class ArtifactTTL:
    """How long a version is kept, where nobody says: as its artifact is."""

    INHERIT: Final = "inherit"


class Draft(Told):
    """What is said of a version, and what is in it. See `Artifact` for the arguments."""

    @guarded(raises=MISUSE)
    def __init__(
        self,
        name: str,
        type: str,  # noqa: A002 - wandb's word
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        incremental: bool = False,
        use_as: str | None = None,
        storage_region: str | None = None,
    ) -> None:
        del storage_region
        self._name = checked_name(name)
        self._type = checked_type(type)
        self._description = None if description is None else str(description)[:MAX_NOTES]
        self._metadata = checked_metadata(metadata)
        self._incremental = incremental
        self._use_as = use_as
        self._content = Content()
        self._aliases: list[str] = []
        self._tags: list[str] = []
        self._ttl: Any = None
        self.distributed_id: str | None = None
        self._told: Facts | None = None
        self._refusal: str | None = None
        self._way: Way | None = None
        self._depot: Depot | None = None
        self._muted = False

    # What it is.

    @property
    def name(self) -> str:
        """The name; with `:v3` as soon as a server has the version."""
        found = self._known()
        return f"{found['artifact']}:{found['version']}" if found is not None else self._name

    @property
    def type(self) -> str:
        return self._type

    @property
    def state(self) -> str:
        """PENDING, COMMITTED or DELETED."""
        found = self._known()
        return str(found["state"]).upper() if found is not None else "PENDING"

    @property
    def digest(self) -> str:
        found = self._known()
        return str(found["digest"]) if found is not None else self.manifest.digest()

    @property
    def digest_algorithm(self) -> str:
        return "sha256"

    @property
    def size(self) -> int:
        found = self._known()
        return int(found["size"]) if found is not None else self._content.manifest.size

    @property
    def file_count(self) -> int:
        found = self._known()
        return int(found["files"]) if found is not None else len(self._content.manifest)

    @property
    def incremental(self) -> bool:
        return self._incremental

    @property
    def use_as(self) -> str | None:
        return self._use_as

    @property
    def history_step(self) -> int | None:
        """Of wandb: at which step it was logged. Versions here know their time."""
        return None

    @property
    def manifest(self) -> Manifest:
        """The files, by path; of a version that a server has, asked for when first needed."""
        if self._content.manifest.entries or self._known() is None or self._muted:
            return self._content.manifest
        self._content.manifest = self._asked_manifest()
        return self._content.manifest

    @property
    def description(self) -> str | None:
        return self._description

    @description.setter
    def description(self, text: str | None) -> None:
        self._description = None if text is None else str(text)[:MAX_NOTES]

    @property
    def metadata(self) -> dict[str, Any]:
        return self._metadata

    @metadata.setter
    @guarded(raises=MISUSE)
    def metadata(self, metadata: Mapping[str, Any]) -> None:
        self._metadata = checked_metadata(metadata)

    @property
    def aliases(self) -> list[str]:
        """Of this version in this artifact; a list that may be changed, and is told by `save`."""
        if self._known() is None and not self._muted:
            self._unknown("aliases")
        return self._aliases

    @aliases.setter
    @guarded(raises=MISUSE)
    def aliases(self, aliases: Iterable[str]) -> None:
        self._aliases = checked_words(aliases, "alias")

    @property
    def tags(self) -> list[str]:
        if self._known() is None and not self._muted:
            self._unknown("tags")
        return self._tags

    @tags.setter
    @guarded(raises=MISUSE)
    def tags(self, tags: Iterable[str]) -> None:
        self._tags = checked_words(tags, "tag")

    @property
    def ttl(self) -> Any:
        """How long the version shall be kept; None for ever."""
        return self._ttl

    @ttl.setter
    def ttl(self, ttl: Any) -> None:
        self._ttl = None if ttl is ArtifactTTL.INHERIT else ttl

    def is_draft(self) -> bool:
        """Whether no server has it yet."""
        return self._known() is None

    # What it is made of.

    @guarded(raises=MISUSE)
    def add_file(
        self,
        local_path: str | os.PathLike[str],
        name: str | os.PathLike[str] | None = None,
        is_tmp: bool | None = False,
        skip_cache: bool | None = False,
        policy: str | None = "mutable",
        overwrite: bool = False,
    ) -> Entry:
        """Take a file.

        Args:
            local_path: where it lies; what becomes of it afterwards does not matter.
            name: its path in the version; its own name if there is none.
            is_tmp: its name is of no meaning: its digest goes before it.
            skip_cache: of wandb; what is logged here is not cached.
            policy: "immutable": it will not change until it is logged, and need not be copied.
            overwrite: it takes the place of one that has this path.
        """
        del skip_cache
        self._check_draft("add_file")
        source = Path(local_path)
        path = path_of(name or source.name)
        if is_tmp and source.is_file():
            folder, _, last = path.rpartition("/")
            path = f"{folder}/{hashed(source)[0][:20]}.{last}".lstrip("/")
        return self._content.add_file(source, path, policy=policy, overwrite=overwrite)

    @guarded(raises=MISUSE)
    def add_dir(
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        skip_cache: bool | None = False,
        policy: str | None = "mutable",
        merge: bool = False,
    ) -> None:
        """Take all files below a folder, under their paths in it; `merge` lets them replace."""
        del skip_cache
        self._check_draft("add_dir")
        prefix = f"{path_of(name)}/" if name and str(name).strip("./") else ""
        self._content.add_dir(Path(local_path), prefix, policy=policy, overwrite=merge)

    @contextlib.contextmanager
    def new_file(
        self,
        name: str,
        mode: str = "x",
        encoding: str | None = None,
        policy: str | None = "mutable",
    ) -> Iterator[IO[Any]]:
        """A file to be written: `with artifact.new_file("notes.txt") as file: …`."""
        del policy
        self._check_draft("new_file")
        path = path_of(name)
        overwrite = "x" not in mode
        if not overwrite and path in self._content.manifest.entries:
            raise ValueError(f"File with name {name!r} already exists; pass mode='w'.")
        with self._content.new_file(path, mode, encoding, overwrite=overwrite) as file:
            yield file

    @guarded(raises=MISUSE)
    def add(self, obj: Any, name: str | os.PathLike[str], overwrite: bool = False) -> Entry:
        """Take a table, an image or another medium, under a name by which `get` finds it."""
        self._check_draft("add")
        return artifact_media.add(self._content, obj, path_of(name), overwrite=overwrite)

    @guarded(raises=MISUSE)
    def add_reference(
        self,
        uri: str | Entry,
        name: str | os.PathLike[str] | None = None,
        checksum: bool = True,
        max_objects: int | None = None,
    ) -> Sequence[Entry]:
        """Refer to what lies elsewhere; of `file://`, with the digests of what is there now."""
        self._check_draft("add_reference")
        if isinstance(uri, Entry):
            name, uri = name or uri.path, uri.ref_url()
        return self._content.add_reference(
            str(uri),
            None if name is None else str(name),
            checksum=checksum,
            max_objects=max_objects,
        )

    @guarded(raises=MISUSE)
    def remove(self, item: str | os.PathLike[str] | Entry) -> None:
        """Take a file, or all in a folder, out of the draft."""
        self._check_draft("remove")
        self._content.remove(item if isinstance(item, Entry) else str(item))

    def get_added_local_path_name(self, local_path: str) -> str | None:
        """Under which path a file of this machine was added."""
        return self._content.path_of(str(local_path))

    def finalize(self) -> None:
        """From now on nothing is added."""
        self._way = self._way or Way(None, "")

    # What its parts call.

    def _asked_manifest(self) -> Manifest:
        """The files of a version that a server has."""
        raise NotImplementedError

    def _check_draft(self, call: str) -> None:
        if self._way is not None or self._told is not None:
            raise ArtifactFinalizedError(
                f"'Artifact.{call}' used on logged artifact. Can't modify finalized artifact; "
                "new_draft() makes one that can be."
            )

    def _check_whole(self) -> None:
        """Raise if it cannot be logged as it is."""
        checked_metadata(self._metadata)
