"""Media: a value of a row that is a file, or many numbers.

A medium writes itself into the run's directory the moment it is logged, so that what is
changed or deleted afterwards does not matter. The row holds a small mapping that names it,
in the words that wandb uses for the same.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from wanllmdb.naming import slug


@dataclass(frozen=True)
class SavedFile:
    """A file of the run.

    Attributes:
        path: below the run's directory, with slashes.
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


@runtime_checkable
class Media(Protocol):
    """A value that is a file."""

    def save(self, folder: Path, key: str) -> tuple[dict[str, Any], SavedFile]:
        """Write it below `folder`; what stands in the row, and the file.

        Raises:
            Unloggable: it is no image, table … at all.
        """
        ...


def saved(folder: Path, kind: str, key: str, suffix: str, mime: str, content: bytes) -> SavedFile:
    """Write content once, under a name that tells its key and its digest."""
    digest = hashlib.sha256(content).hexdigest()
    path = f"media/{kind}/{slug(key)}_{digest[:20]}{suffix}"
    target = folder / path
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(target)
    return SavedFile(path, digest, len(content), mime)


def together(said: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several images of one key, as a row names them."""
    first = said[0]
    return {
        "_type": "images/separated",
        "count": len(said),
        "width": first.get("width"),
        "height": first.get("height"),
        "format": first.get("format"),
        "filenames": [each["path"] for each in said],
        "captions": [each.get("caption") for each in said],
    }
