"""Event files: what TensorBoard reads, read a record at a time while they are being written.

A file is records one behind the other: the length (8 bytes), a checksum of it (4), the record, a
checksum of that (4), in the order of small machines. A record that is not whole yet is read when
it is. The checksum of the length is looked at, because everything behind a wrong one is nonsense.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

MAX_RECORD_BYTES: Final = 256 * 1024 * 1024
_HEAD: Final = struct.Struct("<QI")
_POLYNOMIAL: Final = 0x82F63B78  # CRC-32C, reversed
_MASK: Final = 0xA282EAD8


class EventFile:
    """One file, from its beginning.

    Attributes:
        path: where it lies.
        offset: how far it was read.
        is_broken: what follows can not be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.is_broken = False

    def records(self) -> Iterator[bytes]:
        """The records that are there and were not read yet."""
        if self.is_broken:
            return
        try:
            if self.path.stat().st_size <= self.offset:
                return
            with self.path.open("rb") as file:
                file.seek(self.offset)
                while (record := self._next(file.read(_HEAD.size), file.read)) is not None:
                    self.offset += _HEAD.size + len(record) + 4
                    yield record
        except OSError:  # it is gone, or was never ours to read
            self.is_broken = True

    def _next(self, head: bytes, read: Callable[[int], bytes]) -> bytes | None:
        if len(head) < _HEAD.size:
            return None
        length, check = _HEAD.unpack(head)
        if length > MAX_RECORD_BYTES or check != masked_checksum(head[:8]):
            self.is_broken = True
            return None
        content = read(length + 4)
        return content[:length] if len(content) == length + 4 else None


def framed(record: bytes) -> bytes:
    """A record as it stands in an event file."""
    length = struct.pack("<Q", len(record))
    checks = (struct.pack("<I", masked_checksum(each)) for each in (length, record))
    return length + next(checks) + record + next(checks)


def masked_checksum(content: bytes) -> int:
    """CRC-32C of some bytes, turned by 15 bits and moved, as these files have it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def _entry(number: int) -> int:
    for _ in range(8):
        number = (number >> 1) ^ (_POLYNOMIAL if number & 1 else 0)
    return number


_TABLE: Final = tuple(_entry(number) for number in range(256))
