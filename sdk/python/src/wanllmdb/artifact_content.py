"""Content: what a version of an artifact is made of, while it is being made.

Bytes are taken the moment they are added: a file that may change is copied, one that will not
(`policy="immutable"`) stays where it is until the version is logged. The copies lie in a folder
of their own, named by their digests, and go with the artifact.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import unquote, urlsplit

from wanllmdb import crew
from wanllmdb.artifact_cache import staging_root
from wanllmdb.errors import ArgumentError
from wanllmdb.manifest import Entry, Manifest, path_of

PIECE: Final = 1024 * 1024
HANDS: Final = 4  # that read a folder at once
MAX_OBJECTS: Final = 10_000_000
POLICIES: Final = ("mutable", "immutable")


class Content:
    """The files of a version that is being made."""

    def __init__(self, entries: Manifest | None = None) -> None:
        self.manifest = entries or Manifest()
        self._folder: Path | None = None
        self._added: dict[str, str] = {}  # path here → path in the version

    def add_file(
        self, source: Path, name: str, *, policy: str | None, overwrite: bool, moves: bool = False
    ) -> Entry:
        """Take a file.

        Args:
            source: where it lies.
            name: its path in the version.
            policy: whether it may change where it lies.
            overwrite: it takes the place of one that has this path.
            moves: nobody else needs it: it is taken as it is.

        Raises:
            ValueError: it is no file, or the path is taken by other bytes.
        """
        if (policy or "mutable") not in POLICIES:
            raise ArgumentError(f"The policy {policy!r} is none of {', '.join(POLICIES)}.")
        if not source.is_file():
            raise ValueError(f"Path is not a file: {str(source)!r}")
        if policy == "immutable":
            digest, size = hashed(source)
            entry = Entry(name, digest, size, local_path=str(source.absolute()))
        else:
            entry = self._taken(source, name, moves=moves)
        return self._put(entry, overwrite=overwrite, source=str(source))

    def add_bytes(self, content: bytes, name: str, *, overwrite: bool = False) -> Entry:
        """Take bytes."""
        digest = hashlib.sha256(content).hexdigest()
        target = self.folder() / digest
        if not target.exists():
            target.write_bytes(content)
        entry = Entry(name, digest, len(content), local_path=str(target))
        return self._put(entry, overwrite=overwrite)

    def add_dir(self, source: Path, prefix: str, *, policy: str | None, overwrite: bool) -> None:
        """Take all files below a folder, under their paths in it."""
        if not source.is_dir():
            raise ValueError(f"Path is not a directory: {str(source)!r}")
        found = [
            (
                Path(folder) / name,
                path_of(prefix + (Path(folder) / name).relative_to(source).as_posix()),
            )
            for folder, _, names in os.walk(source, followlinks=True)
            for name in names
        ]

        def add(each: tuple[Path, str]) -> None:
            self.add_file(each[0], each[1], policy=policy, overwrite=overwrite)

        self.folder()
        crew.each((each for each in found if each[0].is_file()), add, hands=HANDS)

    @contextlib.contextmanager
    def new_file(
        self, name: str, mode: str, encoding: str | None, *, overwrite: bool
    ) -> Iterator[IO[Any]]:
        """A file to be written, which is taken when it is closed without an error."""
        descriptor, draft = tempfile.mkstemp(dir=self.folder(), prefix="new-")
        os.close(descriptor)
        path = Path(draft)
        try:
            with path.open(
                mode.replace("x", "w"), encoding=None if "b" in mode else encoding or "utf-8"
            ) as file:
                yield file
            self.add_file(path, name, policy="mutable", overwrite=overwrite, moves=True)
        finally:
            path.unlink(missing_ok=True)

    def add_reference(
        self, uri: str, name: str | None, *, checksum: bool, max_objects: int | None
    ) -> list[Entry]:
        """Refer to what lies elsewhere; a file or a folder of this machine is looked at."""
        parts = urlsplit(uri)
        if not parts.scheme:
            raise ValueError(f"References must be URIs: {uri!r} is none. For a file: file://…")
        if parts.scheme != "file":
            last = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
            entry = Entry(path_of(name or last), "" if checksum else uri, 0, ref=uri)
            return [self._put(entry, overwrite=False)]
        local = Path(unquote(parts.path))
        if local.is_file():
            return [self._refer(local, path_of(name or local.name), checksum=checksum)]
        if not local.is_dir():
            raise ValueError(f"There is nothing at {uri!r}.")
        return self._refer_below(local, name, checksum=checksum, most=max_objects or MAX_OBJECTS)

    def remove(self, item: str | Entry) -> None:
        """Take a file, or all in a folder, out again."""
        path = item.path if isinstance(item, Entry) else path_of(item)
        found = self.manifest.below(path)
        if not found:
            raise FileNotFoundError(f"No such file or directory: {path}")
        for each in found:
            del self.manifest.entries[each.path]

    def path_of(self, local: str) -> str | None:
        """Under which path a file of this machine was added."""
        return self._added.get(os.path.abspath(local))  # noqa: PTH100 - it may be gone

    def folder(self) -> Path:
        """Where copies lie; made when it is first asked for, gone with this object."""
        if self._folder is None:
            root = staging_root()
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(dir=root, prefix=f"{os.getpid()}-"))
            weakref.finalize(self, _drop, str(self._folder), os.getpid())
        return self._folder

    def _refer(self, local: Path, path: str, *, checksum: bool) -> Entry:
        uri = local.absolute().as_uri()
        digest, size = hashed(local) if checksum else (uri, local.stat().st_size)
        return self._put(Entry(path, digest, size, ref=uri), overwrite=False)

    def _refer_below(
        self, folder: Path, name: str | None, *, checksum: bool, most: int
    ) -> list[Entry]:
        prefix = f"{name}/" if name else ""
        found = sorted(each for each in folder.rglob("*") if each.is_file())
        if len(found) > most:
            raise ValueError(f"There are {len(found):,} files below {folder}; at most {most:,}.")
        return [
            self._refer(
                each, path_of(prefix + each.relative_to(folder).as_posix()), checksum=checksum
            )
            for each in found
        ]

    def _taken(self, source: Path, name: str, *, moves: bool) -> Entry:
        """The file, copied as it is hashed, under its digest."""
        folder = self.folder()
        if moves:
            digest, size = hashed(source)
            target = folder / digest
            source.replace(target)
            return Entry(name, digest, size, local_path=str(target))
        descriptor, draft = tempfile.mkstemp(dir=folder, prefix="copy-")
        try:
            with os.fdopen(descriptor, "wb") as into, source.open("rb") as file:
                digest, size = hashed_copy(file, into)
            target = folder / digest
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return Entry(name, digest, size, local_path=str(target))

    def _put(self, entry: Entry, *, overwrite: bool, source: str | None = None) -> Entry:
        known = self.manifest.entries.get(entry.path)
        if known is not None and not overwrite:
            if (known.digest, known.ref) != (entry.digest, entry.ref):
                raise ValueError(
                    f"Cannot add the same path twice: {entry.path!r}; pass overwrite=True."
                )
            return known
        self.manifest.entries[entry.path] = entry
        if source is not None:
            self._added[os.path.abspath(source)] = entry.path  # noqa: PTH100
        return entry


def hashed(path: Path) -> tuple[str, int]:
    """SHA-256 of a file in hex, and its size."""
    with path.open("rb") as file:
        return hashed_copy(file, None)


def hashed_copy(file: IO[bytes], into: IO[bytes] | None) -> tuple[str, int]:
    """Copy a file, if `into` is one; SHA-256 in hex and the size of what was read."""
    found, size = hashlib.sha256(), 0
    while piece := file.read(PIECE):
        found.update(piece)
        size += len(piece)
        if into is not None:
            into.write(piece)
    return found.hexdigest(), size


def _drop(folder: str, pid: int) -> None:
    if os.getpid() == pid:  # what a fork copied is the parent's
        shutil.rmtree(folder, ignore_errors=True)
