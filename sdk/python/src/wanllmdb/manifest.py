"""Manifest: the files of a version of an artifact: path, digest, size; or a reference.

The paths come from people, and from servers: a path that would lead out of the folder that a
version is downloaded to is refused here, whoever says it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from wanllmdb.errors import ArgumentError

if TYPE_CHECKING:
    from wanllmdb.artifact import Artifact

MAX_PATH_BYTES: Final = 1024
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass
class Entry:
    """A file of a version.

    Attributes:
        path: its name in the version, with slashes.
        digest: SHA-256 of the bytes in hex; of a reference, what is known of what it names.
        size: in bytes.
        ref: the URI of what lies elsewhere; None for bytes that the version holds.
        extra: what else is known of it.
        local_path: where the bytes lie on this machine; None if they do not.
    """

    path: str
    digest: str
    size: int | None = None
    ref: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    local_path: str | None = None
    _parent: Artifact | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.path

    def parent_artifact(self) -> Artifact:
        """The version that it is a file of."""
        if self._parent is None:
            raise ArgumentError("This file is of no artifact.")
        return self._parent

    def download(self, root: Any = None, skip_cache: bool | None = None) -> str:
        """Fetch this one file; where it lies then."""
        from wanllmdb import artifact_fetch

        return artifact_fetch.one(self.parent_artifact(), self, root, skip_cache=bool(skip_cache))

    def ref_target(self) -> str:
        """The URI of what it refers to."""
        if self.ref is None:
            raise ArgumentError(f"{self.path!r} is no reference.")
        return self.ref

    def ref_url(self) -> str:
        """The version and the path, as one address."""
        artifact = self.parent_artifact()
        return f"wandb-artifact://{artifact.id}/{self.path}"

    def line(self) -> dict[str, Any]:
        """As a manifest on the wire says it."""
        said: dict[str, Any] = {"path": self.path, "size": self.size or 0}
        if self.ref is None:
            said["digest"] = f"sha256:{self.digest}"
        else:
            said |= {"reference": self.ref, "checksum": self.digest or None}
        return said | ({"extra": self.extra} if self.extra else {})


class Manifest:
    """The files of a version, by path."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: dict[str, Entry] = {each.path: each for each in entries}

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        """In the order of their paths."""
        return iter(sorted(self.entries.values(), key=lambda each: each.path))

    @property
    def size(self) -> int:
        """Of all files together."""
        return sum(each.size or 0 for each in self.entries.values())

    def digest(self) -> str:
        """Of the whole content. The server computes the same."""
        hashed = hashlib.sha256()
        for each in self:
            known = each.digest if each.ref is None else f"{each.ref}\t{each.digest}"
            hashed.update(f"{each.path}\t{known}\n".encode())
        return hashed.hexdigest()

    def lines(self) -> Iterator[bytes]:
        """The manifest on the wire: a JSON object for each file, one a line."""
        for each in self:
            yield json.dumps(each.line(), ensure_ascii=False).encode() + b"\n"

    def below(self, prefix: str) -> list[Entry]:
        """The file of that path, and those in the folder of that path."""
        prefix = prefix.rstrip("/")
        return [
            each
            for each in self
            if not prefix or each.path == prefix or each.path.startswith(f"{prefix}/")
        ]


def entry_from(said: Mapping[str, Any]) -> Entry:
    """A file as a server says it.

    Raises:
        ArgumentError: the path would lead out of a folder.
    """
    digest = str(said.get("digest") or "").removeprefix("sha256:")
    reference = said.get("reference")
    return Entry(
        path=checked_path(str(said["path"])),
        digest=digest if reference is None else str(said.get("checksum") or ""),
        size=int(said.get("size") or 0),
        ref=reference,
        extra=dict(said.get("extra") or {}),
    )


def checked_path(path: str) -> str:
    """The path, if it can be the name of a file of a version; else `ArgumentError`."""
    fault = None
    if not path or len(path.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        fault = f"it has 1 to {MAX_PATH_BYTES} bytes"
    elif _CONTROL.search(path) or any("\ud800" <= char <= "\udfff" for char in path):
        fault = "it has no control characters, and can be written in UTF-8"
    elif "\\" in path or re.match(r"[A-Za-z]:", path):
        fault = "it has no backslash and no drive"
    elif any(part in {"", ".", ".."} for part in path.split("/")):
        fault = "it is relative, with no empty part, no '.' and no '..'"
    if fault:
        raise ArgumentError(f"{path[:200]!r} is no name of a file of an artifact: {fault}.")
    return path


def path_of(name: Any) -> str:
    """A name that somebody gave, as the path of a file of a version: `./a//b/` is `a/b`."""
    text = str(name).replace("\\", "/") if isinstance(name, Path) else str(name)
    text = re.sub(r"/+", "/", text).rstrip("/")
    parts = [part for part in text.split("/") if part != "."]
    return checked_path("/".join(parts))


def below(root: Path, path: str) -> Path:
    """Where a file of this path lies below a folder; `ArgumentError` if that is not below it.

    Links that lie in the folder already lead nowhere else, either.
    """
    target = root.joinpath(*PurePosixPath(checked_path(path)).parts)
    if not target.resolve().is_relative_to(root.resolve()):
        raise ArgumentError(f"{path!r} would lie outside of {root}.")
    return target
