"""Checkups: everything that a server keeps, looked at; and what of it can be mended safely.

The data directory, the machine below it, the catalog, the metric database and the blobs, each
as it is and against the others. A server may be at work meanwhile; nothing is mended then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wanllmdb_server.blobs import checkup as blobs
from wanllmdb_server.blobs.shelf import FolderShelf, Shelf
from wanllmdb_server.catalog import checkup as catalog
from wanllmdb_server.catalog.checkup import Known
from wanllmdb_server.data_dir import EVERYTHING, DataDir, PartLock
from wanllmdb_server.domain.finding import Finding
from wanllmdb_server.machine import NETWORK, Machine
from wanllmdb_server.metrics import checkup as metrics

_LEAST_FREE: Final = 1 << 30
_AHEAD_US: Final = 10 * 60 * 1_000_000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Place:
    """What is looked at: the data directory, and where local keys are."""

    data: Path
    config: Path


def look(
    place: Place,
    machine: Machine,
    *,
    deep: bool,
    progress: Progress,
    shelf: Shelf | None = None,
) -> Iterator[Finding]:
    """What is wrong.

    Args:
        place: of the server.
        machine: that it is on.
        deep: read every byte that is kept.
        progress: told of bytes that are read.
        shelf: where blobs lie, if not in the data directory.
    """
    held = DataDir(place.data)
    if not place.data.is_dir():
        yield Finding("data-dir-missing", str(place.data))
        return
    yield from _directory(place, machine)
    known = Known()
    yield from catalog.look(held.catalog, known)
    if known.newest > machine.now() + _AHEAD_US:
        behind = (known.newest - machine.now()) // 1_000_000
        yield Finding("clock-behind", f"by {behind} seconds or more")
    yield from metrics.look(
        held.metrics,
        known.runs if known.readable else None,
        alone=is_alone(place.data),
        deep=deep,
        progress=progress,
    )
    now_s = machine.now() / 1e6
    there = shelf or FolderShelf(held.blobs)
    yield from blobs.look(there, known.blobs, deep=deep, now_s=now_s, progress=progress)


def _directory(place: Place, machine: Machine) -> Iterator[Finding]:
    data = place.data
    if machine.open_to_others(data):
        yield Finding("data-dir-open", str(data))
    if not machine.writable(data):
        yield Finding("data-dir-read-only", str(data))
    if (kind := machine.file_system(data)) in NETWORK:
        yield Finding("data-dir-on-network", f"{data} is on {kind}")
    if (free := machine.free(data)) < _LEAST_FREE:
        yield Finding("disk-nearly-full", f"{free >> 20} MiB are left for {data}")
    for key in _keys(place):
        if machine.open_to_others(key):
            yield Finding("key-open", str(key))


def _keys(place: Place) -> Iterator[Path]:
    """Files with secrets."""
    internal = place.data / "internal.key"
    if internal.is_file():
        yield internal
    yield from sorted((place.config / "local").glob("*.json"))


def is_alone(data: Path) -> bool:
    """Whether no server is at work in a data directory."""
    if not data.is_dir():
        return True
    return all(PartLock(data, part).holder() is None for part in EVERYTHING)


def mend(place: Place, machine: Machine, findings: list[Finding]) -> list[Finding]:
    """Mend what can be mended safely of what was found; returns what that was.

    Raises:
        DataDirError: a server is at work there.
    """
    wanted = [each for each in findings if each.kind.repaired]
    codes = {each.code for each in wanted}
    if "key-open" in codes:
        for key in _keys(place):
            if machine.open_to_others(key):
                key.chmod(0o600)
    if "data-dir-open" in codes:
        place.data.chmod(0o700)
    if codes - {"key-open", "data-dir-open"}:
        with contextlib.ExitStack() as stack:
            held = stack.enter_context(DataDir(place.data))
            metrics.mend(held.metrics)
    return wanted
