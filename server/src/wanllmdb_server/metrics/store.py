"""MetricStore: rows go in as `log()` made them, curves come out as wide as a screen.

Two promises hold for every store, and tests/contracts/test_metric_store.py keeps them: what
was acknowledged is never lost, nor kept twice; what is drawn was logged.

Threads and loops: every method is called on one event loop and may be called concurrently;
an implementation does its disk and array work in threads of its own. Batches of one
(run, writer) may arrive concurrently, twice, or overlapping. A run is the catalog's number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from wanllmdb.wire import Batch
from wanllmdb_server.domain.series import Accepted, Curve, KeyStats, Points, Series, Tail, Window


class PositionGapError(Exception):
    """A batch starts behind what the store knows of its writer: rows between would be lost."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"The batch does not follow position {expected}.")
        self.expected = expected


class MetricStore(Protocol):
    """Keeps the rows of every run, and draws curves from them."""

    async def append(self, run: int, batch: Batch) -> Accepted:
        """Keep the rows of the batch; return when they would outlive a power cut.

        A row is known by run, writer and position: sent again, alone or in another batch, it
        is kept once. Records of other kinds than rows only move the position. Rows are
        visible to every other method when this returns.

        Raises:
            PositionGapError: `batch.start` is higher than the writer's position.
            wire.WireError: the body is damaged; nothing of it was kept.
            StoreFullError: the disk is full or the queue is; nothing was kept, try later.
        """
        ...

    async def positions(self, run: int) -> Mapping[str, int]:
        """How far each writer of a run is durable."""
        ...

    async def curves(self, series: Sequence[Series], window: Window, buckets: int) -> list[Curve]:
        """One curve for each series, in the order asked, all on one grid.

        The grid's width is the smallest power of two with which the extents (lowest to
        highest step) of all series asked, cut to the window, fall into at most `buckets`
        buckets. A bucket that the window cuts is given whole: a bucket is the same in every
        window. A series that nobody logged, or of objects, is an empty curve.
        """
        ...

    async def points(
        self, series: Series, window: Window, *, limit: int, cursor: str | None = None
    ) -> Points:
        """Exact points by step (equal steps by arrival), at most `limit`, numbers or objects.

        Raises:
            ValueError: the cursor is none that this method gave.
        """
        ...

    async def tail(self, series: Sequence[Series], after: Sequence[int]) -> list[Tail]:
        """What came to number series after `after[i]` points, in order of arrival.

        Served from memory; a series with nothing new gives an empty tail.
        """
        ...

    async def keys(
        self, runs: Sequence[int], keys: Sequence[str] | None = None
    ) -> dict[int, list[KeyStats]]:
        """The series of each run with their statistics, by key; all, or those named.

        A run that nobody logged to has none. A key with numbers and objects is a series of
        numbers; its objects are found among its `points`.
        """
        ...

    async def seal(self, run: int) -> None:
        """A hint that no rows of the run are expected soon: make it small and quick to read.

        It changes no answer, and rows may come all the same.
        """
        ...

    async def forget(self, run: int) -> None:
        """Drop all that is known of a run. To forget it twice is no error."""
        ...

    async def close(self) -> None:
        """Make everything durable and stop the threads. Nothing may be called afterwards."""
        ...


class StoreFullError(Exception):
    """The store cannot take more at the moment; try again after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
