"""wandb, offline: rows go through its own helper process into a `.wandb` file."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import wandb

BLOCK = 32768
HEADER = 7


def begin(folder: Path) -> Callable[[Mapping[str, float]], object]:
    """Begin a run; returns `log`."""
    return wandb.init(project="bench", mode="offline", dir=str(folder)).log


def finish() -> None:
    """End the run."""
    wandb.finish()


def recovered(folder: Path) -> int:
    """How many history records the file of the run holds."""
    from wandb.proto.wandb_internal_pb2 import Record

    [file] = folder.rglob("*.wandb")
    return sum(
        Record.FromString(each).WhichOneof("record_type") == "history"
        for each in records(file.read_bytes())
    )


def records(content: bytes) -> Iterator[bytes]:
    """The records of LevelDB's log format: blocks of 32 KiB, chunks of crc, length, type."""
    at, parts = HEADER, b""
    while at + HEADER <= len(content):
        if BLOCK - at % BLOCK < HEADER:
            at += BLOCK - at % BLOCK
            continue
        _crc, length, kind = struct.unpack_from("<IHB", content, at)
        chunk = content[at + HEADER : at + HEADER + length]
        at += HEADER + length
        if kind == 0 or len(chunk) < length:
            return
        parts = chunk if kind in {1, 2} else parts + chunk
        if kind in {1, 4}:
            yield parts
