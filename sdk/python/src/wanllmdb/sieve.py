"""Sieve: what a writer leaves out while the folder of its run is as large as it may be.

Frames go in as they come, and come out if they are kept: at once, or, once points are thinned,
a bucket at a time. What waits in the bucket is in memory, so a SIGKILL costs that much; it
waits some seconds at most. Every row that is left out is counted, and so is every value.

Any thread may `take`, a signal handler, too: no one waits for another.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, TypeVar

from wanllmdb import frame
from wanllmdb.limit import Level, Limit
from wanllmdb.tally import Tally
from wanllmdb.thinning import Bucket, FormOf, read
from wanllmdb.wire import Kind

BUCKET_ROWS: Final = 64
BUCKET_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 0.2  # a row is looked at in microseconds
CONSOLE_SAMPLE: Final = 16
# For each such share of the limit that the folder is beyond it, buckets are twice as large.
DOUBLING: Final = 1 / 16
MAX_DOUBLINGS: Final = 10

ROWS: Final = "spool-limit"
VALUES: Final = "spool-limit-values"
CONSOLE: Final = "spool-limit-console"
SYSTEM: Final = "spool-limit-system"

_Item = TypeVar("_Item")

_POINTS: Final = frozenset({Kind.ROW, Kind.VALUES})
_WORDS: Final = {
    Level.CONSOLE: f"of what is printed one line in {CONSOLE_SAMPLE} is kept",
    Level.SYSTEM: "readings of the system are left out",
    Level.MEDIA: "media are left out",
    Level.POINTS: "points are thinned: the lowest, the highest and the last of every bucket stay",
}


class Sieve:
    """Leaves out what its limit says. One writer's; see the module."""

    def __init__(
        self,
        limit: Limit,
        tally: Tally,
        form_of: FormOf,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Begin with nothing left out.

        Args:
            limit: says what is left out.
            tally: counts it.
            form_of: the form of rows, by its number.
            clock: seconds that only grow.
            wall: seconds since the epoch.
        """
        self.limit = limit
        self._tally = tally
        self._form_of = form_of
        self._clock = clock
        self._wall = wall
        self._bucket = Bucket()
        self._lock = threading.Lock()
        self._since = 0.0
        self._lines = itertools.count()
        self._values = self._values_told = 0
        self._times: tuple[float, float] | None = None  # of the first and the last thinning
        self._words: deque[str] = deque()

    @property
    def is_on(self) -> bool:
        """Whether anything is left out, or still waits to be decided on."""
        return self.limit.level > Level.NOTHING or self._bucket.rows > 0

    @property
    def values_lost(self) -> int:
        """How many values of rows that are kept in part were left out."""
        return self._values

    def look(self, *, everything: bool = True) -> bool:
        """Measure the folder; True if something else is left out from now on."""
        before = self.limit.level
        if not self.limit.look(everything=everything):
            return False
        level = self.limit.level
        if level > before:
            self._words.append(
                f"the folder of the run takes {self.limit.excess:.0%} of what it may "
                f"(WANLLMDB_SPOOL_LIMIT); {_WORDS[level]}"
            )
        elif level == Level.NOTHING:
            self._words.append(f"the folder of the run has room again{self._told_so_far()}")
        return True

    def take(self, content: bytes) -> list[bytes]:
        """What is to be written now that this frame has come; the frame itself, if it is kept."""
        kind, level = content[frame.KIND_AT], self.limit.level
        if kind in _POINTS and (level >= Level.POINTS or self._bucket.rows):
            return self._gather(content)
        if kind == Kind.CONSOLE and level >= Level.CONSOLE:
            if level < Level.POINTS and next(self._lines) % CONSOLE_SAMPLE == 0:
                return [content]
            self._tally.lose(CONSOLE, kind)
            return []
        if kind == Kind.SYSTEM and level >= Level.SYSTEM:
            self._tally.lose(SYSTEM, kind)
            return []
        return [content]

    def settle(self, *, all_of_it: bool = False) -> list[bytes]:
        """What is to be written of a bucket that has waited long enough, or of any."""
        if not self._bucket.rows or not (all_of_it or self._is_ripe()):
            return []
        if not self._lock.acquire(timeout=SETTLE_SECONDS):
            return []
        try:
            return self._empty()
        finally:
            self._lock.release()

    def words(self) -> list[str]:
        """What the user is to be told, each once."""
        return list(_taken(self._words))

    def untold(self) -> list[dict[str, Any]]:
        """LOSS payloads for the values that the server was not told of."""
        lost = self._values
        new, self._values_told = lost - self._values_told, lost
        return [{"reason": VALUES, "count": new, "detail": self.detail(VALUES)}] if new else []

    def detail(self, reason: str) -> str:
        """What a LOSS of this reason says besides its count."""
        if reason == ROWS:
            lost = self._tally.lost.get(ROWS, 0)
            return f"{lost:,} of {self._tally.rows:,} rows thinned {self._span()}: spool limit"
        if reason == VALUES:
            return f"values of rows that were kept in part, thinned {self._span()}: spool limit"
        if reason == CONSOLE:
            return "lines of the terminal left out: spool limit"
        return "readings of the system left out: spool limit" if reason == SYSTEM else ""

    def _gather(self, content: bytes) -> list[bytes]:
        row = read(content, self._form_of)
        # Whoever finds another thread at the bucket, or interrupts one, keeps the row.
        if row is None or row.step == 0 or not self._lock.acquire(blocking=False):
            return [content]
        try:
            if not self._bucket.rows:
                self._since = self._clock()
            self._bucket.add(row)
            full = self._bucket.rows >= self._size()
            return self._empty() if full or self._is_ripe() else []
        finally:
            self._lock.release()

    def _size(self) -> int:
        """How many rows make a bucket."""
        beyond = int((self.limit.excess - 1.0) / DOUBLING)
        return BUCKET_ROWS << max(0, min(MAX_DOUBLINGS, beyond))

    def _is_ripe(self) -> bool:
        """Whether the bucket need not or may not wait until it is full."""
        idle = self.limit.level < Level.POINTS
        return idle or self._clock() - self._since > BUCKET_SECONDS

    def _empty(self) -> list[bytes]:
        """Empty the bucket; for who holds the lock."""
        if self.limit.is_due:  # in the child of a fork nobody else looks
            self.look()
        found = self._bucket.empty()
        self._tally.leave_out(ROWS, found.rows)
        self._values += found.values
        if found.rows or found.values:
            now = self._wall()
            self._times = (self._times[0] if self._times else now), now
        return found.frames

    def _told_so_far(self) -> str:
        lost = self._tally.lost.get(ROWS, 0)
        return f"; {self.detail(ROWS)}" if lost else ""

    def _span(self) -> str:
        first, last = (datetime.fromtimestamp(each).astimezone() for each in self._times or (0, 0))
        form = "%H:%M" if first.date() == last.date() else "%Y-%m-%d %H:%M"
        return f"between {first:{form}} and {last:{form}}"


def _taken(queue: deque[_Item]) -> Iterator[_Item]:
    """What is in a queue now, taken out; less if another thread does the same."""
    for _ in range(len(queue)):
        try:
            yield queue.popleft()
        except IndexError:  # noqa: PERF203
            return
