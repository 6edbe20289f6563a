"""Storing: files that are written once, whole and durable, and known by their SHA-256."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CHUNK: Final = 1 << 20
_SYNC_BYTES: Final = 8 << 20  # so that no sync has much to do, and nobody else waits for it

Progress = Callable[[int], None]  # told of bytes as they are done


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of a folder, relative to it."""

    path: str
    size: int
    sha256: str


def nothing(size: int) -> None:
    """Progress that nobody looks at."""
    del size


def store(root: Path, folder: str, ending: str, chunks: Iterable[bytes]) -> Piece:
    """Write a file that bears its digest as its name; it is durable when this returns."""
    place = root / folder
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place / f".draft-{os.getpid()}"
    digest, size, unsynced = hashlib.sha256(), 0, 0
    try:
        with draft.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
                size += len(chunk)
                unsynced += len(chunk)
                if unsynced > _SYNC_BYTES:
                    file.flush()
                    os.fdatasync(file.fileno())
                    unsynced = 0
            file.flush()
            os.fsync(file.fileno())
        name = f"{folder}/{digest.hexdigest()}{ending}"
        draft.replace(root / name)
    finally:
        draft.unlink(missing_ok=True)
    sync(place)
    return Piece(name, size, digest.hexdigest())


def adopt(root: Path, folder: str, ending: str, draft: Path) -> Piece:
    """Give a file that was written in the folder its name; as `store`."""
    digest = digest_of(draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    name = f"{folder}/{digest}{ending}"
    size = draft.stat().st_size
    draft.replace(root / name)
    sync(root / folder)
    return Piece(name, size, digest)


def digest_of(path: Path, progress: Progress = nothing) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    for chunk in read(path):
        digest.update(chunk)
        progress(len(chunk))
    return digest.hexdigest()


def read(path: Path) -> Iterable[bytes]:
    """The bytes of a file."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def replace(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file in place of the one of its name: there is the one or the other."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def make(folder: Path) -> None:
    """Make a folder and those above it, for this OS user alone; their names outlive a power cut."""
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        make(folder.parent)
    folder.mkdir(exist_ok=True, mode=0o700)
    sync(folder.parent)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
