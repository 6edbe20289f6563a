"""Checkup of blobs: whether each that is known is there, and is what its digest says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from wanllmdb_server import storing
from wanllmdb_server.blobs.backup import all_in, place
from wanllmdb_server.domain.finding import Finding
from wanllmdb_server.storing import Progress

_OLD_S: Final = 86_400  # bytes that came lately are named in a moment, or dropped


def look(
    folder: Path, known: Mapping[str, int], *, deep: bool, now_s: float, progress: Progress
) -> Iterator[Finding]:
    """What is wrong with the blobs in a folder.

    Args:
        folder: of them.
        known: the size of each blob that the catalog names.
        deep: read every byte.
        now_s: seconds since the epoch.
        progress: told of bytes that are read.
    """
    for digest, size in known.items():
        path = place(folder, digest)
        if not path.is_file():
            yield Finding("file-missing", f"blob {digest}")
        elif path.stat().st_size != size:
            yield Finding(
                "file-damaged", f"blob {digest} has {path.stat().st_size} of {size} bytes"
            )
        elif deep and storing.digest_of(path, progress) != digest:
            yield Finding("file-damaged", f"blob {digest}")
    unused = [
        path
        for digest in all_in(folder)
        if digest not in known and (path := place(folder, digest)).is_file()
    ]
    old = [path for path in unused if now_s - path.stat().st_mtime > _OLD_S]
    if old:
        size = sum(path.stat().st_size for path in old)
        yield Finding("file-unused", f"{len(old)} files of {size} bytes, {old[0].name} among them")
