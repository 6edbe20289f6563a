"""The floor: msgspec's msgpack of the row, one `os.write`, one fsync at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

_encoder = msgspec.msgpack.Encoder()
_files: list[int] = []


def begin(folder: Path) -> Callable[[Mapping[str, float]], object]:
    """Begin a run; returns `log`."""
    fd = os.open(folder / "rows", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _files.append(fd)
    encode, write = _encoder.encode, os.write

    def log(row: Mapping[str, float]) -> None:
        write(fd, encode(row))

    return log


def finish() -> None:
    """Sync the file."""
    os.fsync(_files[0])
    os.close(_files.pop())


def recovered(folder: Path) -> int:
    """How many rows the file holds, by one of the keys that each has."""
    return (folder / "rows").read_bytes().count(b"\xa7samples")
