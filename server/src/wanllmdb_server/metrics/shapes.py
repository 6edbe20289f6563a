"""Shapes: excerpts that hold nothing but whole rows of one form, which nearly all do.

A training logs the same keys again and again, so what its sender sends are frames of one length,
from the first byte to the last. The head of such an excerpt says the same each time, but for
where it lies in its segment; what it says of the form is read once and remembered.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from zlib import crc32

import msgspec
import numpy as np

from wanllmdb import frame
from wanllmdb.frame import FRAME_BYTES, HEAD_BYTES, RESIDUE, VALUES_KIND, Form
from wanllmdb.wire import SEGMENT_SHIFT, Batch
from wanllmdb_server.metrics.cells import EXACT, bad_key
from wanllmdb_server.metrics.chunk import Stretch
from wanllmdb_server.metrics.columns import Column, Columns

_EXCERPT: Final = b"WLSB"
_HEAD_AT: Final = 8
_PAIR: Final = 0x92  # an array of two in msgpack: how the head of an excerpt begins
# How long an integer is in msgpack by its first byte; below 128 it is its own first byte.
_INTEGERS: Final = {0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9}
_FORMS: Final = 4096  # remembered
_SIZES: Final = 64  # of frames, whose checksums are remembered
# The bytes of a frame that all rows of a form have in common: all of its head but the count.
_COMMON: Final = np.array([*range(9), 13, 14, 15])
_STEP: Final = HEAD_BYTES + 2

_heads = msgspec.msgpack.Decoder(tuple[int, dict[int, tuple[list[str], str]]])


class Shape(NamedTuple):
    """A form as its frames have it.

    Args (fields):
        keys: of each row; all can be keys of a run.
        size: of a frame.
        unpack: reads one: magic, version, length, count, kind, number, step, time, values, check.
        head: what the frame says of itself: magic, version, length, kind, number.
        common: the same as the bytes `_COMMON`.
        whole: places among the values that are integers.
    """

    keys: tuple[str, ...]
    size: int
    unpack: Callable[[bytes, int], tuple[Any, ...]]
    head: tuple[bytes, int, int, int, int]
    common: bytes
    whole: tuple[int, ...]


class Rows(NamedTuple):
    """The frames of an excerpt that seems to be of one form; they are still to be looked at.

    Args (fields):
        begin: where the first one is.
        count: how many there are.
        first: the position of the first.
    """

    shape: Shape
    begin: int
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    first: int


_shapes: dict[bytes, Shape | None] = {}
_checksums: dict[int, list[int]] = {}  # of frames of a size, by how many there are


def rows_of(batch: Batch, content: bytes) -> Rows | None:
    """What an inflated body holds, if it is an excerpt of as many whole frames as fit it."""
    if content[:4] != _EXCERPT:
        return None
    begin = _HEAD_AT + int.from_bytes(content[4:_HEAD_AT], "little")
    if not _HEAD_AT + 2 <= begin < len(content) or content[_HEAD_AT] != _PAIR:
        return None
    tag = content[_HEAD_AT + 1]
    width = 1 if tag < 0x80 else _INTEGERS.get(tag, 0)
    behind = _HEAD_AT + 1 + width
    shape = _shape(content[behind:begin], content[_HEAD_AT:begin]) if width else None
    if shape is None:
        return None
    offset = int.from_bytes(content[behind - max(width - 1, 1) : behind], "big")
    count, rest = divmod(len(content) - begin, shape.size)
    segment, end = divmod(batch.end, 1 << SEGMENT_SHIFT)
    if rest or offset + count * shape.size != end:
        return None
    return Rows(shape, begin, count, (segment << SEGMENT_SHIFT | offset) + shape.size)


def columns_of(rows: Rows, content: bytes) -> Columns | None:
    """The rows as columns; None if they are not all whole, of this form, and plain numbers."""
    shape, begin, count, first = rows
    table = np.frombuffer(content, np.uint8, offset=begin).reshape(count, shape.size)
    if (table[:, _COMMON] != np.frombuffer(shape.common, np.uint8)).any():
        return None
    if crc32(memoryview(content)[begin:]) != checksum(shape.size, count):
        return None
    words = np.ascontiguousarray(table[:, _STEP:-4]).view("<i8").T.copy()
    step, time, values = words[0], words[1], words[2:]
    if (time < 0).any():
        return None
    reals = values.view(np.float64)
    for at in shape.whole:
        if ((values[at] >= EXACT) | (values[at] <= -EXACT)).any():
            return None
        reals[at] = values[at]
    position = np.arange(first, first + count * shape.size, shape.size)
    columns = Columns(position)
    for key, each in zip(shape.keys, reals, strict=True):
        columns.numbers[key] = Column(position, Stretch(step, time, each))
    return columns


def checksum(size: int, count: int) -> int:
    """The CRC of so many whole frames of this size, one behind the other, whatever is in them.

    Each ends in its own, so alone it comes to `RESIDUE`; and behind other bytes, the CRC of
    those, carried on over as many zeros, is added to it. What the CRC of a frame shows, that of
    all of them shows, and it is ten times as fast as to look at each.
    """
    known = _checksums.get(size, [0])
    if len(known) <= count:
        known = known.copy()  # another thread may be at it as well
        zeros = bytes(size)
        nothing = crc32(zeros)
        while len(known) <= count:
            known.append(crc32(zeros, known[-1]) ^ nothing ^ RESIDUE)
        if len(_checksums) >= _SIZES:
            _checksums.clear()
        _checksums[size] = known
    return known[count]


def _shape(said: bytes, head: bytes) -> Shape | None:
    """The form that the head of an excerpt names, if it is but one; `said` is what names it."""
    try:
        return _shapes[said]
    except KeyError:
        pass
    if len(_shapes) >= _FORMS:
        _shapes.clear()
    _shapes[said] = found = _read(head)
    return found


def _read(head: bytes) -> Shape | None:
    try:
        _, named = _heads.decode(head)
    except (msgspec.DecodeError, RecursionError):
        return None
    if len(named) != 1:
        return None
    [(number, said)] = named.items()
    form = frame.checked_form(*said)
    if form is None or not 0 <= number < 1 << 16 or any(map(bad_key, form.keys)):
        return None
    return _shape_of(number, form)


def _shape_of(number: int, form: Form) -> Shape:
    unpack = struct.Struct(f"<4sBIIBHqq{form.types}I")
    length = unpack.size - FRAME_BYTES
    head = frame.HEAD.pack(frame.MAGIC, frame.VERSION, length, 0, VALUES_KIND)
    common = head[:9] + head[13:14] + number.to_bytes(2, "little")
    said = (frame.MAGIC, frame.VERSION, length, VALUES_KIND, number)
    whole = tuple(at for at, code in enumerate(form.types) if code == "q")
    return Shape(form.keys, unpack.size, unpack.unpack_from, said, common, whole)
