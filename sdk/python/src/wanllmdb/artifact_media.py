"""Media in artifacts: tables, images and other values, under a name by which they are found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanllmdb.errors import ArgumentError
from wanllmdb.manifest import Entry, path_of

if TYPE_CHECKING:
    from wanllmdb.artifact import Artifact
    from wanllmdb.artifact_content import Content


def add(content: Content, obj: Any, name: str, *, overwrite: bool) -> Entry:
    """Take a medium: the document that says what it is, and the files that this names."""
    if not callable(getattr(obj, "artifact_files", None)):
        raise ArgumentError(
            f"add() takes a table, an image or another medium, not {type(obj).__name__}; for a "
            "file there is add_file()."
        )
    document, files = obj.artifact_files(name)
    for path, given in files:
        if isinstance(given, Path):
            content.add_file(given, path_of(path), policy="mutable", overwrite=True)
        else:
            content.add_bytes(given, path_of(path), overwrite=True)
    text = json.dumps(document, default=str).encode()
    kind = document["_type"]
    named = name if name.endswith(f".{kind}.json") else f"{name}.{kind}.json"
    return content.add_bytes(text, named, overwrite=overwrite)


def get(artifact: Artifact, name: str) -> Any:
    """The medium of this name; None if nothing was added under it."""
    from wanllmdb.media.media import restored

    entry = _document(artifact, name)
    if entry is None:
        return None

    def read(path: str) -> bytes:
        return content_of(artifact, path)

    return restored(json.loads(read(entry.path)), read)


def content_of(artifact: Artifact, path: str) -> bytes:
    """The bytes of a file of an artifact, wherever they are."""
    entry = artifact.get_entry(path)
    if entry.local_path is not None and Path(entry.local_path).is_file():
        return Path(entry.local_path).read_bytes()
    return Path(entry.download()).read_bytes()


def _document(artifact: Artifact, name: str) -> Entry | None:
    """The file that says what was added under the name."""
    entries = artifact.manifest.entries
    if name in entries and name.endswith(".json"):
        return entries[name]
    for path, entry in entries.items():
        kind = path.removeprefix(f"{name}.").removesuffix(".json")
        if path == f"{name}.{kind}.json" and "/" not in kind and kind and "." not in kind:
            return entry
    return None
