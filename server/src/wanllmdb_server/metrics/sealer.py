"""Sealer: the thread that keeps the log short, the segments few and the file tidy.

It seals a run when enough points wait or have waited long enough, merges segments when a run
has many, and sweeps what nothing refers to.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from wanllmdb_server.domain.retention import Part, Weight
from wanllmdb_server.metrics import releasing
from wanllmdb_server.metrics.attempts import Attempts
from wanllmdb_server.metrics.chunk import DamagedError
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.erasing import BREATH_S, Erasing
from wanllmdb_server.metrics.memtable import Memtable, RunTable
from wanllmdb_server.metrics.quarantine import Quarantine
from wanllmdb_server.metrics.sealing import Sealing
from wanllmdb_server.metrics.store import StoreFullError

_logger = logging.getLogger(__name__)

T = TypeVar("T")

_TICK_S: Final = 0.25
_RETRY_S: Final = 5.0
_ERASE_S: Final = 1.0  # erasing, before runs are looked after again
_DOUBT_S: Final = 3600.0
_CLOSE_S: Final = 2.0  # what is not sealed by then is replayed from the log


@dataclass(frozen=True, slots=True)
class Pace:
    """When the sealer does what. Seconds and points.

    Attributes:
        points: a run with so many waiting is sealed at once;
        age: one whose oldest waits so long, if there are at least `few`;
        patience: and any after so long.
        recent: how long sealed points stay in memory for live viewers.
        quiet: a run that got nothing for so long has its segments merged into one,
        idle: and leaves the memory.
        rest: nothing came for so long, so that the file can be made small.
        checkpoint: bytes of the write-ahead log, from which on it moves into the file.
        pending: points in memory, beyond which appending waits for the sealer.
        queue: bytes of batches, beyond which it waits for the disk,
        hold: and how long it waits.
    """

    points: int = 65536
    age: float = 30.0
    few: int = 1024
    patience: float = 300.0
    recent: float = 10.0
    quiet: float = 120.0
    idle: float = 900.0
    rest: float = 5.0
    checkpoint: int = 16 * 1024 * 1024
    pending: int = 5_000_000
    queue: int = 24 * 1024 * 1024
    hold: float = 5.0


@dataclass(frozen=True, slots=True)
class _Request:
    run: int
    done: Future[Any]
    act: Callable[[], Any]


class Sealer:
    """The thread.

    Args:
        database: the file; its `sealing` connection is this thread's own.
        memtable: points leave it here.
        attempts: of the runs that have several.
        erasing: is done here.
        quarantine: makes sure of what is merged.
        clock: seconds, from anywhere, that never go back.
        pace: when it does what.
        counted: told, now and then, how many points are in memory only.
        idle: told of runs that need not be in memory any more.
    """

    def __init__(
        self,
        database: Database,
        memtable: Memtable,
        attempts: Attempts,
        erasing: Erasing,
        quarantine: Quarantine,
        *,
        clock: Callable[[], float],
        pace: Pace,
        counted: Callable[[int], None],
        idle: Callable[[int], None],
    ) -> None:
        self.pending = 0
        self.sealed = 0
        self._database = database
        self._memtable = memtable
        self._clock = clock
        self._pace = pace
        self._counted = counted
        self._idle = idle
        self._erasing = erasing
        self._quarantine = quarantine
        self._doubted_at = clock()
        self._sealing = Sealing(database, memtable, attempts)
        self._grown_at = clock()
        self._retry_at: dict[int, float] = {}
        self._settled: set[int] = set()
        self._requests: queue.SimpleQueue[_Request | bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="metric-seal", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def grown(self, table: RunTable) -> None:
        """A table got a batch; if it is full now, do not wait for the tick."""
        self._grown_at = self._clock()
        if table.pending >= self._pace.points and not table.noticed:
            table.noticed = True
            self._requests.put(True)

    def seal(self, run: int) -> Future[None]:
        """Seal what waits of a run, and make one of its segments."""
        return self._ask(run, lambda: self._settle(run))

    def copy(self, source: int, target: int, attempt: int, until: int) -> Future[None]:
        """Give an attempt of a run what is shown of another up to a step."""
        return self._ask(target, lambda: self._copy(source, target, attempt, until))

    def release(self, run: int, parts: Sequence[Part]) -> Future[Weight]:
        """Delete the points of some parts of a run."""
        return self._ask(run, lambda: self._release(run, parts))

    def _release(self, run: int, parts: Sequence[Part]) -> Weight:
        table = self._memtable.get(run)
        if table is not None:
            self._seal(table)
        self._quarantine.make_sure([run])
        weight = releasing.release(self._database, run, parts, table)
        self._sealing.sweep()
        return weight

    def _ask(self, run: int, act: Callable[[], T]) -> Future[T]:
        done: Future[T] = Future()
        self._requests.put(_Request(run, done, act))
        return done

    def close(self) -> None:
        """Seal what can be sealed in a short time, and stop."""
        self._sealing.stopping = True
        self._requests.put(False)
        self._thread.join()

    def _work(self) -> None:
        going = True
        while going:
            try:
                request = self._requests.get(timeout=_TICK_S)
            except queue.Empty:
                request = True
            if isinstance(request, _Request):
                self._fulfil(request)
                self._count()  # many requests in a row leave no time for a tick
            elif request:
                self._tick()
            else:
                going = False
        until = time.monotonic() + _CLOSE_S
        for table in self._memtable.all():
            if table.pending + table.frozen and time.monotonic() < until:
                self._try(table.run, lambda table=table: self._seal(table))

    def _fulfil(self, request: _Request) -> None:
        try:
            result = request.act()
        except Exception as error:
            if isinstance(error, DamagedError):
                self._quarantine.examine([request.run], error)
            _logger.exception("metrics: run %d cannot be sealed now", request.run)
            request.done.set_exception(error)
        else:
            request.done.set_result(result)

    def _settle(self, run: int) -> None:
        table = self._memtable.get(run)
        if table is not None:
            self._seal(table)
        self._quarantine.make_sure([run])
        self._sealing.part(run)
        self._sealing.merge(run, final=True)
        self._sealing.sweep()

    def _copy(self, source: int, target: int, attempt: int, until: int) -> None:
        theirs, table = self._memtable.get(source), self._memtable.get(target)
        if table is None:  # it was let go since it was asked for
            raise StoreFullError("The run to copy to is not in memory.", 1.0)
        if theirs is not None:
            self._seal(theirs)
        self._quarantine.make_sure([source])
        self._sealing.copy(source, table, attempt, until)

    def _tick(self) -> None:
        now = self._clock()
        for table in self._memtable.all():
            if self._retry_at.get(table.run, now) <= now:
                self._try(table.run, lambda table=table: self._look_after(table, now))
        self._count()
        self._try(0, self._erase)
        self._try(0, self._sealing.sweep)
        if now - self._grown_at > self._pace.rest:
            self._try(0, self._sealing.tidy)
        if now - self._doubted_at > _DOUBT_S:
            self._doubted_at = now
            self._quarantine.doubt()

    def _erase(self) -> None:
        """Take away some of what is being erased; more of it next time."""
        until = time.monotonic() + _ERASE_S
        while time.monotonic() < until and not self._sealing.stopping and self._erasing.step():
            time.sleep(BREATH_S)

    def _count(self) -> None:
        self.pending = sum(table.pending + table.frozen for table in self._memtable.all())
        self._counted(self.pending)

    def _look_after(self, table: RunTable, now: float) -> None:
        if self._is_due(table, now):
            self._seal(table)
            self._quarantine.make_sure([table.run])
            self._sealing.part(table.run)
            while self._sealing.merge(table.run, final=False):
                pass
            self._count()
        if table.recent_until and table.recent_until < now:
            table.fade()
        silent = now - table.touched
        if silent > self._pace.quiet and table.run not in self._settled:
            if table.pending + table.frozen:
                self._seal(table)
            self._quarantine.make_sure([table.run])
            self._sealing.part(table.run)
            self._sealing.merge(table.run, final=True)
            self._settled.add(table.run)
        if silent > self._pace.idle:
            self._settled.discard(table.run)
            self._idle(table.run)

    def _is_due(self, table: RunTable, now: float) -> bool:
        pending = table.pending + table.frozen
        age = now - table.since
        return pending > 0 and (
            pending >= self._pace.points
            or age >= self._pace.patience
            or (age >= self._pace.age and pending >= self._pace.few)
        )

    def _seal(self, table: RunTable) -> None:
        self._settled.discard(table.run)
        self._sealing.seal(table, self._clock() + self._pace.recent)
        self.sealed += 1

    def _try(self, run: int, act: Callable[[], object]) -> None:
        """Do something that may fail, and will be tried again."""
        try:
            act()
            self._retry_at.pop(run, None)
        except Exception as error:  # whatever it is, the other runs must be sealed
            if isinstance(error, DamagedError):
                self._quarantine.examine([run], error)
            _logger.exception("metrics: run %d cannot be sealed or merged now", run)
            self._retry_at[run] = self._clock() + _RETRY_S
