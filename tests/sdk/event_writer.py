"""A writer of event files, as small as a test needs: messages made by hand, field by field."""

from __future__ import annotations

import struct
import time
from pathlib import Path
from typing import Any

from wanllmdb.event_file import framed


def field(number: int, value: Any) -> bytes:
    """A field of a message: an int, a float of 64 bits, text, or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value & 0xFFFFFFFFFFFFFFFF)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def single(number: int, value: float) -> bytes:
    """A field with a float of 32 bits."""
    return varint(number << 3 | 5) + struct.pack("<f", value)


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def doubles(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def scalar(tag: str, value: float) -> bytes:
    return field(1, field(1, tag) + single(2, value))


def tensor(tag: str, plugin: str, content: bytes) -> bytes:
    metadata = field(1, field(1, plugin))
    return field(1, field(1, tag) + field(9, metadata) + field(8, content))


def image(tag: str, content: bytes, *, width: int = 3, height: int = 2) -> bytes:
    picture = field(1, height) + field(2, width) + field(4, content)
    return field(1, field(1, tag) + field(4, picture))


def histogram(
    tag: str, limits: list[float], counts: list[float], *, least: float, greatest: float
) -> bytes:
    edges = field(6, doubles(limits)) + field(7, doubles(counts))
    return field(1, field(1, tag) + field(5, field(1, least) + field(2, greatest) + edges))


def event(step: int, *values: bytes) -> bytes:
    return field(1, time.time()) + field(2, step) + field(5, b"".join(values))


class EventFileWriter:
    """Writes events into a file of its own; the class that the libraries' writers write with."""

    def __init__(self, logdir: str | Path, *, host: str = "host", flushes: bool = True) -> None:
        self._logdir = str(logdir)
        Path(logdir).mkdir(parents=True, exist_ok=True)
        self._file_name = f"{logdir}/events.out.tfevents.{int(time.time()):010d}.{host}"
        self._flushes = flushes
        self._waiting = b""
        self.add_event(Message(field(3, "brain.Event:2")))
        self.flush()

    def get_logdir(self) -> str:
        return self._logdir

    def add_event(self, event: Message) -> None:
        self._waiting += framed(event.SerializeToString())
        if self._flushes:
            self.flush()

    def add(self, step: int, *values: bytes) -> None:
        self.add_event(Message(event(step, *values)))

    def flush(self) -> None:
        with Path(self._file_name).open("ab") as file:
            file.write(self._waiting)
        self._waiting = b""


class Message:
    """As much of a message of protobuf as is asked of one."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def SerializeToString(self) -> bytes:  # noqa: N802 - protobuf's word
        return self._content
