"""Metrics: the metric service of the specification, for whoever speaks JSON and has no spool.

A batch of points is answered when it would outlive a power cut. With an id it is kept once,
however often it is delivered, and its id stands for no other batch: the points of each run are
then a writer of that name, and their positions say what the batch was (`_mark`), so that both
become durable in one step and are known for as long as the run is.

Points without an id come from writers that are named after this start of the server; several,
so that senders to one run need not wait for each other.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from wanllmdb.wire import MAX_POSITION
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.heartbeats import Heartbeats
from wanllmdb_server.catalog.known_runs import KnownRuns
from wanllmdb_server.domain.access import Actor, Verb
from wanllmdb_server.domain.block import Block
from wanllmdb_server.domain.errors import (
    ConflictError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    ServerError,
)
from wanllmdb_server.domain.event import RunChanged, RunMoved, project_topic
from wanllmdb_server.domain.metric import Delivery, Rejection, Sheet, Steps
from wanllmdb_server.domain.receipt import ANSWERED_PREFIX
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import Accepted
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.appending import append_to
from wanllmdb_server.metrics.framing import Packed, framed
from wanllmdb_server.metrics.lanes import Lanes
from wanllmdb_server.metrics.packing import ROOM_BITS, packed
from wanllmdb_server.metrics.store import MetricStore

REMEMBER_US: Final = 5_000_000  # how long a refusal of the catalog may come late
REMEMBERED: Final = 10_000  # runs; beyond, the least recent is asked for again
_Lock = tuple[int, str]  # run, what is done there one after the other


@dataclass(frozen=True, slots=True)
class _Load:
    """Points of one run, however they are held; each has its step and its time.

    Attributes:
        pack: into a batch; see `packed`.
        sheet: the same point by point.
    """

    pack: Callable[[str, int, int], Packed]
    sheet: Callable[[], Sheet]

    @classmethod
    def of(cls, sheet: Sheet) -> _Load:
        """The points of a sheet."""
        return cls(lambda writer, start, base: packed(writer, start, base, sheet), lambda: sheet)

    @classmethod
    def plain(cls, points: Block, now: int) -> _Load:
        """Points that are arrays; those that say no time are of `now`."""
        return cls(
            lambda writer, start, base: framed(writer, start, base, points, now),
            lambda: points.sheet(now),
        )


class Metrics:
    """Takes points as JSON has them."""

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
        self._lanes = Lanes(store, boot)
        self._runs = KnownRuns(catalog, lifetime=REMEMBER_US, size=REMEMBERED)
        self._heartbeats = Heartbeats(catalog, clock=clock, changed=self._tell_changed)
        self._turns: weakref.WeakValueDictionary[_Lock, asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )

    async def accept(
        self, actor: Actor, sheet: Sheet, delivery: Delivery | None = None
    ) -> list[Rejection]:
        """Keep points; returns when they are durable, with those that are not kept, by place.

        Raises:
            ConflictError: another batch was delivered under this id; nothing is kept. Code
                `idempotency-mismatch`.
            UnavailableError: the store is full. Some of the points may have been kept.
        """
        shares, rejected = await self._by_run(actor, sheet)
        if delivery is not None and len(shares) > 1:  # of one, its own turn says so
            for run, _ in shares:
                await self._known(run, _writer(actor, delivery), delivery)
        for run, share in shares:
            rejected += await self._keep(actor, run, share, delivery)
        return rejected

    async def accept_plain(
        self, actor: Actor, points: Block, delivery: Delivery | None = None
    ) -> list[Rejection]:
        """As `accept`, of points of one run that are arrays."""
        run = await self._found(actor, points.run)
        if not isinstance(run, Run):
            return await self.accept(actor, points.sheet(), delivery)
        return await self._append(actor, run, _Load.plain(points, self._catalog.clock()), delivery)

    async def close(self) -> None:
        """Wait for what is still being written beside the answers."""
        await self._heartbeats.close()

    # -- whose points they are

    async def _by_run(
        self, actor: Actor, sheet: Sheet
    ) -> tuple[list[tuple[Run, Sheet]], list[Rejection]]:
        names = dict.fromkeys(sheet.run)
        found = {name: await self._found(actor, name) for name in names}
        if len(names) == 1:
            [run] = found.values()
            if isinstance(run, Run):
                return [(run, sheet)], []
        runs: dict[int, Run] = {}
        rows: dict[int, list[int]] = {}
        rejected: list[Rejection] = []
        for row, name in enumerate(sheet.run):
            run = found[name]
            if isinstance(run, Run):
                runs[run.number] = run
                rows.setdefault(run.number, []).append(row)
            else:
                rejected.append(Rejection(sheet.place[row], run.code, str(run)))
        return [(runs[number], sheet.at(some)) for number, some in rows.items()], rejected

    async def _found(self, actor: Actor, name: str) -> Run | ServerError:
        """The run of this name, or why there is none for the actor."""
        try:
            return await self._runs.named(actor, name, Verb.CREATE)
        except (NotFoundError, NotAllowedError, InvalidError) as error:
            return error

    # -- keeping

    async def _keep(
        self, actor: Actor, run: Run, sheet: Sheet, delivery: Delivery | None
    ) -> list[Rejection]:
        """Keep the points of one run."""
        now = self._catalog.clock()
        sheet = replace(sheet, time=[now if time is None else time for time in sheet.time])
        if None not in sheet.step:
            return await self._append(actor, run, _Load.of(sheet), delivery)
        async with self._turn(run, "steps"):  # the one who goes on from the last step is alone
            last = Steps(await self._last_steps(run, sheet))
            steps = [last.of(key, step) for key, step in zip(sheet.key, sheet.step, strict=True)]
            load = _Load.of(replace(sheet, step=steps))
            return await self._append(actor, run, load, delivery)

    async def _append(
        self, actor: Actor, run: Run, load: _Load, delivery: Delivery | None
    ) -> list[Rejection]:
        if delivery is None:
            pack, accepted = await self._append_to_lane(run, load)
        else:
            pack, accepted = await self._append_once(actor, run, load, delivery)
        if accepted is None:
            return []
        moved = RunMoved(run.project_id, run.number, run.id, accepted.position)
        self._bus.publish(project_topic(run.project_id), moved)
        self._heartbeats.heard(run)
        if not accepted.rejected:
            return []
        return await self._refused(run, load.sheet(), pack.positions(), accepted)

    async def _append_once(
        self, actor: Actor, run: Run, load: _Load, delivery: Delivery
    ) -> tuple[Packed, Accepted | None]:
        """Append what was never appended before; None if it was."""
        writer = _writer(actor, delivery)
        async with self._turn(run, writer):
            pack = load.pack(writer, 0, _mark(delivery) << ROOM_BITS)
            if await self._known(run, writer, delivery):
                return pack, None
            return pack, await append_to(self._store, run.number, pack.batch)

    async def _append_to_lane(self, run: Run, load: _Load) -> tuple[Packed, Accepted]:
        """Append behind what was sent without an id, where nobody else does it just now."""
        lane = await self._lanes.one(run.number)
        with self._lanes.giving_back(lane):
            end, lane.end = lane.end or 0, None
            pack = load.pack(lane.writer, end, end)
            accepted = await append_to(self._store, run.number, pack.batch)
            lane.end = accepted.position
        return pack, accepted

    async def _known(self, run: Run, writer: str, delivery: Delivery) -> bool:
        """Whether this very batch was kept before.

        Raises:
            ConflictError: another one was.
        """
        position = (await self._store.positions(run.number, [writer])).get(writer, 0)
        if position and position >> ROOM_BITS != _mark(delivery):
            raise ConflictError(
                f"Another batch was sent as '{delivery.id}' before; a new batch needs a new id.",
                code="idempotency-mismatch",
            )
        return position > 0

    async def _last_steps(self, run: Run, sheet: Sheet) -> dict[str, int]:
        columns = zip(sheet.key, sheet.step, strict=True)
        keys = sorted({key for key, step in columns if step is None})
        found = await self._store.keys([run.number], keys)
        return {stats.key: stats.last_step for stats in found.get(run.number, [])}

    async def _refused(
        self, run: Run, sheet: Sheet, positions: Sequence[int], accepted: Accepted
    ) -> list[Rejection]:
        """Which points the store had no room for: those of keys that it does not have now."""
        hit = {at: (code, detail) for at, code, detail in accepted.rejected}
        points = [at for at, position in enumerate(positions) if position in hit]
        keys = sorted({sheet.key[at] for at in points})
        found = await self._store.keys([run.number], keys)
        kept = {stats.key for stats in found.get(run.number, [])}
        return [
            Rejection(sheet.place[at], *hit[positions[at]])
            for at in points
            if sheet.key[at] not in kept
        ]

    def _turn(self, run: Run, name: str) -> asyncio.Lock:
        return self._turns.setdefault((run.number, name), asyncio.Lock())

    def _tell_changed(self, run: Run) -> None:
        changed = RunChanged(run.project_id, run.number, run.id)
        self._bus.publish(project_topic(run.project_id), changed)


def _writer(actor: Actor, delivery: Delivery) -> str:
    return f"{ANSWERED_PREFIX}{actor.user_id}-{delivery.id}"


def _mark(delivery: Delivery) -> int:
    """What all positions of a batch have in common, and those of no other batch."""
    bits = MAX_POSITION.bit_length() - ROOM_BITS
    return max(1, int.from_bytes(delivery.digest[:8]) >> (64 - bits))
