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
import functools
import logging
import weakref
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from wanllmdb import wire
from wanllmdb.wire import Batch, Kind
from wanllmdb_server.catalog.access import find_run_by_id, locate_run
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.records import Reading, sort_out
from wanllmdb_server.catalog.runs import apply_changes, touch
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.errors import (
    ConflictError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    ServerError,
    TooLargeError,
    UnavailableError,
)
from wanllmdb_server.domain.event import RunChanged, RunMoved, project_topic, run_topic
from wanllmdb_server.domain.metric import Metric, Rejection, Steps
from wanllmdb_server.domain.receipt import ANSWERED_PREFIX
from wanllmdb_server.domain.recent import Recent
from wanllmdb_server.domain.run import Run, RunChanges
from wanllmdb_server.domain.series import Accepted
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.store import MetricStore, PositionGapError, StoreFullError

logger = logging.getLogger("wanllmdb.ingest")

REMEMBER_US: Final = 5_000_000  # how long a refusal of the catalog may come late
REMEMBERED: Final = 10_000  # runs; beyond, the least recent is asked for again
TOUCH_S: Final = 5.0  # a run's heart-beat is written so often, however often it sends
_LAST_WORD: Final = 1 << wire.Kind.TALLY  # alone: of a process that has ended, no sign of life
IN_THREAD_BYTES: Final = 32 * 1024  # a larger body is unpacked off the event loop


@dataclass(frozen=True, slots=True)
class Answer:
    """What a writer is told: how far it may forget, what was refused, and what is wished."""

    accepted: Accepted
    stop: bool
    watched: bool


class Ingest:
    """Takes batches, from the SDK's spool or as JSON."""

    def __init__(
        self,
        catalog: Catalog,
        store: MetricStore,
        bus: EventBus,
        *,
        clock: Callable[[], float],
        boot: str,
    ) -> None:
        """`clock` gives seconds that never go back; `boot` is a name no other start had."""
        self._catalog = catalog
        self._store = store
        self._bus = bus
        self._clock = clock
        self._boot = boot
        self._recent = Recent[Run](lifetime=REMEMBER_US, size=REMEMBERED)
        self._touched: dict[int, float] = {}
        self._heard: defaultdict[int, set[str]] = defaultdict(set)
        self._turns: weakref.WeakValueDictionary[tuple[int, str], asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )
        self._tasks: set[asyncio.Task[None]] = set()

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
        run = await self._locate(actor, owner, project, run_id)
        turn = self._turns.setdefault((run.number, writer), asyncio.Lock())
        async with turn:
            if not batch.kinds & ~wire.PLAIN_KINDS:
                accepted = await self._append(run, batch)
            else:
                accepted = await self._accept_mixed(run, batch)
        if batch.kinds != _LAST_WORD:
            self._heard[run.number].add(writer)
            self._announce(run, accepted)
        return Answer(accepted, stop=run.stop_requested, watched=self._watched(run))

    async def accept_json(
        self, actor: Actor, metrics: Sequence[tuple[int, Metric]], batch_id: str | None
    ) -> tuple[int, list[Rejection]]:
        """Keep points that came as JSON, each with its place in its batch.

        With a `batch_id` a repeated delivery of the same batch is kept once: the points of a
        run are then a writer of that name, and their places the positions.

        Returns:
            how many points were accepted, and those that were not.
        """
        found = {name: await self._found(actor, name) for name in {m.run for _, m in metrics}}
        runs: dict[int, Run] = {}
        by_run: defaultdict[int, list[tuple[int, Metric]]] = defaultdict(list)
        rejections: list[Rejection] = []
        for index, metric in metrics:
            run = found[metric.run]
            if isinstance(run, Run):
                runs[run.number] = run
                by_run[run.number].append((index, metric))
            else:
                rejections.append(Rejection(index, run.code, str(run)))
        for number, each in by_run.items():
            rejections += await self._accept_points(actor, runs[number], each, batch_id)
        rejections.sort(key=lambda rejection: rejection.index)
        return len(metrics) - len(rejections), rejections

    async def close(self) -> None:
        """Wait for what is still being written beside the answers."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- batches of the spool

    async def _accept_mixed(self, run: Run, batch: Batch) -> Accepted:
        """A batch that also says something of its run: first that, then the position."""
        positions = await self._store.positions(run.number)
        position = positions.get(batch.writer, 0)
        if batch.start > position:
            raise _gap(position)
        if batch.end <= position:
            return Accepted(position, 0)
        reading = await self._sorted(batch, position)
        if not reading.changes.nothing:
            alive = batch.kinds != _LAST_WORD
            await self._apply(run, replace(reading.changes, sign_of_life=alive))
        accepted = await self._append(run, batch)
        if reading.changes.finish is not None:
            await self._seal(run)
        return Accepted(accepted.position, accepted.rows, [*reading.rejected, *accepted.rejected])

    async def _sorted(self, batch: Batch, position: int) -> Reading:
        try:
            if len(batch.body) < IN_THREAD_BYTES:
                return sort_out(batch, position)
            return await asyncio.to_thread(sort_out, batch, position)
        except wire.WireError as error:
            raise _wire_fault(error) from error

    async def _append(self, run: Run, batch: Batch) -> Accepted:
        try:
            return await self._store.append(run.number, batch)
        except PositionGapError as error:
            raise _gap(error.expected) from error
        except wire.WireError as error:
            raise _wire_fault(error) from error
        except StoreFullError as error:
            raise UnavailableError(
                str(error), code="store-full", retry_after=error.retry_after
            ) from error

    async def _apply(self, run: Run, changes: RunChanges) -> None:
        now = self._catalog.clock()
        await asyncio.to_thread(apply_changes, self._catalog, run.number, changes, now=now)
        if changes.sign_of_life:
            self._touched[run.number] = self._clock()
        self._tell_changed(run)

    async def _seal(self, run: Run) -> None:
        """A run that has ended will not be appended to for long: let the store settle it."""
        self._beside(self._store.seal(run.number))

    # -- points as JSON

    async def _accept_points(
        self, actor: Actor, run: Run, points: Sequence[tuple[int, Metric]], batch_id: str | None
    ) -> list[Rejection]:
        if batch_id is None:
            writer, first = f"{ANSWERED_PREFIX}{self._boot}", None
        else:
            writer, first = f"{ANSWERED_PREFIX}{actor.user_id}-{batch_id}", 0
        turn = self._turns.setdefault((run.number, "json"), asyncio.Lock())
        async with turn:  # a step that follows the last one needs to be the only one that does
            known = (await self._store.positions(run.number)).get(writer, 0)
            start = known if first is None else first
            steps = Steps({} if known and first == 0 else await self._last_steps(run, points))
            rows = [
                (
                    start + 1 + index,
                    int(Kind.ROW),
                    wire.encode(self._row(metric, steps.of(metric))),
                )
                for index, metric in points
            ]
            batch = wire.unpack(writer, wire.pack(min(start, known), rows))
            accepted = await self._append(run, batch)
        self._announce(run, accepted)
        return [
            Rejection(position - start - 1, code, detail)
            for position, code, detail in accepted.rejected
        ]

    def _row(self, metric: Metric, step: int) -> tuple[int, int, Any]:
        time = self._catalog.clock() if metric.time is None else metric.time
        return step, time, {metric.key: metric.value}

    async def _last_steps(self, run: Run, points: Sequence[tuple[int, Metric]]) -> dict[str, int]:
        keys = sorted({metric.key for _, metric in points if metric.step is None})
        if not keys:
            return {}
        found = await self._store.keys([run.number], keys)
        return {stats.key: stats.last_step for stats in found.get(run.number, [])}

    # -- runs

    async def _locate(self, actor: Actor, owner: str, project: str, run_id: str) -> Run:
        key = f"{actor.user_id}\0{actor.scope}\0{owner}\0{project}\0{run_id}"
        of = (owner, project, run_id, Resource.POINTS, Verb.CREATE)
        return await self._remembered(key, locate_run, actor, *of)

    async def _found(self, actor: Actor, name: str) -> Run | ServerError:
        """The run of this name, or why there is none for the actor."""
        try:
            return await self._locate_named(actor, name)
        except (NotFoundError, NotAllowedError, InvalidError) as error:
            return error

    async def _locate_named(self, actor: Actor, name: str) -> Run:
        match name.split("/"):
            case [run_id]:
                key = f"{actor.user_id}\0{actor.scope}\0{run_id}"
                return await self._remembered(key, find_run_by_id, actor, run_id)
            case [owner, project, run_id]:
                return await self._locate(actor, owner, project, run_id)
            case _:
                raise NotFoundError(
                    "A run is named owner/project/id, or by its id alone.", code="run-not-found"
                )

    async def _remembered(self, key: str, ask: Callable[..., Run], *of: object) -> Run:
        now = self._catalog.clock()
        key = f"{self._catalog.deletions}\0{key}"
        run = self._recent.get(key, now=now)
        if run is None:
            run = await asyncio.to_thread(ask, self._catalog, *of)
            self._recent.put(key, run, now=now)
        return run

    def _announce(self, run: Run, accepted: Accepted) -> None:
        if accepted.rows:
            moved = RunMoved(run.project_id, run.number, run.id, accepted.position)
            self._bus.publish(project_topic(run.project_id), moved)
        now = self._clock()
        if now - self._touched.get(run.number, -TOUCH_S) >= TOUCH_S:
            self._touched[run.number] = now
            self._beside(self._touch(run))

    async def _touch(self, run: Run) -> None:
        now = self._catalog.clock()
        heard = {run.number: self._heard.pop(run.number, set())}
        told = functools.partial(touch, writers=heard, now=now)
        healed = await asyncio.to_thread(told, self._catalog, [run.number])
        if healed:
            self._tell_changed(run)
        if len(self._touched) > REMEMBERED:
            old = self._clock() - TOUCH_S
            self._touched = {number: at for number, at in self._touched.items() if at > old}

    def _tell_changed(self, run: Run) -> None:
        changed = RunChanged(run.project_id, run.number, run.id)
        self._bus.publish(project_topic(run.project_id), changed)

    def _watched(self, run: Run) -> bool:
        return self._bus.listeners(run_topic(run.number)) > 0

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside the answer; `close` waits for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("beside an answer: %s", error, exc_info=error)


def _unpacked(writer: str, content: bytes) -> Batch:
    if not 0 < len(writer) <= 256:
        raise InvalidError("A writer's name has 1 to 256 characters.", code="bad-writer")
    try:
        return wire.unpack(writer, content)
    except wire.WireError as error:
        raise _wire_fault(error) from error


def _wire_fault(error: wire.WireError) -> ServerError:
    kind = TooLargeError if error.code == "too-large" else InvalidError
    return kind(str(error), code=error.code)


def _gap(expected: int) -> ConflictError:
    return ConflictError(
        f"The batch does not follow position {expected}.", code="position-gap", expected=expected
    )
