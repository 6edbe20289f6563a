"""Sender: the thread that empties a run's spool into a sink while the training runs.

It reads what was appended from the disk, as batches of at most 256 KiB: as soon as 1000
metrics are there, after 5 seconds at the latest, and at once while somebody watches the run.
It owns no data: if it dies, hangs or is never scheduled again, nothing is lost, and what it
did not send is sent by the next process (`wanllmdb.relay`).

It never raises into the training and never makes it wait. Nothing is sent before the run is
known to the server; when that succeeds late, everything logged until then follows. Fork
children of the training that log are sent from here too.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wanllmdb.backoff import Backoff
from wanllmdb.complaints import Complaints
from wanllmdb.family import Family
from wanllmdb.freight import Freight
from wanllmdb.keeper import Keeper
from wanllmdb.outbox import Outbox
from wanllmdb.sink import OpenedRun, RefusedError, Sink, UnreachableError
from wanllmdb.spool import Spool

POLL_SECONDS: Final = 0.25
BEAT_SECONDS: Final = 15.0  # a run that logs nothing hears so soon that it shall stop
WATCHED_BEAT_SECONDS: Final = 5.0
SCAN_SECONDS: Final = 2.0
REFUSED_DELAY: Final = 600.0
KEY_SECONDS: Final = 2.0  # how often a refused sender looks for another key
# At most so long at a stretch, and then nine times as long a rest: a tenth of one core.
STRETCH_SECONDS: Final = 0.0002
REST_FACTOR: Final = 9.0
NO_PROGRESS_SECONDS: Final = 10.0
STUMBLES: Final = 3  # mistakes in a row after which nobody waits for us any longer


@dataclass(frozen=True, slots=True)
class Report:
    """What became of what was logged, for the line at exit.

    Attributes:
        sent: records that the server acknowledged.
        kept: records that are on this disk, to be sent by the next start or `wanllmdb sync`.
        rejected: how many of the sent ones the server passed over, by reason.
        lost: records that could not even be kept, by reason.
        reachable: the server answered when it was last asked.
        problem: why not everything was sent, for people; None when it was.
        directory: where the kept ones are.
    """

    sent: int
    kept: int
    rejected: Mapping[str, int]
    lost: Mapping[str, int]
    reachable: bool
    problem: str | None
    directory: str


class Sender:
    """Sends a spool to a sink. `turn` is one step of it; `start` makes a thread do the steps.

    Attributes:
        opened: the run as the server knows it; None until it does.
        watched: somebody looks at the run just now.
        refusal: the server understands us and says no, so nothing is sent for now.
        trouble: what went wrong in the last contact, for people; None when nothing did.
    """

    def __init__(
        self,
        spool: Spool,
        sink: Sink,
        payload: Mapping[str, Any],
        *,
        freight: Freight | None = None,
        flush_rows: int = 1000,
        flush_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
        on_stop: Callable[[], None] | None = None,
        on_opened: Callable[[OpenedRun], None] | None = None,
        on_trouble: Callable[[str], None] | None = None,
    ) -> None:
        """Prepare; nothing is sent before `start` or `turn`.

        Args:
            spool: what to send. The sender reads it from the disk.
            sink: where to; used by the sender's thread alone from now on.
            payload: of the RUN record, which opens the run.
            freight: what goes beside the records, and has to be there when all is sent.
            flush_rows: so many metrics are sent however young, every few seconds.
            flush_seconds: so old, a metric is sent, however alone.
            clock: seconds that only grow.
            random: 0 ≤ x < 1, for the jitter.
            on_stop: called once, from the sender's thread, when the server says stop.
            on_opened: called once, from the sender's thread, when the run is known.
            on_trouble: told, from the sender's thread, what somebody has to mend before more
                can be sent; what comes of the very first contact is for `wait` to say.
        """
        self.opened: OpenedRun | None = None
        self.watched = False
        self.refusal: RefusedError | None = None
        self.trouble: str | None = None
        self._spool = spool
        self._sink = sink
        self._payload = {**payload, "writer": spool.writer}
        self._freight = freight or Freight(spool.directory, lambda: sink.carrier())
        self._flush_rows = flush_rows
        self._flush_seconds = flush_seconds
        self._clock = clock
        self._on_stop = on_stop
        self._on_opened = on_opened
        self._on_trouble = on_trouble
        self._pid = os.getpid()
        self._backoff = Backoff(random)
        self._complain = Complaints()
        self._keeper = Keeper(spool, revive=self._revive, complain=self._complain)
        self._wake = threading.Event()
        self._asked = threading.Event()
        self._drained = threading.Event()
        self._thread: threading.Thread | None = None
        self._finishing = self._stopped = self._told_stop = False
        self._muddled = False  # after a mistake of ours nobody knows what is in memory
        self._stumbles = 0  # such mistakes in a row
        self._reachable: bool | None = None
        self._urgent = 0  # position up to which nothing waits to become due
        self._not_before = self._beat_at = self._answer_at = self._scan_at = 0.0
        self._stretch_began = 0.0
        self._look_at = 0.0
        self._told = ""
        self._is_told = False
        main = Outbox(
            spool.directory,
            spool.writer,
            live=lambda: not spool.closed,
            breathe=self._breathe,
            adopt=spool.append,
            clock=clock,
            follower=spool.memory,
        )
        self._family = Family(main, self._outbox_of_child)

    def start(self) -> None:
        """Send from a thread of its own; again, if it died. Nothing happens in a fork child."""
        if os.getpid() != self._pid or self._stopped:
            return
        if not self._is_alive:
            self._thread = threading.Thread(target=self._run, name="wanllmdb-sender", daemon=True)
            with contextlib.suppress(RuntimeError):  # the interpreter ends: `finish` sends
                self._thread.start()
        self._keeper.start()  # last: it begins the thread again where there is none

    def wait(self, seconds: float) -> OpenedRun | None:
        """The run as the server knows it, or None if it has not said so in time.

        Raises:
            RefusedError: the server said no: a wrong key, a run that is not there or is.
        """
        self._asked.wait(seconds)
        if self.opened is None and self.refusal is not None:
            raise self.refusal
        return self.opened

    def hurry(self, seconds: float) -> None:
        """Send at once what was appended until now; wait at most so long until it is sent.

        Fit for a signal handler: takes no lock. Waits for no server that does not answer.
        """
        self._urgent = self._spool.last_position
        end = time.monotonic() + seconds
        while self._reachable and self._is_urgent() and time.monotonic() < end:
            time.sleep(0.005)

    def _is_urgent(self) -> bool:
        return self._family.main.mark.position < self._urgent

    def turn(self) -> float:
        """Do what is due, and say in how many seconds something may be."""
        now = self._clock()
        if now < self._not_before and not self._has_another_key(now):
            return self._not_before - now
        if self._muddled:
            self._family.restart()
            self._muddled = False
        try:
            run = self._open_run()
            if now >= self._scan_at:
                self._scan_at = now + SCAN_SECONDS
                self._family.look()
            self._send(run)
            self._beat(run)
        except UnreachableError as error:
            self._put_off(error)
        except RefusedError as error:
            self._refuse(error)
        except OSError as error:
            self._put_off(UnreachableError(f"The spool cannot be read: {error}"))
        return POLL_SECONDS if self._not_before <= now else self._not_before - self._clock()

    def finish(self, *, budget_unreachable: float = 4.5, budget_progress: float = 60.0) -> Report:
        """Close the spool, send what is left within a budget, and stop.

        Args:
            budget_unreachable: seconds, if the server does not answer.
            budget_progress: seconds, as long as it answers something every 10 seconds.
        """
        if os.getpid() != self._pid:
            return self._report()
        self._spool.close(release=False)
        self._keeper.stop()
        if self.refusal is None and not self._is_told:
            self._not_before = 0.0
        self._finishing = True
        self._wake.set()
        began = progress_at = time.monotonic()
        heard = heard_at_first = self._heard
        while not self._is_done() and self.refusal is None:
            now = time.monotonic()
            if (latest := self._heard) != heard:
                heard, progress_at = latest, now
            answers = self._reachable and heard > heard_at_first  # now, not only long ago
            answers = answers and self._stumbles < STUMBLES  # and we can make use of them
            budget = budget_progress if answers else budget_unreachable
            if now - began > budget or now - progress_at > NO_PROGRESS_SECONDS:
                break
            if self._not_before - self._clock() > budget - (now - began):
                break  # nothing will be tried within the budget
        self._stopped = True
        self._freight.stop()
        self._wake.set()
        if self._drained.is_set() or not self._is_alive:
            self._family.release()
        self._spool.release()
        return self._report()

    @property
    def kept(self) -> int:
        """How many records were given to it until now."""
        return self._spool.appended

    @property
    def pending(self) -> int:
        """How many of them no server has acknowledged."""
        main = self._family.main
        return max(0, self._spool.appended - main.sent - main.quarantined)

    @property
    def _refused(self) -> dict[str, int]:
        """What the server refused, records and orders, by code."""
        found = self._family.refused
        for code, count in self._freight.refused.items():
            found[code] = found.get(code, 0) + count
        return found

    @property
    def _heard(self) -> int:
        """Grows as long as the server takes what it is given."""
        return self._sink.answers + self._freight.answers

    @property
    def _is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _is_done(self) -> bool:
        """Wait a moment for the thread, or do a step in its place if it is gone."""
        if self._is_alive:
            return self._drained.wait(0.02)
        if self._drained.is_set():
            return True
        self._step()
        if not self._drained.is_set():
            time.sleep(max(0.0, min(0.02, self._not_before - self._clock())))
        return self._drained.is_set()

    def _report(self) -> Report:
        main = self._family.main
        appended, left = self._spool.appended, self.pending
        kept = left + self._freight.waiting if not self._drained.is_set() else 0
        lost = dict(self._spool.lost)
        if self._spool.memory is not None and kept:
            kept, lost["memory"] = 0, kept
        if main.gaps:
            lost["gap"] = main.gaps
        if left > kept:
            lost["damaged"] = left
        return Report(
            sent=min(main.sent, appended),
            kept=kept,
            rejected=self._refused,
            lost=lost,
            reachable=bool(self._reachable),
            problem=(self.trouble or self._freight.trouble) if kept or "memory" in lost else None,
            directory=str(self._spool.directory),
        )

    def _run(self) -> None:
        try:
            while not self._stopped and os.getpid() == self._pid:
                if not self._finishing:
                    self._keeper.start()
                delay = self._step()
                if self._drained.is_set():
                    return
                self._wake.wait(min(max(delay, 0.0), POLL_SECONDS))
                self._wake.clear()
        except BaseException as error:  # noqa: BLE001  the keeper begins the thread again
            self._stumble(error)

    def _revive(self) -> None:
        """Begin the thread again if it died; called by the keeper until `finish`."""
        if not self._is_alive:
            self.start()

    def _step(self) -> float:
        """A turn that survives what nobody foresaw: the thread goes on, the data waits."""
        is_due = self._clock() >= self._not_before
        try:
            delay = self.turn()
            if self._finishing and self._is_sent():
                self._drained.set()
            elif self._finishing:
                delay = min(delay, 0.01) if self._not_before <= self._clock() else delay
            self._stumbles = 0 if is_due else self._stumbles
        except Exception as error:  # noqa: BLE001  whatever it was, the thread goes on
            self._stumble(error)
            delay = POLL_SECONDS
        self._asked.set()
        return delay

    def _is_sent(self) -> bool:
        """Whether nothing is left to send. The journal goes last: it is by it that all is found."""
        return self._freight.is_empty() and self._family.is_sent()

    def _stumble(self, error: BaseException) -> None:
        """A mistake of ours: said, left alone for a while, and begun again from the disk."""
        self._muddled = True
        self._stumbles += 1
        self._complain("The sender", error)
        self.trouble = repr(error)
        self._not_before = self._clock() + self._backoff.next()

    def _open_run(self) -> OpenedRun:
        if self.opened is None:
            opened = self._sink.open_run(self._payload)
            self._answered()
            self.opened = opened
            self._beat_at = self._clock()
            # Known from now on: opened again after a 404, it must not insist on being new.
            self._payload.pop("resume", None)
            if self._on_opened is not None:
                callback, self._on_opened = self._on_opened, None
                callback(opened)
        return self.opened

    def _send(self, run: OpenedRun) -> None:
        """Send what is due of every journal, and what goes beside them."""
        for outbox in self._family:
            self._empty(outbox, run)
        self._freight.look(run, at_once=self._finishing)

    def _empty(self, outbox: Outbox, run: OpenedRun) -> None:
        hurried = self.watched or self._finishing or self._is_urgent()
        seconds = 0.0 if hurried else self._flush_seconds
        outbox.fill()
        while outbox.is_due(self._clock(), metrics=self._flush_rows, seconds=seconds):
            ack = outbox.send(self._sink, run)
            self._answered()
            if ack is not None:
                self._hear(stop=ack.stop, watched=ack.watched)
            if self._stopped:
                return
            outbox.fill()

    def _beat(self, run: OpenedRun) -> None:
        now = self._clock()
        quiet = WATCHED_BEAT_SECONDS if self.watched else BEAT_SECONDS
        if now - self._beat_at < BEAT_SECONDS and now - self._answer_at < quiet:
            return
        if self._finishing:
            return
        pulse = self._sink.heartbeat(run.owner, run.project, run.id)
        self._beat_at = self._clock()
        self._answered()
        self._hear(stop=pulse.stop, watched=pulse.watched)

    def _answered(self) -> None:
        self._answer_at = self._clock()
        self._reachable = True
        self.trouble = self.refusal = None
        self._is_told = False
        self._backoff.reset()

    def _hear(self, *, stop: bool, watched: bool) -> None:
        self.watched = watched
        if stop and not self._told_stop:
            self._told_stop = True
            if self._on_stop is not None:
                self._on_stop()

    def _put_off(self, error: UnreachableError) -> None:
        self._reachable = False
        if error.permanent:
            self._tell(str(error))
        self.trouble = str(error)
        self._is_told = error.retry_after is not None
        self._not_before = self._clock() + self._backoff.next(error.retry_after)

    def _refuse(self, error: RefusedError) -> None:
        self._reachable = True
        self.trouble = str(error)
        if error.status == 404 and self.opened is not None:
            # The run is gone on the server, and here it goes on: make it known again.
            self.opened = None
            self.trouble = str(error)
            self._not_before = self._clock() + self._backoff.next()
            return
        self._tell(f"the server refuses what is sent: {error}")
        self.trouble = str(error)
        self.refusal = error
        self._look_at = 0.0
        delay = math.inf if error.status == 410 else REFUSED_DELAY  # gone: it stays here
        self._not_before = self._clock() + delay

    def _tell(self, trouble: str) -> None:
        """Say what somebody has to mend; not again before there is something else to say."""
        is_new, self._told = trouble != self._told, trouble
        if is_new and self._on_trouble is not None and self._asked.is_set():
            self._on_trouble(f"{trouble.rstrip('.')}; what is logged is kept until then")

    def _has_another_key(self, now: float) -> bool:
        """Whether the key that was refused has been replaced; looked up every two seconds."""
        refused = self.refusal is not None and self.refusal.status in {401, 403}
        if not refused or now < self._look_at:
            return False
        self._look_at = now + KEY_SECONDS
        if not self._sink.renewed():
            return False
        self._not_before = now
        return True

    def _outbox_of_child(self, writer: str, live: Callable[[], bool]) -> Outbox:
        return Outbox(
            self._spool.directory,
            writer,
            live=live,
            breathe=self._breathe,
            buries=True,
            clock=self._clock,
        )

    def _breathe(self) -> None:
        """After a stretch of work, leave the interpreter to the training for a while."""
        if self._finishing:
            return
        used = time.thread_time() - self._stretch_began
        if used >= STRETCH_SECONDS:
            time.sleep(min(used, STRETCH_SECONDS * 5) * REST_FACTOR)
            self._stretch_began = time.thread_time()
