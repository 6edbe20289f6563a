"""Packing: points that came some other way than from a spool, as a batch of the store's own.

Points of one moment are one row, and the batch is a list of rows. Points that each have a
moment of their own go as a spool would have sent them: frames of a few forms, one for each key,
which the store reads as tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from typing import Final, cast

import numpy as np
import zstandard

from wanllmdb import wire
from wanllmdb.wire import Batch, Kind
from wanllmdb_server.domain.block import Block
from wanllmdb_server.domain.metric import Sheet, rows_of
from wanllmdb_server.metrics.framing import Packed, framed

ROOM_BITS: Final = 20  # all positions of a batch are less than so far behind its base
_LIKE: Final = 8  # frames of a form in a row; of fewer the store makes no table


def packed(writer: str, start: int, base: int, sheet: Sheet) -> Packed:
    """Pack the points of a sheet, 1000 at most.

    Args:
        writer: whose batch it is.
        start: up to which position the writer is known, at most `base`.
        base: the positions come behind it; the same points have the same ones.
        sheet: the points; each has its step and its time.
    """
    steps, times = cast("Sequence[int]", sheet.step), cast("Sequence[int]", sheet.time)
    if _may_be_alone(sheet, steps, times):
        alone = _alone(writer, start, base, sheet, steps, times)
        if alone is not None:
            return alone
    rows = rows_of(sheet, steps, times)
    kind = int(Kind.ROW)
    records = [
        (base + place + 1, kind, (step, time, values)) for _, place, step, time, values in rows
    ]
    body = zstandard.ZstdCompressor(level=1).compress(wire.encode(records))
    batch = Batch(writer, start, records[-1][0], len(records), 1 << kind, body)

    def positions() -> list[int]:
        each = (repeat(record[0], len(row[4])) for record, row in zip(records, rows, strict=True))
        return list(chain.from_iterable(each))

    return Packed(batch, positions)


def _may_be_alone(sheet: Sheet, steps: Sequence[int], times: Sequence[int]) -> bool:
    """Whether it is worth a look that every point has a moment of its own."""
    two = len(sheet) >= _LIKE and (steps[0], times[0]) != (steps[1], times[1])
    return two and {*map(type, sheet.value)} == {float}  # integers may be too large for a float


def _alone(
    writer: str, start: int, base: int, sheet: Sheet, steps: Sequence[int], times: Sequence[int]
) -> Packed | None:
    """A frame for each point, those of a key together; None if a list is better."""
    step, time = np.array(steps, np.int64), np.array(times, np.int64)
    numbers = {key: number for number, key in enumerate(dict.fromkeys(sheet.key))}
    moves = (step[1:] != step[:-1]) | (time[1:] != time[:-1])
    if not moves.all() or len(numbers) * _LIKE > len(sheet):
        return None
    number = np.fromiter(map(numbers.__getitem__, sheet.key), np.int64, len(sheet))
    value = np.array(sheet.value, np.float64)
    points = Block(sheet.run[0], tuple(numbers), number, step, time, value)
    return framed(writer, start, base, points, now=0)  # every point says its time
