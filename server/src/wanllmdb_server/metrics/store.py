"""MetricStore: rows go in as `log()` made them, curves come out as wide as a screen.

Two promises hold for every store, and tests/contracts/test_metric_store.py keeps them: what
was acknowledged is never lost, nor kept twice; what is drawn was logged.

A run may be logged in several *attempts*: what a process, its ranks and its children log is the
first; one that goes on after a crash is the next (`begin_attempt`). What a later attempt logs
anew supersedes what earlier ones logged there: within each series, every point of an earlier
attempt at or behind the first step that the later one logged. Curves, statistics and points
leave superseded points out; none is ever lost, and `points` gives them when asked. Writers of
one attempt hide nothing of each other. Series that are no part of the training (`system/`,
`console/`) are shown in full. docs/decisions/0014-resume-and-superseded.md says why.

Threads and loops: every method is called on one event loop and may be called concurrently;
an implementation does its disk and array work in threads of its own. Batches of one
(run, writer) may arrive concurrently, twice, or overlapping. A run is the catalog's number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from wanllmdb.wire import Batch
from wanllmdb_server.domain.damage import Damage
from wanllmdb_server.domain.errors import ServerError
from wanllmdb_server.domain.receipt import Count, WriterTotals
from wanllmdb_server.domain.retention import Part, Weight
from wanllmdb_server.domain.series import (
    Accepted,
    Chart,
    Curve,
    KeyStats,
    Overview,
    Points,
    Scan,
    Series,
    Superseded,
    Tail,
    Window,
)


class PositionGapError(Exception):
    """A batch starts behind what the store knows of its writer: rows between would be lost."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"The batch does not follow position {expected}.")
        self.expected = expected


class Reply(Protocol):
    """Where it is told what became of a batch: an `asyncio.Future`, or what looks like one."""

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop on which the others are called."""
        ...

    def done(self) -> bool:
        """Whether nobody waits any more."""
        ...

    def set_result(self, result: Any, /) -> None:
        """The batch is durable, as `append` would return; of an `Accepted`."""
        ...

    def set_exception(self, error: Any, /) -> None:
        """The batch is not kept, as `append` would raise."""
        ...


class MetricStore(Protocol):
    """Keeps the rows of every run, and draws curves from them."""

    def offer(self, run: int, batch: Batch, reply: Reply) -> bool:
        """`append` for many callers at once, who are told by and by; may decline (False).

        It returns at once, on the event loop, and takes what it can without waiting. What was
        declined is as if never offered: `append` takes it, or says why not.
        """
        ...

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

    async def begin_attempt(
        self, run: int, writer: str, *, at: int, since: int, after: int | None = None
    ) -> None:
        """`writer` goes on with the run where others left it: a later attempt begins.

        Told before the writer's first batch, durable when this returns. Who was heard before
        belongs to the attempts before, and a writer that nobody says anything of to the last
        one. A writer that has its attempt already keeps it: told twice is as told once.

        Attempts are ordered by `at`, not by when the store hears of them, so that an attempt
        that was kept offline and comes late supersedes nothing of the one that followed it.
        And a writer that logs, after a later attempt began, ran beside it: from then on the
        two count as one, unless the later one was rewound to a step.

        Args:
            run: may be one that nobody logged to.
            writer: the one that goes on.
            at: when it began, in microseconds on its clock (`started_at`).
            since: when the run began, on the clock of who made it.
            after: it was rewound to this step: what earlier attempts logged behind it is
                superseded from now on, in every series, whether it is logged again or not.
        """
        ...

    async def join_attempt(self, run: int, writer: str, *, at: int) -> None:
        """`writer` is one of several that run at the same time: a rank, a child, `shared`.

        It belongs to the attempt that began nearest to `at`. Nothing is done, and nothing
        written, while the run has but one attempt.
        """
        ...

    async def copy(self, source: int, target: int, until: int) -> None:
        """Give `target` what is shown of `source` up to the step `until`, as if logged before.

        For a fork: the points become an attempt before all others of `target`. They stay when
        `source` is forgotten, and what comes to `source` later is not among them. A target
        that was given points once is not given any again, so a caller that does not know
        whether it has copied copies once more. All of it is there, or nothing. They
        count for no writer: neither in `writers` nor in `count`, which names damage of theirs.

        Raises:
            StoreFullError: there is no room for it; nothing was copied, try later.
        """
        ...

    async def positions(self, run: int, writers: Sequence[str] | None = None) -> Mapping[str, int]:
        """How far each writer of a run is durable; all that are known, or those named."""
        ...

    async def writers(self, run: int) -> Mapping[str, WriterTotals]:
        """What was taken of each writer of a run, counted in one with its position.

        Whatever comes again, and whatever dies in between, is counted once.
        """
        ...

    async def count(self, run: int) -> Count:
        """The points of a run that are there now, found by reading all that is kept of it.

        Nothing that was counted before is believed, and every checksum is verified. What is
        damaged is named in the answer, not raised. It takes its time, beside other questions.
        """
        ...

    async def curves(self, series: Sequence[Series], window: Window, buckets: int) -> list[Curve]:
        """One curve for each series, in the order asked, all on one grid.

        The grid's width is the smallest power of two with which the extents (lowest to
        highest step) of all series asked, cut to the window, fall into at most `buckets`
        buckets. A bucket that the window cuts is given whole: a bucket is the same in every
        window. A series that nobody logged, or of objects, is an empty curve.
        """
        ...

    async def charts(self, charts: Sequence[Chart]) -> list[list[Curve]]:
        """`curves` of each of these, in the order asked: as if asked one by one, but quicker."""
        ...

    async def points(
        self,
        series: Series,
        window: Window,
        *,
        limit: int,
        cursor: str | None = None,
        superseded: Superseded = "hide",
    ) -> Points:
        """Exact points by step (equal steps by attempt, then by arrival), at most `limit`.

        Numbers and objects alike; those that are superseded are left out, there too, or alone.
        A cursor goes on with the question that gave it.

        Raises:
            ValueError: the cursor is none that this method gave.
        """
        ...

    async def scan(
        self, series: Sequence[Series], window: Window, superseded: Superseded = "hide"
    ) -> list[Scan]:
        """Exact points of many series as arrays, in the order asked: as `points` gives them.

        All of them are in memory at once: who asks knows how many they are.
        """
        ...

    async def tail(self, series: Sequence[Series], after: Sequence[int]) -> list[Tail]:
        """What came to number series after `after[i]` points, in order of arrival.

        Served from memory; a series with nothing new gives an empty tail. A tail never leads
        over a point that took others out of the view, or was superseded as it came: it begins
        behind it, with `start` beyond `after[i]`, for the asker to draw the curve anew.
        """
        ...

    async def keys(
        self, runs: Sequence[int], keys: Sequence[str] | None = None
    ) -> dict[int, list[KeyStats]]:
        """The series of each run with their statistics, by key; all, or those named.

        A run that nobody logged to has none. A key with numbers and objects is a series of
        numbers; its objects are found among its `points`. `logged` and `superseded` count
        points, all else is said of those that are shown; a series without any is left out.
        """
        ...

    async def overview(self, runs: Sequence[int], keys: Sequence[str] | None = None) -> Overview:
        """What `keys` says of the series of numbers, as columns: quicker, for very many."""
        ...

    async def seal(self, run: int) -> None:
        """A hint that no rows of the run are expected soon: make it small and quick to read.

        It changes no answer, and rows may come all the same.
        """
        ...

    async def weigh(self, runs: Sequence[int]) -> Mapping[int, Mapping[Part, Weight]]:
        """How many points of each part of runs are sealed, and about how many bytes."""
        ...

    async def release(self, run: int, parts: Sequence[Part]) -> Weight:
        """Delete the points of some parts of a run, and keep all else; returns what went.

        For a run that has ended. What the writers were told of stays as it is: nothing is
        asked for again, and `count` says how many points were let go.
        """
        ...

    async def damage(self, runs: Iterable[int]) -> Mapping[int, Sequence[Damage]]:
        """What of these runs can no longer be read, as far as that was noticed.

        Cheap; a run that lacks nothing is left out. Answers of the other methods lack what is
        told here, and nothing else.
        """
        ...

    async def forget(self, run: int) -> None:
        """Drop all that is known of a run. To forget it twice is no error.

        When this returns the run is not there any more, also after a power cut; what it took
        of the disk is given back in the background. Until then who appends to the run is told
        to come again later.
        """
        ...

    async def close(self) -> None:
        """Make everything durable and stop the threads. Nothing may be called afterwards."""
        ...


class DamagedStoreError(ServerError):
    """What was asked cannot be answered, for the disk changed what was stored."""

    code = "store-damaged"


class StoreFullError(Exception):
    """The store cannot take more at the moment; try again after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
