"""Block: points of one run as arrays, for batches in which there is nothing to be said of one.

What `Sheet` has as lists of objects stands here in a few arrays, however many points there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.metric import Sheet

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Block:
    """Points in the order of their batch.

    They are rows, each with all keys in their order, or (with `number`) each alone: of one key,
    and of another moment than the one before it.

    Attributes:
        run: "owner/project/id" or a bare id.
        keys: each once, in order of appearance.
        number: of the key of each point that is alone, among `keys`; None for rows.
        step: of each row, or of each point that is alone.
        time: likewise, in microseconds since the epoch; None is now.
        value: of each point. No integer that a float64 does not hold.
    """

    run: str
    keys: tuple[str, ...]
    number: Ints | None
    step: Ints
    time: Ints | None
    value: Floats

    def __len__(self) -> int:
        return len(self.value)

    @property
    def width(self) -> int:
        """How many points are at one moment."""
        return len(self.keys) if self.number is None else 1

    def sheet(self, now: int | None = None) -> Sheet:
        """The same point by point; who says no time has that of `now`."""
        count, width = len(self), self.width
        numbers = range(width) if self.number is None else self.number.tolist()
        keys = [self.keys[number] for number in numbers]
        times: Sequence[int | None] = [now] * count
        if self.time is not None:
            times = np.repeat(self.time, width).tolist()
        return Sheet(
            range(count),
            [self.run] * count,
            keys * (len(self.step) if self.number is None else 1),
            self.value.tolist(),
            np.repeat(self.step, width).tolist(),
            times,
        )
