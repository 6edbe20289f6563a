"""Watch: makes the runs of machines without network visible while they go on.

Processes on nodes that reach no server keep their runs in a directory that others can see, too.
A watch on a machine that does reach the server follows that directory: what is written there
is on the server a moment later, living runs keep their heart-beat, and what is acknowledged is
removed as their own senders would remove it. It may be ended anywhere and begun again, and two
of them follow each journal once.

A journal whose writer lives and sends for itself is left to it until it is dead. Whether a
writer lives is told by its lock, where locks are seen across machines, and by the pulse that it
gives the lock's file (`journal.PULSE_SECONDS`), where they are not. A journal is removed only
when its writer closed it, or died on this machine, or gave no sign for ten minutes.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wanllmdb import journal, relay, uploads
from wanllmdb.backoff import Backoff
from wanllmdb.freight import Freight
from wanllmdb.outbox import Outbox
from wanllmdb.relay import Leftover
from wanllmdb.sink import OpenedRun, RefusedError, Sink, UnreachableError

TURN_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 15.0
SILENT_SECONDS: Final = 6 * journal.PULSE_SECONDS  # then no heart-beat is sent for a writer
GONE_SECONDS: Final = 600.0  # then its journal may be removed
REFUSED_SECONDS: Final = 600.0
BATCHES_A_TURN: Final = 20  # of one journal, so that a backlog does not hide the others


@dataclass(frozen=True, slots=True)
class News:
    """Something that a watch has to tell.

    Attributes:
        what: `following`, `finished` (nothing is left of the journal), `problem`, `recovered`.
        leftover: which journal.
        url: the run's page; empty while no server knows it.
        sent: records that were acknowledged since the watch began.
        detail: why there is a problem, for people.
    """

    what: str
    leftover: Leftover
    url: str
    sent: int
    detail: str = ""


class Watch:
    """Follows directories; `turn` is one look at them all.

    Args:
        roots: spool directories, or directories of runs.
        sink_of: where a journal goes.
        tell: hears the news.
        clock: seconds that only grow.
        wall: seconds since the epoch.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        sink_of: Callable[[Leftover], Sink],
        tell: Callable[[News], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._roots = roots
        self._sink_of = sink_of
        self._tell = tell
        self._clock = clock
        self._wall = wall
        self._followed: dict[tuple[Path, str], _Followed] = {}

    def turn(self) -> int:
        """Look for new journals, and send what is new in those that are known.

        Returns:
            how many records were acknowledged.
        """
        for leftover in self._found():
            followed = self._begun(leftover)
            if followed is not None:
                self._followed[leftover.directory, leftover.writer] = followed
        before = sum(each.sent for each in self._followed.values())
        for each in list(self._followed.values()):
            each.turn(self._clock())
        after = sum(each.sent for each in self._followed.values())
        for key, each in list(self._followed.items()):
            if each.ended:
                del self._followed[key]
        return after - before

    def close(self) -> None:
        """Leave every journal to others."""
        for each in self._followed.values():
            each.close()
        self._followed.clear()

    def _found(self) -> Iterator[Leftover]:
        for root in self._roots:
            yield from relay.journals(root, known=self._followed)

    def _begun(self, leftover: Leftover) -> _Followed | None:
        """What follows a journal; None if nobody needs to, or another watch does."""
        signs = _Signs(leftover, self._wall)
        if not leftover.run or (leftover.server and signs.alive):
            return None
        fd = journal.lock(leftover.directory, leftover.writer, suffix=journal.RELAY)
        if fd is None:
            return None
        sink = self._sink_of(leftover)
        return _Followed(leftover, sink, fd, signs=signs, tell=self._tell, clock=self._clock)


class _Signs:
    """What is seen of a writer."""

    def __init__(self, leftover: Leftover, wall: Callable[[], float]) -> None:
        self._leftover = leftover
        self._wall = wall
        self._is_here = leftover.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether its process runs, as far as can be seen."""
        return self._is_locked() or (not self._is_here and self._silence() < SILENT_SECONDS)

    @property
    def gone(self) -> bool:
        """Whether it will certainly write no more."""
        return not self._is_locked() and (self._is_here or self._silence() > GONE_SECONDS)

    def _is_locked(self) -> bool:
        return journal.is_alive(self._leftover.directory, self._leftover.writer)

    def _silence(self) -> float:
        pulse = journal.pulse(self._leftover.directory, self._leftover.writer)
        return self._wall() - pulse


class _Followed:
    """One journal on its way.

    Attributes:
        ended: nothing is left of it, or nothing can be done for it.
    """

    def __init__(
        self,
        leftover: Leftover,
        sink: Sink,
        fd: int,
        *,
        signs: _Signs,
        tell: Callable[[News], None],
        clock: Callable[[], float],
    ) -> None:
        self.ended = False
        self._leftover = leftover
        self._sink = sink
        self._fd = fd
        self._signs = signs
        self._tell = tell
        self._clock = clock
        self._gone_fd: int | None = None  # the writer's own lock, once it is gone
        self._outbox = Outbox(
            leftover.directory,
            leftover.writer,
            live=lambda: self._gone_fd is None,
            buries=True,
            clock=clock,
        )
        self._freight = Freight(leftover.directory, lambda: sink.carrier())
        self._run: OpenedRun | None = None
        self._backoff = Backoff()
        self._not_before = self._beat_at = 0.0
        self._problem = ""

    @property
    def sent(self) -> int:
        """How many of its records were acknowledged."""
        return self._outbox.sent

    def turn(self, now: float) -> None:
        """Send what there is; put off what cannot be sent now."""
        if now < self._not_before:
            return
        try:
            self._look(now)
        except UnreachableError as error:
            self._put_off(self._backoff.next(error.retry_after), str(error))
        except RefusedError as error:
            self._run = None
            self._put_off(REFUSED_SECONDS, str(error))
        else:
            self._backoff.reset()
            if self._problem:
                self._problem = ""
                self._news("recovered")

    def _look(self, now: float) -> None:
        run = self._opened()
        self._freight.look(run)
        if any(not self._send(run, now) for _ in range(BATCHES_A_TURN)):
            if self._is_gone():
                self._finish(run, now)
            elif self._signs.alive:
                self._beat(run, now)

    def close(self) -> None:
        """Leave it to others."""
        self._freight.stop()
        self._outbox.close()
        self._sink.close()
        for fd in (self._fd, self._gone_fd):
            if fd is not None:
                os.close(fd)

    def _is_gone(self) -> bool:
        """Whether the writer writes no more; its lock is ours from then on."""
        if self._gone_fd is None and (self._outbox.tallied or self._signs.gone):
            leftover = self._leftover
            self._gone_fd = journal.lock(leftover.directory, leftover.writer)
        return self._gone_fd is not None

    def _finish(self, run: OpenedRun, now: float) -> None:
        outbox = self._outbox
        if not self._freight.is_empty():
            return  # the journal goes last
        # What a killed writer could not say is said in between, and is still to be sent.
        if outbox.finish() or (self._send(run, now) and outbox.finish()):
            uploads.tidy(self._leftover.directory)
            self.ended = True
            self._news("finished")
            self.close()

    def _opened(self) -> OpenedRun:
        if self._run is None:
            payload = {**self._leftover.run, "writer": self._leftover.writer}
            self._run = self._sink.open_run(payload)
            self._beat_at = self._clock()
            self._news("following")
        return self._run

    def _send(self, run: OpenedRun, now: float) -> bool:
        """Send a batch; False if there was nothing to send."""
        self._outbox.fill()
        if not self._outbox.waiting:
            return False
        self._beat_at = now
        self._outbox.send(self._sink, run)
        return True

    def _beat(self, run: OpenedRun, now: float) -> None:
        if now - self._beat_at >= BEAT_SECONDS:
            self._beat_at = now
            self._sink.heartbeat(run.owner, run.project, run.id)

    def _put_off(self, seconds: float, problem: str) -> None:
        self._not_before = self._clock() + seconds
        if problem != self._problem:
            self._problem = problem
            self._news("problem", problem)

    def _news(self, what: str, detail: str = "") -> None:
        url = self._run.url if self._run is not None else ""
        self._tell(News(what, self._leftover, url, self.sent, detail))
