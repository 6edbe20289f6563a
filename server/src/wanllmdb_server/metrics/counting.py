"""Counting: how many points a batch brings to a run, told before any of them is kept.

What has no room among the keys of a run is known here as the memtable will find it, so that
totals can be written in the transaction that makes the points durable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from wanllmdb.wire import MAX_KEYS_PER_RUN
from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.metrics.columns import Columns


@dataclass(frozen=True, slots=True)
class Taken:
    """What is new of a batch: rows and points that are kept, and what is not."""

    rows: int
    points: int
    refused: int

    def on_top_of(self, before: WriterTotals, position: int) -> WriterTotals:
        """The totals of its writer, who is known up to this position with it."""
        return WriterTotals(
            position,
            _more(before.rows, self.rows),
            _more(before.points, self.points),
            _more(before.refused, self.refused),
        )


@dataclass(slots=True)
class Room:
    """The room among the keys of runs, while batches that are counted wait to be kept."""

    _coming: dict[int, set[str]] = field(default_factory=dict[int, set[str]])

    def count(self, run: int, known: Collection[str], columns: Columns) -> Taken:
        """What is kept of the columns of a run that has these keys already."""
        coming = self._coming.setdefault(run, set())
        points = full = 0
        for key, size in _sizes(columns):
            if key not in known and key not in coming:
                if len(known) + len(coming) >= MAX_KEYS_PER_RUN:
                    full += size
                    continue
                coming.add(key)
            points += size
        malformed = sum(code == "malformed-row" for _, code, _ in columns.rejected)
        return Taken(len(columns.position) - malformed, points, len(columns.rejected) + full)


def _sizes(columns: Columns) -> Iterator[tuple[str, int]]:
    for key, column in columns.numbers.items():
        yield key, len(column.position)
    for each in columns.objects:
        yield each.key, 1


def _more(before: int | None, new: int) -> int | None:
    """The sum; what was not counted from the beginning stays unknown."""
    return None if before is None else before + new
