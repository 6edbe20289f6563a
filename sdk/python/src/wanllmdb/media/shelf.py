"""Shelf: where the files of media are put, and what is known of them then.

A run keeps them below its own directory and names each by a record; an artifact takes them as
they are. A medium does not know which of the two it is given.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from wanllmdb.naming import slug
from wanllmdb.values import Unloggable

MAX_BYTES: Final = 256 * 1024 * 1024  # of a file: it is read and hashed while the training waits
_CHUNK: Final = 1024 * 1024

Content = bytes | Path


@dataclass(frozen=True)
class SavedFile:
    """A file that was put on a shelf.

    Attributes:
        path: below the shelf, with slashes.
        digest: SHA-256 in hex.
        size: in bytes.
        mime: its type.
    """

    path: str
    digest: str
    size: int
    mime: str

    def record(self) -> dict[str, Any]:
        """As the wire says it."""
        return {"path": self.path, "digest": self.digest, "size": self.size, "mime": self.mime}

    def said(self, kind: str) -> dict[str, Any]:
        """As a row names it."""
        return {"_type": kind, "path": self.path, "sha256": self.digest, "size": self.size}


class Shelf(Protocol):
    """Takes the files of media.

    Attributes:
        is_artifact: whether what names the files is the document of an artifact, not a row.
    """

    @property
    def is_artifact(self) -> bool: ...

    def put(self, content: Content, *, folder: str, key: str, suffix: str) -> SavedFile:
        """Keep a file, whose content may change from now on.

        Args:
            content: its bytes, or where it lies.
            folder: below "media".
            key: under which it was logged.
            suffix: of its name.

        Raises:
            Unloggable: it is too large, or there is no room.
            OSError: it cannot be read or written.
        """
        ...

    def warn(self, line: str) -> None:
        """Tell the user, once."""
        ...


class Folder:
    """The shelf of a run: its directory. The same content is written once in a run.

    Args:
        directory: of the run's files.
        tell: is told of every new file, once it is there.
        warn: tells the user.
    """

    is_artifact = False

    def __init__(
        self,
        directory: Path,
        tell: Callable[[SavedFile], None],
        warn: Callable[[str], None] = lambda line: None,  # noqa: ARG005
    ) -> None:
        self._directory = directory
        self._tell = tell
        self._warn = warn
        self._known: dict[tuple[str, str, str], SavedFile] = {}
        self._warned: set[str] = set()

    def put(self, content: Content, *, folder: str, key: str, suffix: str) -> SavedFile:
        _check_size(content)
        draft: Path | None = None
        if isinstance(content, bytes):
            digest, size = hashlib.sha256(content).hexdigest(), len(content)
        else:
            draft = self._draft(folder)
            digest, size = _copied(content, draft)
        known = self._known.get((folder, suffix, digest))
        if known is None:
            name = f"media/{folder}/{slug(key)}_{digest[:20]}{suffix}"
            known = SavedFile(name, digest, size, mime_of(suffix))
            if draft is None:
                draft = self._draft(folder)
                draft.write_bytes(content if isinstance(content, bytes) else b"")
            draft.replace(self._directory / name)
            self._tell(known)
            self._known[folder, suffix, digest] = known
        elif draft is not None:
            draft.unlink()
        return known

    def warn(self, line: str) -> None:
        if line not in self._warned:
            self._warned.add(line)
            self._warn(line)

    def _draft(self, folder: str) -> Path:
        """A file that is not whole yet: nobody else has this name."""
        place = self._directory / "media" / folder
        place.mkdir(parents=True, exist_ok=True)
        return place / f".draft-{os.getpid()}-{threading.get_ident()}"


class Box:
    """The shelf of an artifact: collects the files for whoever makes it.

    Attributes:
        files: paths in the artifact, and what is to lie there.
    """

    is_artifact = True

    def __init__(self) -> None:
        self.files: list[tuple[str, Content]] = []

    def put(self, content: Content, *, folder: str, key: str, suffix: str) -> SavedFile:
        del key
        _check_size(content)
        digest, size = _measured(content)
        name = f"media/{folder}/{digest[:20]}{suffix}"
        if name not in (path for path, _ in self.files):
            self.files.append((name, content))
        return SavedFile(name, digest, size, mime_of(suffix))

    def warn(self, line: str) -> None:
        """What a run would say is said when it is logged."""


class Void:
    """The shelf of a run that is kept nowhere: nothing is read, nothing is written."""

    is_artifact = False

    def put(self, content: Content, *, folder: str, key: str, suffix: str) -> SavedFile:
        del content
        return SavedFile(f"media/{folder}/{slug(key)}{suffix}", "", 0, mime_of(suffix))

    def warn(self, line: str) -> None:
        """Nobody is told."""


_MIMES: Final = {
    "aac": "audio/aac",
    "avi": "video/x-msvideo",
    "bmp": "image/bmp",
    "flac": "audio/flac",
    "gif": "image/gif",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "png": "image/png",
    "stl": "model/stl",
    "svg": "image/svg+xml",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "webp": "image/webp",
}


def mime_of(suffix: str) -> str:
    """The type of a file whose name ends so."""
    return _MIMES.get(suffix.rpartition(".")[2].lower(), "application/octet-stream")


def _check_size(content: Content) -> None:
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    if size > MAX_BYTES:
        raise Unloggable(f"a file of {size:,} bytes (at most {MAX_BYTES:,} are kept)")


def _copied(source: Path, target: Path) -> tuple[str, int]:
    """Digest and size of a file, once it is copied."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as file, target.open("wb") as copy:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _measured(content: Content) -> tuple[str, int]:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest(), len(content)
    digest = hashlib.sha256()
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest(), content.stat().st_size
