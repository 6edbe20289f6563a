"""Freight: the orders of one run, on their way to a server beside its records.

Gigabytes of an artifact must not keep the rows behind them waiting: they go from a thread of
their own, which lives while there is something to carry. A journal is not done with before its
run's orders are (`sender`, `relay`), so that whoever finishes the one finishes the others.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wanllmdb import consignment
from wanllmdb.backoff import Backoff
from wanllmdb.consignment import Consignment
from wanllmdb.sink import OpenedRun, RefusedError, UnreachableError

if TYPE_CHECKING:
    from wanllmdb.carrier import Carrier

LOOK_SECONDS: Final = 2.0  # how often orders of other processes are looked for
LINE_SECONDS: Final = 0.2
REFUSED_SECONDS: Final = 30.0
ELSEWHERE_SECONDS: Final = 0.1  # another process has begun with what is left
# These may be about the key, or the run: the order itself is not refused.
_NOT_THE_ORDER: Final = frozenset({401, 403})
_NOT_THE_ORDER_CODES: Final = frozenset({"run-not-found", "project-not-found"})


def _say_nothing(line: str) -> None:
    del line


class Freight:
    """Carries out the orders that lie in a run's directory."""

    def __init__(
        self,
        directory: Path,
        make: Callable[[], Carrier],
        *,
        tell: Callable[[str], None] = _say_nothing,
        rested: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is carried before `look`.

        Args:
            directory: of the run.
            make: the carrier, when one is needed.
            tell: told of what was refused.
            rested: called when nothing is left to carry.
            clock: seconds that only grow.
        """
        self.trouble: str | None = None
        self.refused: dict[str, int] = {}
        self._directory = directory
        self._make = make
        self._tell = tell
        self._rested = rested
        self._clock = clock
        self._carrier: Carrier | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._looked_at = -LOOK_SECONDS
        self._made = -1
        self._not_before = 0.0
        self._waiting: list[Consignment] = []

    @property
    def answers(self) -> int:
        """Grows while something is taken."""
        return self._carrier.answers if self._carrier is not None else 0

    @property
    def waiting(self) -> int:
        """How many orders the last look found that are not carried out."""
        return len(self._waiting)

    def look(self, run: OpenedRun, *, at_once: bool = False) -> None:
        """See what there is to carry, and have it carried."""
        now = self._clock()
        due = at_once or self._made != consignment.made() or now - self._looked_at >= LOOK_SECONDS
        if not due or self._is_alive:
            return
        self._made, self._looked_at = consignment.made(), now
        self._waiting = consignment.waiting(self._directory)
        if self._waiting and now >= self._not_before and not self._stopped.is_set():
            self._begin(run)

    def is_empty(self) -> bool:
        """Whether nothing is left to carry."""
        if not self._is_alive:
            self._waiting = consignment.waiting(self._directory)
        return not self._waiting and not self._is_alive

    def stop(self) -> None:
        """Begin nothing more; what is on its way stays to be done."""
        self._stopped.set()

    def carry(self, run: OpenedRun) -> None:
        """Carry out what there is, in this thread.

        Raises:
            UnreachableError, RefusedError: the rest has to wait.
        """
        for each in consignment.waiting(self._directory):
            if self._stopped.is_set():
                return
            with each.claimed() as mine:
                if mine:
                    self._carry(each, run)

    @property
    def _is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _begin(self, run: OpenedRun) -> None:
        self._thread = threading.Thread(
            target=self._run, args=(run, os.getpid()), name="wanllmdb-freight", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError:  # the interpreter ends, and begins no threads any more
            self._thread = None
            self._run(run, os.getpid())

    def _run(self, run: OpenedRun, pid: int) -> None:
        """Until nothing is left, or it has to wait."""
        backoff = Backoff()
        while not self._stopped.is_set() and os.getpid() == pid:
            delay = self._try(run, backoff)
            if delay is None:
                return
            self._stopped.wait(delay)

    def _try(self, run: OpenedRun, backoff: Backoff) -> float | None:
        """Carry what there is; in how many seconds to go on, None: not in this thread."""
        try:
            self.carry(run)
        except UnreachableError as error:
            self.trouble = str(error)
            return backoff.next(error.retry_after)
        except Exception as error:  # noqa: BLE001 - whatever it was, the order stays
            self.trouble = str(error)
            self._not_before = self._clock() + REFUSED_SECONDS
            if not isinstance(error, RefusedError):
                self._tell(f"an artifact could not be sent, and is tried again: {error!r:.200}")
            return None
        self.trouble = None
        backoff.reset()
        self._rested()
        self._waiting = consignment.waiting(self._directory)
        return ELSEWHERE_SECONDS if self._waiting else None

    def _carry(self, each: Consignment, run: OpenedRun) -> None:
        if self._carrier is None:
            self._carrier = self._make()
        try:
            facts = self._carrier.carry(each, run)
        except RefusedError as error:
            if error.status in _NOT_THE_ORDER or error.code in _NOT_THE_ORDER_CODES:
                raise
            each.refuse(error.code, error.detail or str(error))
            self.refused[error.code] = self.refused.get(error.code, 0) + 1
            self._tell(f"the server refuses an artifact: {error}; it is kept in {each.folder}")
        else:
            each.settle(facts)


class Moved:
    """A line on a terminal that says how much has been sent; it goes when all is."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._moved = 0
        self._said_at = 0.0

    def __call__(self, size: int) -> None:
        """So many bytes more."""
        self._moved += size
        now = time.monotonic()
        if not self._silent and now - self._said_at >= LINE_SECONDS:
            self._said_at = now
            self._write(f"\rwanllmdb: {self._moved / 1e6:,.1f} MB of artifacts sent")

    def clear(self) -> None:
        """All is sent: the line goes."""
        if self._said_at:
            self._write("\r\x1b[K")
        self._moved, self._said_at = 0, 0.0

    def _write(self, text: str) -> None:
        with contextlib.suppress(Exception):  # closed, or not a stream
            if sys.stderr.isatty():
                sys.stderr.write(text)
                sys.stderr.flush()
