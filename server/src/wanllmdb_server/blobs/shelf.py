"""Shelf: blobs as a command sees them that backs up, restores or looks for damage.

The same blobs as those of a BlobStore, without an event loop: one after another, from the
command line, also while a server is at work with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wanllmdb_server import storing
from wanllmdb_server.blobs.store import is_digest


@dataclass(frozen=True, slots=True)
class Kept:
    """A blob that is there; `changed_s` is when it came, in seconds since the epoch."""

    digest: str
    size: int
    changed_s: float


class Shelf(Protocol):
    """Blobs that lie somewhere."""

    def all(self) -> Iterator[Kept]:
        """Every blob that is there."""
        ...

    def find(self, digest: str) -> Kept | None:
        """The blob, if it is there."""
        ...

    def read(self, digest: str) -> Iterable[bytes]:
        """The bytes of a blob.

        Raises:
            FileNotFoundError: it is not there.
        """
        ...

    def put(self, digest: str, source: Path) -> None:
        """Keep the file, whose bytes have been compared with the digest, under it."""
        ...


class FolderShelf:
    """Blobs in a folder: those of a LocalBlobStore, or of a backup."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> Iterator[Kept]:
        """Every blob that is there, in the order of their digests."""
        for path in sorted(self.folder.glob("??/??/*")):
            if path.is_file() and is_digest(path.name):
                yield _kept(path)

    def find(self, digest: str) -> Kept | None:
        """The blob, if it is there."""
        path = place(self.folder, digest)
        return _kept(path) if path.is_file() else None

    def read(self, digest: str) -> Iterable[bytes]:
        """The bytes of a blob."""
        return storing.read(place(self.folder, digest))

    def put(self, digest: str, source: Path) -> None:
        """Keep the file under its digest."""
        made = place(self.folder, digest)
        storing.make(made.parent)
        storing.replace(made, storing.read(source))


def place(folder: Path, digest: str) -> Path:
    """Where a blob lies in a folder of them."""
    return folder / digest[:2] / digest[2:4] / digest


def _kept(path: Path) -> Kept:
    there = path.stat()
    return Kept(path.name, there.st_size, there.st_mtime)
