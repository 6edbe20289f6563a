"""Ingest: takes what writers send; answers when it would outlive a power cut, and not before.

What was acknowledged is never lost, nor kept twice: rows are known to the store by run, writer
and position; whatever else a batch says of its run is applied before the store moves the
writer's position, and applied twice it is as once. So a batch may come again at any time, in
part or as a whole, from a client that never heard the answer.

The usual batch, of rows alone, goes to the store as it came: unpacked by nobody here, and with
no question to the catalog, whose answer of a moment ago is remembered.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

from wanllmdb import wire
from wanllmdb.wire import Batch
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.heartbeats import Heartbeats
from wanllmdb_server.catalog.known_runs import KnownRuns
from wanllmdb_server.catalog.records import Reading, sort_out
from wanllmdb_server.catalog.runs import apply_changes
from wanllmdb_server.domain.access import Actor, Verb
from wanllmdb_server.domain.beside import Beside
from wanllmdb_server.domain.errors import InvalidError, ServerError
from wanllmdb_server.domain.event import RunChanged, RunMoved, project_topic, run_topic
from wanllmdb_server.domain.run import Run, RunChanges
from wanllmdb_server.domain.series import Accepted
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.appending import append_to, position_gap, wire_fault
from wanllmdb_server.metrics.store import MetricStore

REMEMBER_US: Final = 5_000_000  # how long a refusal of the catalog may come late
MAX_WRITER: Final = 256
REMEMBERED: Final = 10_000  # runs; beyond, the least recent is asked for again
_LAST_WORD: Final = 1 << wire.Kind.TALLY  # alone: of a process that has ended, no sign of life
IN_THREAD_BYTES: Final = 32 * 1024  # a larger body is unpacked off the event loop


class Answer(NamedTuple):
    """What a writer is told: how far it may forget, what was refused, and what is wished."""

    accepted: Accepted
    stop: bool
    watched: bool


Told = Callable[[Answer | None], None]
Take = Callable[[Actor, bytes, Told], bool]


class Ingest:
    """Takes the batches of the SDK's spool."""

    def __init__(
        self,
        catalog: Catalog,
        store: MetricStore,
        bus: EventBus,
        *,
        clock: Callable[[], float],
    ) -> None:
        """`clock` gives seconds that never go back."""
        self._catalog = catalog
        self._store = store
        self._bus = bus
        self._runs = KnownRuns(catalog, lifetime=REMEMBER_US, size=REMEMBERED)
        self._heartbeats = Heartbeats(catalog, clock=clock, changed=self._tell_changed)
        self._beside = Beside()
        self._turns: weakref.WeakValueDictionary[tuple[int, str], asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )
        self._flights: dict[tuple[int, str], list[asyncio.Event]] = {}  # and who waits for them

    async def accept(
        self, actor: Actor, owner: str, project: str, run_id: str, writer: str, content: bytes
    ) -> Answer:
        """Keep a packed batch of one writer of a run; returns when it is durable.

        Raises:
            NotFoundError: the run is not there; the client creates it and sends again.
            ConflictError: the batch does not follow what is known of the writer; `expected`
                says what would.
            InvalidError, TooLargeError: it is no batch.
            UnavailableError: the store is full.
        """
        batch = _unpacked(writer, content)
        run = await self._runs.one(actor, owner, project, run_id, Verb.CREATE)
        turn = self._turns.setdefault((run.number, writer), asyncio.Lock())
        async with turn:
            await self._landing(run, writer)
            if not batch.kinds & ~wire.PLAIN_KINDS:
                accepted = await append_to(self._store, run.number, batch)
            else:
                accepted = await self._accept_mixed(run, batch)
        if batch.kinds != _LAST_WORD:
            self._announce(run, writer, accepted)
        return Answer(accepted, stop=run.stop_requested, watched=self._watched(run))

    def taker(self, owner: str, project: str, run_id: str, writer: str) -> Take:
        """As `accept`, of the usual batches of a writer, without a task for each; may decline.

        What it returns takes the actor, the content and what to call, on this event loop, when
        the batch is durable, or with None if it is not kept. If it returns False, or calls with
        None, `accept` takes the batch or says why not.
        """
        located = self._runs.recall(owner, project, run_id, Verb.CREATE)
        loop = asyncio.get_running_loop()
        known: _Place | None = None  # where the last one went

        def take(actor: Actor, content: bytes, told: Told) -> bool:
            nonlocal known
            run, batch = located(actor), _plain(writer, content)
            if run is None or batch is None:
                return False
            if known is None or known.run is not run:
                known = _Place(run, writer)
            of = known.of
            if of in self._flights or self._turns.get(of) is not None:
                return False
            self._flights[of] = []
            if self._store.offer(run.number, batch, Flight(self._landed, known, told, loop)):
                return True
            del self._flights[of]
            return False

        return take

    async def close(self) -> None:
        """Wait for what is still being written beside the answers."""
        await self._heartbeats.close()
        await self._beside.close()

    # -- batches of the spool

    def _landed(self, place: _Place, told: Told, accepted: Accepted | None) -> None:
        """What was on its way to this place without a turn is durable, or was not kept."""
        for waiting in self._flights.pop(place.of):
            waiting.set()
        if accepted is None:
            told(None)
            return
        run = place.run
        if accepted.rows and self._bus.listeners(place.project_topic):
            self._moved(run, accepted)
        self._heartbeats.heard(run, place.writer)
        watched = self._bus.listeners(place.run_topic) > 0
        told(Answer(accepted, run.stop_requested, watched))

    async def _landing(self, run: Run, writer: str) -> None:
        """Wait for the batch of the writer that is on its way without a turn, if one is."""
        flight = self._flights.get((run.number, writer))
        if flight is not None:
            landed = asyncio.Event()
            flight.append(landed)
            await landed.wait()

    async def _accept_mixed(self, run: Run, batch: Batch) -> Accepted:
        """A batch that also says something of its run: first that, then the position."""
        positions = await self._store.positions(run.number, [batch.writer])
        position = positions.get(batch.writer, 0)
        if batch.start > position:
            raise position_gap(position)
        if batch.end <= position:
            return Accepted(position, 0)
        reading = await self._sorted(batch, position)
        if not reading.changes.nothing:
            alive = batch.kinds != _LAST_WORD
            await self._apply(run, replace(reading.changes, sign_of_life=alive))
        accepted = await append_to(self._store, run.number, batch)
        if reading.changes.finish is not None:
            await self._seal(run)
        return Accepted(accepted.position, accepted.rows, [*reading.rejected, *accepted.rejected])

    async def _sorted(self, batch: Batch, position: int) -> Reading:
        try:
            if len(batch.body) < IN_THREAD_BYTES:
                return sort_out(batch, position)
            return await asyncio.to_thread(sort_out, batch, position)
        except wire.WireError as error:
            raise wire_fault(error) from error

    async def _apply(self, run: Run, changes: RunChanges) -> None:
        now = self._catalog.clock()
        await asyncio.to_thread(apply_changes, self._catalog, run.number, changes, now=now)
        if changes.sign_of_life:
            self._heartbeats.written(run)
        self._tell_changed(run)

    async def _seal(self, run: Run) -> None:
        """A run that has ended will not be appended to for long: let the store settle it."""
        self._beside.do(self._store.seal(run.number))

    # -- what is told

    def _announce(self, run: Run, writer: str, accepted: Accepted) -> None:
        if accepted.rows:
            self._moved(run, accepted)
        self._heartbeats.heard(run, writer)

    def _moved(self, run: Run, accepted: Accepted) -> None:
        moved = RunMoved(run.project_id, run.number, run.id, accepted.position)
        self._bus.publish(project_topic(run.project_id), moved)

    def _tell_changed(self, run: Run) -> None:
        changed = RunChanged(run.project_id, run.number, run.id)
        self._bus.publish(project_topic(run.project_id), changed)

    def _watched(self, run: Run) -> bool:
        return self._bus.listeners(run_topic(run.number)) > 0


class _Place:
    """A writer of a run, and what is said of it each time, made once."""

    __slots__ = ("of", "project_topic", "run", "run_topic", "writer")

    def __init__(self, run: Run, writer: str) -> None:
        self.run = run
        self.writer = writer
        self.of = (run.number, writer)
        self.project_topic = project_topic(run.project_id)
        self.run_topic = run_topic(run.number)


class Flight:
    """A `Reply` that calls back: with what was accepted, or None if nothing was."""

    __slots__ = ("_landed", "_loop", "_place", "_told")

    def __init__(
        self,
        landed: Callable[[_Place, Told, Accepted | None], None],
        place: _Place,
        told: Told,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._landed = landed
        self._place = place
        self._told = told
        self._loop = loop

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """See `Reply`."""
        return self._loop

    def done(self) -> bool:
        """See `Reply`: it waits until it is told."""
        return False

    def set_result(self, result: Accepted, /) -> None:
        """See `Reply`."""
        self._landed(self._place, self._told, result)

    def set_exception(self, _: Exception, /) -> None:
        """See `Reply`."""
        self._landed(self._place, self._told, None)


def _plain(writer: str, content: bytes) -> Batch | None:
    """The batch, if it is one that holds nothing but rows."""
    try:
        batch = _unpacked(writer, content)
    except ServerError:
        return None
    return None if batch.kinds & ~wire.PLAIN_KINDS else batch


def _unpacked(writer: str, content: bytes) -> Batch:
    if not 0 < len(writer) <= MAX_WRITER:
        raise InvalidError("A writer's name has 1 to 256 characters.", code="bad-writer")
    try:
        return wire.unpack(writer, content)
    except wire.WireError as error:
        raise wire_fault(error) from error
