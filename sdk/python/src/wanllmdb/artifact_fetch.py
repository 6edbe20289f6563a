"""Fetching: the bytes of a version, from a server or the cache, below a folder.

Every file appears whole, under its name, when its digest was seen to be the right one; before,
it lies beside it under another name. What is there already and is the same is left alone. No
path leads out of the folder, whatever a server says.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import unquote, urlsplit

from wanllmdb import crew
from wanllmdb.artifact_cache import Cache, cache_root, download_root
from wanllmdb.artifact_content import hashed, hashed_copy
from wanllmdb.depot import file_path, taken_apart
from wanllmdb.errors import CommError, UnsupportedError
from wanllmdb.manifest import Entry, below

if TYPE_CHECKING:
    from wanllmdb.artifact import Artifact

HANDS: Final = 4
SMALL_BYTES: Final = 256 * 1024
TOGETHER_BYTES: Final = 4 * 1024 * 1024
TOGETHER: Final = 250


def everything(
    artifact: Artifact,
    root: Any,
    *,
    prefix: str,
    skip_cache: bool,
    allow_missing_references: bool,
) -> str:
    """Bring all files of a version; where they lie. See `Artifact.download`."""
    folder = _folder(artifact, root)
    if artifact._muted:
        return str(folder)
    wanted = artifact.manifest.below(prefix)
    bring = _Bringing(artifact, folder, skip_cache=skip_cache)
    bring.files([each for each in wanted if each.ref is None])
    left = [each for each in wanted if each.ref is not None and not bring.reference(each)]
    if left and not allow_missing_references:
        raise UnsupportedError(
            f"All files of {artifact.name} are in {folder}, but for {len(left):,} that it only "
            f"refers to, such as {left[0].ref}: fetch them from there, and pass "
            "allow_missing_references=True."
        )
    return str(folder)


def one(artifact: Artifact, entry: Entry, root: Any, *, skip_cache: bool) -> str:
    """Bring one file of a version; where it lies."""
    folder = _folder(artifact, root)
    bring = _Bringing(artifact, folder, skip_cache=skip_cache)
    if entry.ref is None:
        bring.file(entry)
    elif not bring.reference(entry):
        raise UnsupportedError(f"{entry.path} only refers to {entry.ref}: fetch it from there.")
    return str(below(folder, entry.path))


def checkout(artifact: Artifact, root: Any) -> str:
    """Bring all files, and remove what else lies in the folder."""
    folder = _folder(artifact, root)
    kept = {below(folder, each.path) for each in artifact.manifest}
    for parent, _, names in os.walk(folder):
        for name in names:
            if (path := Path(parent) / name) not in kept:
                path.unlink()
    return everything(artifact, root, prefix="", skip_cache=False, allow_missing_references=False)


def verify(artifact: Artifact, root: Any) -> None:
    """Compare what lies in a folder with the version.

    Raises:
        ValueError: a file is missing, another one, or one too many.
    """
    folder = _folder(artifact, root, make=False)
    entries = [each for each in artifact.manifest if each.ref is None]
    for each in entries:
        path = below(folder, each.path)
        if not path.is_file():
            raise ValueError(f"Digest mismatch: {each.path} is missing from {folder}.")
        if hashed(path)[0] != each.digest:
            raise ValueError(f"Digest mismatch: {each.path} in {folder} is another file.")
    known = {each.path for each in artifact.manifest}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in known:
            raise ValueError(f"{name} in {folder} is not in the artifact.")


class _Bringing:
    """Brings files of one version below one folder; any thread may call it."""

    def __init__(self, artifact: Artifact, folder: Path, *, skip_cache: bool) -> None:
        self._artifact = artifact
        self._folder = folder
        self._cache = None
        if not artifact.is_draft():
            self._depot, self._route = artifact._asked(), artifact._route()
            if not skip_cache:
                self._cache = Cache(cache_root(self._depot.settings))

    def files(self, entries: Sequence[Entry]) -> None:
        """Bring files, those that are small many at a time."""
        crew.each(_loads(entries), self._load, hands=HANDS)

    def file(self, entry: Entry) -> None:
        """Bring a file, unless it is there."""
        if not _is_same(below(self._folder, entry.path), entry):
            self._place(entry)

    def _load(self, entries: Sequence[Entry]) -> None:
        left = [each for each in entries if not _is_same(below(self._folder, each.path), each)]
        near = [each for each in left if self._is_near(each)]
        for each in near:
            self._place(each)
        far = [each for each in left if each not in near]
        if len(far) == 1:
            self._place(far[0])
        elif far:
            self._place_together(far)

    def _is_near(self, entry: Entry) -> bool:
        """Whether its bytes may be on this machine."""
        cached = self._cache is not None and self._cache.find(entry.digest, entry.size) is not None
        return self._artifact.is_draft() or entry.local_path is not None or cached

    def _place_together(self, entries: Sequence[Entry]) -> None:
        with tempfile.TemporaryFile() as answer:
            self._depot.fetch_many(self._route, [each.path for each in entries], answer)
            contents = taken_apart(answer)
            for entry in entries:
                content = next(contents, b"")
                if hashlib.sha256(content).hexdigest() != entry.digest:
                    raise _spoilt(entry)
                self._place(entry, content)

    def _place(self, entry: Entry, content: bytes | None = None) -> None:
        target = below(self._folder, entry.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name[:100]}.{os.urandom(6).hex()}")
        try:
            with draft.open("x+b") as into:
                if content is None:
                    self._fill(entry, into, draft)
                else:
                    into.write(content)
            if content is not None and self._cache is not None:
                self._cache.put(entry.digest, draft)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def reference(self, entry: Entry) -> bool:
        """Bring a copy of what lies on this machine; False for what lies elsewhere."""
        parts = urlsplit(str(entry.ref))
        if parts.scheme != "file":
            return False
        source, target = Path(unquote(parts.path)), below(self._folder, entry.path)
        if not source.is_file():
            return False
        if len(entry.digest) == 64 and hashed(source)[0] != entry.digest:
            raise ValueError(f"Digest mismatch: {source} has changed since it was referred to.")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return True

    def _fill(self, entry: Entry, into: BinaryIO, draft: Path) -> None:
        """The bytes of a file: from where they were added, from the cache, from the server."""
        near = [Path(entry.local_path)] if entry.local_path else []
        cached = self._cache.find(entry.digest, entry.size) if self._cache else None
        for source in [*near, *([cached] if cached else [])]:
            if _copied(source, into, entry.digest):
                return
        if cached is not None and self._cache is not None:
            self._cache.drop(entry.digest)
        if self._artifact.is_draft():
            raise CommError(f"{entry.path} is not on this machine any more, nor on a server yet.")
        self._ask(entry, into)
        if self._cache is not None:
            into.flush()
            self._cache.put(entry.digest, draft)

    def _ask(self, entry: Entry, into: BinaryIO) -> None:
        self._depot.fetch(file_path(self._route, entry.path), into)
        into.seek(0)
        if hashed_copy(into, None)[0] != entry.digest:
            raise _spoilt(entry)


def _loads(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Small files by as many as come in one answer; each large one alone."""
    load: list[Entry] = []
    size = 0
    for entry in entries:
        mine = entry.size or 0
        if mine > SMALL_BYTES:
            yield [entry]
            continue
        if len(load) == TOGETHER or size + mine > TOGETHER_BYTES:
            yield load
            load, size = [], 0
        load.append(entry)
        size += mine
    if load:
        yield load


def _spoilt(entry: Entry) -> CommError:
    return CommError(f"{entry.path} did not arrive as it is; nothing of it was kept.")


def _is_same(path: Path, entry: Entry) -> bool:
    """Whether the file lies there already."""
    there = path.is_file() and path.stat().st_size == entry.size
    return there and hashed(path)[0] == entry.digest


def _copied(source: Path, into: BinaryIO, digest: str) -> bool:
    """Copy a file if its content has this digest."""
    into.seek(0)
    into.truncate()
    with contextlib.suppress(OSError), source.open("rb") as file:
        if hashed_copy(file, into)[0] == digest:
            return True
    into.seek(0)
    into.truncate()
    return False


def _folder(artifact: Artifact, root: Any, *, make: bool = True) -> Path:
    if root is None:
        settings = artifact._asked().settings
        folder = download_root(settings) / artifact.name
    else:
        folder = Path(root)
    if make:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


class File:
    """A file of a version, as the Api shows files."""

    def __init__(self, artifact: Artifact, entry: Entry) -> None:
        self._artifact, self._entry = artifact, entry
        self.name = entry.path
        self.size = entry.size or 0
        self.digest = entry.digest

    def download(self, root: str = ".", replace: bool = False, exist_ok: bool = False) -> IO[Any]:
        """Bring the file below a folder, and open it."""
        target = below(Path(root), self.name)
        if target.exists() and not (replace or exist_ok):
            raise ValueError(f"File already exists: {target}; pass replace=True or exist_ok=True.")
        where = one(self._artifact, self._entry, root, skip_cache=False)
        return open(where)

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.size:,} bytes)>"


class Files(list[File]):
    """The files of a version."""

    def __init__(self, files: Iterable[File] = ()) -> None:
        super().__init__(files)
