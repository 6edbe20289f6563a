"""Uploads: the files that a run's records name, on their way to a server.

A file goes before the record that names it, so it is sent by whoever sends the record: the
running process, the next one, `wanllmdb sync`. Sent twice, the server keeps it once. A file
that is sent is removed here. It lies where its record says ("at"), else under its own name.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from wanllmdb import consignment
from wanllmdb.frame import Frame
from wanllmdb.sink import OpenedRun, RefusedError, Sink
from wanllmdb.wire import Kind, WireError, decode

FOLDER: Final = "files"  # of a run's directory
IN_MEMORY_BYTES: Final = 1024 * 1024
# The file itself is refused for good; anything else may be about the run or the key.
_REFUSED: Final = frozenset({400, 413, 415, 422})


def upload(frames: Iterable[Frame], directory: Path, sink: Sink, run: OpenedRun) -> list[str]:
    """Send the files that these records name; the codes of those that were refused for good.

    Raises:
        UnreachableError: try again later.
        RefusedError: the run or the key is refused, not a file.
    """
    refused: list[str] = []
    for said in _named(frames):
        path = _inside(directory / FOLDER, said.get("at") or said.get("path"))
        if path is None or not path.is_file():
            continue  # sent before, or somebody removed it
        try:
            sink.put_file(
                run.owner,
                run.project,
                run.id,
                str(said["path"]),
                path if path.stat().st_size > IN_MEMORY_BYTES else path.read_bytes(),
                digest=str(said.get("digest", "")),
                mime=str(said.get("mime", "")),
            )
        except RefusedError as error:
            if error.status not in _REFUSED:
                raise
            refused.append(error.code)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
    return refused


def tidy(directory: Path) -> None:
    """Remove the folders of a run in which nothing is left, and its own if that is so."""
    consignment.tidy(directory)
    folder = directory / FOLDER
    for path in sorted((each for each in folder.rglob("*") if each.is_dir()), reverse=True):
        with contextlib.suppress(OSError):
            path.rmdir()
    for path in (folder, directory):
        with contextlib.suppress(OSError):
            path.rmdir()


def _named(frames: Iterable[Frame]) -> Iterator[dict[str, Any]]:
    for frame in frames:
        if frame.kind == Kind.FILE:
            with contextlib.suppress(WireError):
                said = decode(frame.payload)
                if isinstance(said, dict):
                    yield said


def _inside(folder: Path, name: object) -> Path | None:
    """The file of that name below the folder; None for a name that would lead out of it."""
    if not isinstance(name, str) or not name:
        return None
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        return None
    found = folder / path
    return None if found.is_symlink() else found
