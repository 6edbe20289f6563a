"""Batches as the SDK's sender makes them: the bytes of a segment, rows by form."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from wanllmdb import frame, wire
from wanllmdb.frame import census
from wanllmdb.moulds import Moulds
from wanllmdb.wire import SEGMENT_SHIFT, Excerpt


class Writer:
    """A writer whose rows have these keys and are floats; one segment, however long."""

    def __init__(self, keys: list[str]) -> None:
        self._mould = Moulds().cast(frame.Form(tuple(keys), "d" * len(keys)))
        self._position = 0
        self._count = 0

    def batch(
        self, steps: Iterable[int], times: Iterable[int], rows: Iterable[list[float]]
    ) -> bytes:
        """The next batch, packed."""
        mould = self._mould
        frames: list[bytes] = []
        for step, moment, row in zip(steps, times, rows, strict=True):
            self._count += 1
            content = mould.pack(mould.prefix, self._count, mould.sign, step, moment, *row)
            frames.append(content + crc32(content).to_bytes(4, "little"))
        content = b"".join(frames)
        start = self._position
        segment, offset = divmod(start, 1 << SEGMENT_SHIFT)
        excerpt = Excerpt(segment, offset, content, {mould.number: mould.form})
        self._position = excerpt.end
        return wire.pack_excerpt(start, excerpt, census(content))
