"""Ledger: what a client says it logged, kept outside the spool and by no code of ours.

A client calls `log()`, and when the call has returned it writes how many have returned, and a
running checksum of what they said, by one `os.pwrite` into a slot of a file. A thread or a
process has a slot of its own, so nothing is shared and no lock is taken. SIGKILL leaves a
slot as its last write left it: a row may be in the spool that the ledger does not know yet,
one for each slot, and never the other way round.

What a row says follows from its slot and its number, so the checker can tell it anew.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

SLOT_BYTES = 32  # divides a page: a write of a slot is never torn
_SLOT = struct.Struct("<QII16x")
_VALUE = struct.Struct("<d").pack


class Entry(NamedTuple):
    """What one slot of a ledger says.

    Args (fields):
        slot: which one.
        count: how many calls of `log()` have returned.
        checksum: over the values of these rows, in order.
        ended: the client did everything that it was asked to.
    """

    slot: int
    count: int
    checksum: int
    ended: bool


def value_of(slot: int, number: int) -> float:
    """What row `number` of a slot says beside its number: looks random, fits any float."""
    return ((number * 2_654_435_761 + slot * 40_503 + 12_345) % 16_777_213) / 4096.0


def checksum_of(values: Iterable[float], start: int = 0) -> int:
    """The checksum that a slot has after these values."""
    for value in values:
        start = crc32(_VALUE(value), start)
    return start


class Slot:
    """Where one thread or one process writes, and when it has ended the next one goes on.

    It may be opened after a fork or before.
    """

    def __init__(self, path: Path | str, slot: int = 0) -> None:
        self.slot = slot
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        content = os.pread(self._fd, SLOT_BYTES, slot * SLOT_BYTES)
        self.count, self._checksum, _ = _SLOT.unpack(content.ljust(SLOT_BYTES, b"\0"))
        self._write()

    def returned(self, value: float) -> None:
        """A call of `log()` with this value has returned."""
        self.count += 1
        self._checksum = crc32(_VALUE(value), self._checksum)
        self._write()

    def end(self) -> None:
        """Everything that was asked for is logged."""
        self._write(ended=1)

    def _write(self, ended: int = 0) -> None:
        os.pwrite(
            self._fd, _SLOT.pack(self.count, self._checksum, 2 + ended), self.slot * SLOT_BYTES
        )


def entries(path: Path) -> list[Entry]:
    """What the ledger says, of every slot that was opened; none before the first was."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    found = []
    for slot in range(len(content) // SLOT_BYTES):
        count, checksum, flags = _SLOT.unpack_from(content, slot * SLOT_BYTES)
        if flags:
            found.append(Entry(slot, count, checksum, bool(flags & 1)))
    return found


def returned(path: Path) -> int:
    """How many calls of `log()` have returned, of all slots together."""
    return sum(each.count for each in entries(path))
