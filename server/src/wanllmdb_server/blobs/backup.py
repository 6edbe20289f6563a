"""Backup of blobs: files by their digests, copied once, each read against its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from wanllmdb_server import storing
from wanllmdb_server.blobs.shelf import Shelf, place
from wanllmdb_server.storing import Progress

FOLDER: Final = "blobs"


def copy(source: Shelf, target: Path, digest: str, progress: Progress = storing.nothing) -> bool:
    """Copy a blob into a folder of blobs; whether its bytes have its digest.

    Raises:
        FileNotFoundError: it is not there.
    """
    made = place(target, digest)
    if made.is_file():
        there = source.find(digest)
        if there is None:
            raise FileNotFoundError(digest)
        if made.stat().st_size == there.size:
            return True
    made.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target / f".draft-{os.getpid()}"
    found = hashlib.sha256()
    try:
        with draft.open("wb") as file:
            for chunk in source.read(digest):
                found.update(chunk)
                file.write(chunk)
                progress(len(chunk))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(made)
    finally:
        draft.unlink(missing_ok=True)
    for folder in (made.parent, made.parent.parent, target):
        storing.sync(folder)
    return found.hexdigest() == digest


def listed(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The blobs of a backup, as its list says them: digest and bytes."""
    for line in lines:
        digest, _, size = line.strip().partition(" ")
        if digest:
            yield digest, int(size)
