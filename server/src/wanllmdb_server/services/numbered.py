"""Numbered: takes records that are numbered by who sends them, as lines of a file are.

A record's number is its position: what comes again is known and kept once, whatever the sender
heard before it sent again. Numbers may be left out. Who sends again what may have changed since
(lines of a terminal that still move) has its records numbered here, in the order of arrival.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Final

import zstandard

from wanllmdb import wire
from wanllmdb.wire import Batch
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.heartbeats import Heartbeats
from wanllmdb_server.catalog.known_runs import KnownRuns
from wanllmdb_server.domain.access import Actor, Verb
from wanllmdb_server.domain.event import RunChanged, RunMoved, project_topic
from wanllmdb_server.domain.recent import Recent
from wanllmdb_server.domain.run import Run
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.appending import append_to
from wanllmdb_server.metrics.store import MetricStore

REMEMBER_US: Final = 5_000_000  # how long a refusal of the catalog may come late
REMEMBERED: Final = 10_000  # runs; beyond, the least recent is asked for again
KNOWN_US: Final = 600_000_000  # how long the end of a writer is remembered
AT_ONCE: Final = 10_000  # records in a batch

Record = tuple[int, int, Any]  # number, kind (`wire.Kind`), payload


class Numbered:
    """Keeps numbered records."""

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
        self._ends = Recent[int](lifetime=KNOWN_US, size=REMEMBERED)
        self._turns: weakref.WeakValueDictionary[tuple[int, str], asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )

    async def accept(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run_id: str,
        writer: str,
        records: Sequence[Record],
        *,
        by_arrival: bool = False,
    ) -> bool:
        """Keep records in the order of their numbers; returns when they are durable.

        `records` are (number, kind, payload), their numbers ascend from 1 and are those of
        `writer`. With `by_arrival` they are numbered anew, behind what is known.

        Returns:
            Whether somebody wants the run to stop.

        Raises:
            NotFoundError, NotAllowedError: the run is not there, or not the actor's.
            UnavailableError: the store is full; some of them may have been kept.
        """
        run = await self._runs.one(actor, owner, project, run_id, Verb.CREATE)
        of = (run.number, writer)
        async with self._turns.setdefault(of, asyncio.Lock()):
            for first in range(0, len(records), AT_ONCE):
                await self._keep(run, writer, records[first : first + AT_ONCE], by_arrival)
        self._heartbeats.heard(run, writer)
        return run.stop_requested

    async def end(self, actor: Actor, owner: str, project: str, run_id: str, writer: str) -> int:
        """The highest number known of a writer, 0 if there is none."""
        run = await self._runs.one(actor, owner, project, run_id, Verb.READ)
        return await self._end(run, writer)

    async def close(self) -> None:
        """Wait for what is still being written beside the answers."""
        await self._heartbeats.close()

    async def _keep(
        self, run: Run, writer: str, records: Sequence[Record], by_arrival: bool
    ) -> None:
        end = await self._end(run, writer)
        if by_arrival:
            new = [(end + place, *each[1:]) for place, each in enumerate(records, 1)]
        else:
            new = [each for each in records if each[0] > end]
        if not new:
            return
        self._ends.drop(_name(run, writer))  # of a batch that fails nobody knows
        accepted = await append_to(
            self._store, run.number, await asyncio.to_thread(_packed, writer, end, new)
        )
        self._ends.put(_name(run, writer), accepted.position, now=self._catalog.clock())
        moved = RunMoved(run.project_id, run.number, run.id, accepted.position)
        self._bus.publish(project_topic(run.project_id), moved)

    async def _end(self, run: Run, writer: str) -> int:
        now = self._catalog.clock()
        known = self._ends.get(_name(run, writer), now=now)
        if known is None:
            known = (await self._store.positions(run.number, [writer])).get(writer, 0)
            self._ends.put(_name(run, writer), known, now=now)
        return known

    def _tell_changed(self, run: Run) -> None:
        changed = RunChanged(run.project_id, run.number, run.id)
        self._bus.publish(project_topic(run.project_id), changed)


def _name(run: Run, writer: str) -> str:
    return f"{run.number} {writer}"


def _packed(writer: str, start: int, records: Sequence[Record]) -> Batch:
    kinds = 0
    for _, kind, _ in records:
        kinds |= 1 << kind
    body = zstandard.ZstdCompressor(level=1).compress(wire.encode(records))
    return Batch(writer, start, records[-1][0], len(records), kinds, body)
