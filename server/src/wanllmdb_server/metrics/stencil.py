"""Stencil: rows that differ in their numbers only, read where the numbers stand.

A training loop logs the same keys again and again, so the records of its batch are, byte for
byte, one form filled in many times. The form of the first record is read once; if all others
have its length and agree with it wherever no number stands, every number of the batch lies at
a known distance from the one before, and a column is one strided copy. Whatever is odd is left
to those who decode record by record; the answers are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from wanllmdb.wire import Kind, array_head
from wanllmdb_server.metrics.pyramid import Floats, Ints

# First byte of a number in msgpack, and what follows it.
_INTEGERS: Final = {
    0xCC: ">u1",
    0xCD: ">u2",
    0xCE: ">u4",
    0xCF: ">u8",
    0xD0: ">i1",
    0xD1: ">i2",
    0xD2: ">i4",
    0xD3: ">i8",
}
_VALUES: Final = {0xCA: ">f4", 0xCB: ">f8"} | {
    tag: form
    for tag, form in _INTEGERS.items()
    if form[-1] != "8"  # others may be inexact
}
_SMALL: Final = 0x80  # integers below are their own first byte
_TRIPLE: Final = 0x93
_STRINGS: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_MAPS: Final = {0xDE: 2, 0xDF: 4}


@dataclass(frozen=True, slots=True)
class Cut:
    """What a batch of like rows holds: numbers by row, and values by key and row."""

    position: Ints
    step: Ints
    time: Ints
    keys: list[str]
    values: list[Floats]


class _OddError(Exception):
    """A form that is not read here."""


def cut(content: bytes, count: int) -> Cut | None:
    """The numbers of `count` records (`wire`: the unpacked body) of one form; None if they vary.

    Nothing is checked that would need a look at the numbers, but that they fit an int64.
    """
    head = len(array_head(count))
    length, rest = divmod(len(content) - head, count)
    if rest or content[:head] != array_head(count):
        return None
    try:
        form = _Form(content[head : head + length])
    except (_OddError, IndexError, UnicodeDecodeError):
        return None
    table = np.frombuffer(content, np.uint8, offset=head).reshape(count, length)
    varies = np.bitwise_or.reduce(table ^ table[0], axis=0)
    if varies[form.fixed].any() or (table[:, form.small] >= _SMALL).any():
        return None
    names = [f"f{at}" for at in range(len(form.formats))]
    layout = {
        "names": names,
        "formats": form.formats,
        "offsets": form.offsets,
        "itemsize": length,
    }
    records = np.frombuffer(content, np.dtype(layout), offset=head)  # pyright: ignore[reportCallIssue, reportArgumentType]
    if any(records[name].max() >> 63 for name in names[:3] if records[name].dtype.kind == "u"):
        return None
    position, step, time = (records[name].astype(np.int64) for name in names[:3])
    values = [records[name].astype(np.float64) for name in names[3:]]
    return Cut(position, step, time, form.keys, values)


class _Form:
    """Where the numbers stand in a record [position, ROW, [step, time, {key: number}]].

    Attributes:
        keys: of the row; each once.
        formats, offsets: of position, step, time and every value.
        small: offsets of integers below 128, which have no first byte of their own.
        fixed: a mark for each byte that must be alike in all records.
    """

    def __init__(self, record: bytes) -> None:
        self.keys: list[str] = []
        self.formats: list[str] = []
        self.offsets: list[int] = []
        self.small: list[int] = []
        self.fixed = np.ones(len(record), bool)
        self._record = record
        self._at = 0
        self._expect(_TRIPLE)
        self._number(_INTEGERS)
        self._expect(Kind.ROW)
        self._expect(_TRIPLE)
        self._number(_INTEGERS)
        self._number(_INTEGERS)
        for _ in range(self._length(0x80, 0x8F, _MAPS)):
            size = self._length(0xA0, 0xBF, _STRINGS)
            self.keys.append(record[self._at : self._at + size].decode())
            self._at += size
            self._number(_VALUES)
        if self._at != len(record) or len(set(self.keys)) != len(self.keys):
            raise _OddError

    def _byte(self) -> int:
        self._at += 1
        return self._record[self._at - 1]

    def _expect(self, byte: int) -> None:
        if self._byte() != byte:
            raise _OddError

    def _length(self, low: int, high: int, longer: dict[int, int]) -> int:
        byte = self._byte()
        if low <= byte <= high:
            return byte - low
        if byte not in longer:
            raise _OddError
        self._at += longer[byte]
        return int.from_bytes(self._record[self._at - longer[byte] : self._at])

    def _number(self, known: dict[int, str]) -> None:
        byte = self._byte()
        if byte < _SMALL:
            self._at -= 1
            self.small.append(self._at)
        elif byte not in known:
            raise _OddError
        form = known.get(byte, ">u1")
        size = int(form[-1])
        self.formats.append(form)
        self.offsets.append(self._at)
        self.fixed[self._at : self._at + size] = False
        self._at += size
        if self._at > len(self._record):
            raise _OddError
