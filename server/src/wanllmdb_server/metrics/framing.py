"""Framing: points that are arrays, as the frames in which a spool would have sent them.

Rows are frames of one form. Points that are alone are of a form for each key, those of a key one
behind the other. The store reads both as tables (`shapes`, `sections`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from wanllmdb import frame, wire
from wanllmdb.frame import FRAME_BYTES, Census, Form
from wanllmdb.wire import SEGMENT_SHIFT, Batch, Excerpt, Kind
from wanllmdb_server.domain.block import Block
from wanllmdb_server.metrics.pyramid import Floats, Ints


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch; `positions` tells that of each point."""

    batch: Batch
    positions: Callable[[], list[int]]


def framed(writer: str, start: int, base: int, points: Block, now: int) -> Packed:
    """Pack points, 1000 at most.

    Args:
        writer: whose batch it is.
        start: up to which position the writer is known, at most `base`.
        base: the positions come behind it; the same points have the same ones.
        points: what to pack.
        now: the time of points that say none.
    """
    if points.number is None:
        order = None
        forms = {0: Form(points.keys, "d" * len(points.keys))}
        content = _frames(points, now, np.zeros(1, np.int64), slice(None))
    else:
        order = np.argsort(points.number, kind="stable")
        forms = {number: Form((key,), "d") for number, key in enumerate(points.keys)}
        content = _frames(points, now, points.number[order], order)
    begin = _whole(base, len(content))
    segment, offset = divmod(begin, 1 << SEGMENT_SHIFT)
    count = len(points.step)
    census = Census(count, 1 << Kind.VALUES, frozenset(forms))
    packed = wire.pack_excerpt(start, Excerpt(segment, offset, content, forms), census)
    size = len(content) // count

    def positions() -> list[int]:
        ends = begin + np.arange(1, count + 1) * size
        if order is None:
            return np.repeat(ends, points.width).tolist()
        found = np.empty(count, np.int64)
        found[order] = ends
        return found.tolist()

    return Packed(wire.unpack(writer, packed), positions)


def _frames(points: Block, now: int, form: Ints, order: Ints | slice) -> bytes:
    """A frame for each row, or for each point that is alone."""
    count, width = len(points.step), points.width
    layout = _layout(width)
    size = layout.itemsize
    table = np.empty(count, layout)
    table["magic"], table["version"] = frame.MAGIC, frame.VERSION
    table["length"], table["kind"] = size - FRAME_BYTES, frame.VALUES_KIND
    table["count"] = np.arange(count)
    table["form"] = form
    table["step"] = points.step[order]
    table["time"] = now if points.time is None else points.time[order]
    values: Floats = points.value.reshape(count, width)
    table["value"] = values[order]
    view = table.view(np.uint8).data
    table["check"] = [crc32(view[at : at + size - 4]) for at in range(0, len(view), size)]
    return table.tobytes()


@functools.lru_cache(maxsize=64)
def _layout(width: int) -> np.dtype[np.void]:
    """Of a frame of so many values."""
    return np.dtype(
        [
            ("magic", "S4"),
            ("version", "u1"),
            ("length", "<u4"),
            ("count", "<u4"),
            ("kind", "u1"),
            ("form", "<u2"),
            ("step", "<i8"),
            ("time", "<i8"),
            ("value", "<f8", (width,)),
            ("check", "<u4"),
        ]
    )


def _whole(base: int, size: int) -> int:
    """The base, or the next from which on none of so many bytes is beyond the segment."""
    segment = base >> SEGMENT_SHIFT
    if (base + size) >> SEGMENT_SHIFT == segment:
        return base
    return (segment + 1) << SEGMENT_SHIFT
