"""Checkup of blobs: whether each that is known is there, and is what its digest says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

from wanllmdb_server.blobs.shelf import Kept, Shelf
from wanllmdb_server.domain.finding import Finding
from wanllmdb_server.storing import Progress

_OLD_S: Final = 86_400  # bytes that came lately are named in a moment, or dropped


def look(
    shelf: Shelf, known: Mapping[str, int], *, deep: bool, now_s: float, progress: Progress
) -> Iterator[Finding]:
    """What is wrong with the blobs.

    Args:
        shelf: where they lie.
        known: the size of each blob that the catalog names.
        deep: read every byte.
        now_s: seconds since the epoch.
        progress: told of bytes that are read.
    """
    there = {each.digest: each for each in shelf.all()}
    for digest, size in known.items():
        kept = there.get(digest) or shelf.find(digest)  # it may have come meanwhile
        if kept is None:
            yield Finding("file-missing", f"blob {digest}")
        elif kept.size != size:
            yield Finding("file-damaged", f"blob {digest} has {kept.size} of {size} bytes")
        elif deep and _digest(shelf, digest, progress) != digest:
            yield Finding("file-damaged", f"blob {digest}")
    yield from _unused([each for each in there.values() if each.digest not in known], now_s)


def _unused(unused: list[Kept], now_s: float) -> Iterator[Finding]:
    old = [each for each in unused if now_s - each.changed_s > _OLD_S]
    if old:
        size = sum(each.size for each in old)
        yield Finding(
            "file-unused", f"{len(old)} files of {size} bytes, {old[0].digest} among them"
        )


def _digest(shelf: Shelf, digest: str, progress: Progress) -> str:
    found = hashlib.sha256()
    for chunk in shelf.read(digest):
        found.update(chunk)
        progress(len(chunk))
    return found.hexdigest()
