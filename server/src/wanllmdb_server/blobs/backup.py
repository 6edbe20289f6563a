"""Backup of blobs: files by their digests, copied once, each read against its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from wanllmdb_server import storing
from wanllmdb_server.storing import Progress

FOLDER: Final = "blobs"


def place(folder: Path, digest: str) -> Path:
    """Where a blob lies in a folder of them."""
    return folder / digest[:2] / digest[2:4] / digest


def copy(source: Path, target: Path, digest: str, progress: Progress = storing.nothing) -> bool:
    """Copy a blob from one folder of blobs to another; whether its bytes have its digest.

    Raises:
        FileNotFoundError: it is not there.
    """
    made = place(target, digest)
    if made.is_file() and made.stat().st_size == place(source, digest).stat().st_size:
        return True
    made.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target / f".draft-{os.getpid()}"
    found = hashlib.sha256()
    try:
        with draft.open("wb") as file:
            for chunk in storing.read(place(source, digest)):
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


def all_in(folder: Path) -> Iterator[str]:
    """The digests of the blobs in a folder, by the names of their files."""
    for path in sorted(folder.glob("??/??/*")):
        yield path.name


def listed(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The blobs of a backup, as its list says them: digest and bytes."""
    for line in lines:
        digest, _, size = line.strip().partition(" ")
        if digest:
            yield digest, int(size)
