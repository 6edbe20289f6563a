"""Chunks: stretches of points and of bins as bytes, compressed, with a checksum.

Four letters say what it is, a crc32 covers all that follows it. A chunk that is a body of the
store is bound to its number (`bind`): found under another one it is damaged, too::

    WAX1  axes: steps, and times in microseconds
    WVA1  values as float64, bit for bit
    WPY1  bins of a pyramid's level (`pyramid.Bins`)
    WOB1  objects: anything but numbers, as msgpack

Axes stand apart from values because all keys of a row share one: it is stored once for all of
them. Where neighbours are alike, their differences are written. Numbers are cut into planes
(all lowest bytes, all second bytes, …), and each plane is compressed for itself, or said in one
byte if it is constant. Bytes that are not what was written raise `DamagedError`. One chunk may
hold many series back to back; who owns which part of it is said elsewhere.
"""

from __future__ import annotations

import struct
import threading
import zlib
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from wanllmdb_server.metrics import checks, pyramid
from wanllmdb_server.metrics.pyramid import Bins, Floats, Ints

_FRAME: Final = struct.Struct("<4sI")
_AXIS: Final = struct.Struct("<Iqqq?")
_VALUES: Final = struct.Struct("<I?")
_BINS: Final = struct.Struct("<IIqq")
_PLANES: Final = struct.Struct("<8I")
_BOUND: Final = b"2"  # instead of the 1 in the four letters
_LEVEL: Final = 1
_MANY: Final = 2048  # words; above, a plane at a time goes faster into place
_MAX_UNPACKED: Final = 1 << 30

Thing: TypeAlias = tuple[int, int, Any]  # step, time, value


class DamagedError(Exception):
    """Stored bytes are not what was written. The disk, or somebody's hand, changed them.

    `body` is the number of the body that they are, if they are one.
    """

    def __init__(self, message: str, body: int | None = None) -> None:
        super().__init__(message)
        self.body = body


@dataclass(frozen=True, slots=True)
class Stretch:
    """Points in order: parallel arrays.

    `extra` is what float64 could not hold of integers beyond 2^53, None if there are none: the
    logged value is `int(value) + extra`. `attempt` is the number of the one that logged them.
    """

    step: Ints
    time: Ints
    value: Floats
    extra: Ints | None = None
    attempt: int = 0

    def __len__(self) -> int:
        return len(self.step)

    def __getitem__(self, part: slice | NDArray[Any]) -> Stretch:
        extra = None if self.extra is None else self.extra[part]
        return Stretch(self.step[part], self.time[part], self.value[part], extra, self.attempt)


EMPTY: Final = Stretch(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def join(parts: list[Stretch]) -> Stretch:
    """Stretches, one after another, as one, of the attempt that the first is of."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return EMPTY
    extra = None
    if any(part.extra is not None for part in parts):
        none = [np.zeros(len(p), np.int64) if p.extra is None else p.extra for p in parts]
        extra = np.concatenate(none)
    return Stretch(
        np.concatenate([part.step for part in parts]),
        np.concatenate([part.time for part in parts]),
        np.concatenate([part.value for part in parts]),
        extra,
        parts[0].attempt,
    )


def encode_axis(step: Ints, time: Ints) -> bytes:
    """At least one (step, time) as WAX1."""
    jumps = np.diff(step)
    regular = bool(len(step) < 2 or (jumps == jumps[0]).all())
    stride = int(jumps[0]) if regular and len(jumps) else 0
    head = _AXIS.pack(len(step), int(step[0]), int(time[0]), stride, regular)
    steps = b"" if regular else _pack(jumps)
    return _frame(b"WAX1", head + steps + _pack(np.diff(time)))


def decode_axis(chunk: bytes | memoryview, number: int = 0) -> tuple[Ints, Ints]:
    """The steps and times of a WAX1; `number` is the body's, of one that is bound."""
    body = _open(chunk, b"WAX1", number)
    n, first, start, stride, regular = _AXIS.unpack_from(body)
    at = _AXIS.size
    if regular:
        step = np.arange(n, dtype=np.int64) * stride + first
    else:
        step, at = _summed(first, body, at, n)
    time, _ = _summed(start, body, at, n)
    return step, time


def encode_values(value: Floats, extra: Ints | None) -> bytes:
    """Values, and what float64 could not hold of them, as WVA1."""
    beyond = extra is not None and bool(extra.any())
    packed = _pack(value) + (_pack(extra) if extra is not None and beyond else b"")
    return _frame(b"WVA1", _VALUES.pack(len(value), beyond) + packed)


def decode_values(chunk: bytes | memoryview, number: int = 0) -> tuple[Floats, Ints | None]:
    """The values of a WVA1; `number` as for an axis."""
    body = _open(chunk, b"WVA1", number)
    n, beyond = _VALUES.unpack_from(body)
    value, at = _unpack(body, _VALUES.size, n)
    extra = _unpack(body, at, n)[0] if beyond else None
    return value.view(np.float64), extra


def encode_bins(bins: Bins) -> bytes:
    """At least one bin as WPY1. Rows that are zero throughout cost a bit each."""
    present = [row for row in range(pyramid.FIELDS) if row <= pyramid.TIME or bins[row].any()]
    words = bins[present]
    for row in (pyramid.STEP, pyramid.TIME):
        words[row, 1:] = np.diff(bins[row])
        words[row, 0] = 0
    mask = sum(1 << row for row in present)
    first, start = int(bins[pyramid.STEP, 0]), int(bins[pyramid.TIME, 0])
    head = _BINS.pack(bins.shape[1], mask, first, start)
    return _frame(b"WPY1", head + _pack(words.reshape(-1)))


def decode_bins(chunk: bytes | memoryview, number: int = 0) -> Bins:
    """The bins of a WPY1; `number` as for an axis."""
    body = _open(chunk, b"WPY1", number)
    n, mask, first, start = _BINS.unpack_from(body)
    present = [row for row in range(pyramid.FIELDS) if mask >> row & 1]
    bins = np.empty((pyramid.FIELDS, n), np.int64)
    _unpack(body, _BINS.size, n * len(present), into=bins.reshape(-1))
    for at in range(len(present) - 1, -1, -1):  # from the last one on: none is written over
        if present[at] != at:
            bins[present[at]] = bins[at]
    for row in range(pyramid.FIELDS):
        if not mask >> row & 1:
            bins[row] = 0
    bins[pyramid.STEP, 0], bins[pyramid.TIME, 0] = first, start
    np.cumsum(bins[: pyramid.TIME + 1], axis=1, out=bins[: pyramid.TIME + 1])
    return bins


def encode_objects(things: list[Thing]) -> bytes:
    """Objects as WOB1."""
    return _frame(b"WOB1", _codecs.squeeze(msgspec.msgpack.encode(things)))


def decode_objects(chunk: bytes | memoryview, number: int = 0) -> list[Thing]:
    """The objects of a WOB1; `number` as for an axis."""
    body = _open(chunk, b"WOB1", number)
    return msgspec.msgpack.decode(_codecs.swell(body), type=list[tuple[int, int, Any]])


def _frame(magic: bytes, body: bytes) -> bytes:
    return _FRAME.pack(magic, zlib.crc32(body)) + body


def bind(number: int, chunk: bytes) -> bytes:
    """The chunk as the body of this number."""
    magic, checksum = _FRAME.unpack_from(chunk)
    head = _FRAME.pack(magic[:3] + _BOUND, checksum ^ checks.of_number(number))
    return head + memoryview(chunk)[_FRAME.size :]


def is_whole(chunk: bytes | memoryview, number: int) -> bool:
    """Whether a body is what was written under this number, whatever is in it."""
    view = memoryview(chunk)
    if len(view) < _FRAME.size:
        return False
    magic, checksum = _FRAME.unpack_from(view)
    bound = checks.of_number(number) if magic[3:] == _BOUND else 0
    return zlib.crc32(view[_FRAME.size :]) ^ bound == checksum


def _open(chunk: bytes | memoryview, magic: bytes, number: int) -> memoryview:
    """What is in a chunk; one that is not bound to a number is of an older store."""
    view = memoryview(chunk)
    if len(view) < _FRAME.size:
        raise DamagedError("A chunk is shorter than its header.")
    if bytes(view[:4]) not in (magic, magic[:3] + _BOUND) or not is_whole(view, number):
        raise DamagedError(f"A chunk of kind {magic.decode()} does not have its checksum.")
    return view[_FRAME.size :]


def _pack(words: NDArray[Any]) -> bytes:
    """Numbers of eight bytes each as eight planes."""
    if not len(words):
        return b""
    planes = np.ascontiguousarray(words.view(np.uint8).reshape(-1, 8).T)
    constant = (planes == planes[:, :1]).all(axis=1)
    parts = [
        planes[k, :1].tobytes() if constant[k] else _codecs.squeeze(planes[k].data)
        for k in range(8)
    ]
    return _PLANES.pack(*map(len, parts)) + b"".join(parts)


def _unpack(body: memoryview, at: int, n: int, *, into: Ints | None = None) -> tuple[Ints, int]:
    """`n` numbers that `_pack` wrote at `at` (the first ones of `into`), and where they end."""
    words = np.empty(n, np.int64) if into is None else into[:n]
    if not n:
        return words, at
    lengths = _PLANES.unpack_from(body, at)
    at += _PLANES.size
    bytewise = words.view(np.uint8).reshape(n, 8)
    planes = bytewise if n > _MANY else np.empty((8, n), np.uint8).T
    for k, length in enumerate(lengths):
        part = body[at : at + length]
        at += length
        planes[:, k] = part[0] if length == 1 else np.frombuffer(_codecs.swell(part), np.uint8)
    if planes is not bytewise:
        bytewise[:] = planes
    return words, at


def _summed(first: int, body: memoryview, at: int, n: int) -> tuple[Ints, int]:
    words = np.empty(n, np.int64)
    words[0] = first
    words[1:], at = _unpack(body, at, n - 1)
    return np.cumsum(words, out=words), at


class _Codecs(threading.local):
    """zstd contexts are not for two threads at once; each thread keeps its own."""

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self._decompressor = zstandard.ZstdDecompressor()

    def squeeze(self, data: bytes | memoryview) -> bytes:
        return self._compressor.compress(data)

    def swell(self, data: memoryview) -> bytes:
        return self._decompressor.decompress(data, max_output_size=_MAX_UNPACKED)


_codecs = _Codecs()
