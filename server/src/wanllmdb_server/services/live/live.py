"""Live: who looks at what. One reader for each project that somebody looks at.

What comes after a rest is told at once; while more comes there is one read of the store for
each slot of time (domain/watch.py), however many look, and all reads together take no more than
`SHARE` of a processor: where they cost more there are fewer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from wanllmdb_server.catalog.access import locate_project, locate_runs
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.errors import InvalidError
from wanllmdb_server.domain.event import project_topic
from wanllmdb_server.domain.news import Viewer, Wish
from wanllmdb_server.domain.pace import Pace
from wanllmdb_server.domain.watch import Watch, watch_from
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.store import MetricStore
from wanllmdb_server.services.live.follower import Follower
from wanllmdb_server.services.live.reader import Reader

SHARE: Final = 0.1  # of a processor, for the points of all readers
MAX_RUNS: Final = 1000
MAX_WISHES: Final = 64


class Live:
    """Opens a reader for a project with its first viewer, and ends it with the last."""

    def __init__(
        self,
        catalog: Catalog,
        store: MetricStore,
        bus: EventBus,
        *,
        clock: Callable[[], float],
        spent: Callable[[], float] = time.thread_time,
    ) -> None:
        """`clock` gives seconds that never go back; `spent`, those that this thread worked."""
        self._catalog = catalog
        self._store = store
        self._bus = bus
        self._clock = clock
        self._spent = spent
        self._pace = Pace(SHARE, clock)
        self._readers: dict[int, Reader] = {}
        self._watches: dict[tuple[Viewer, str], tuple[Reader, Watch]] = {}

    async def subscribe(self, actor: Actor, viewer: Viewer, wish: Wish) -> None:
        """Tell the viewer from here on; a wish with a known id replaces the one before.

        Raises:
            ServerError: the actor may not read this, or asks for too much.
        """
        self._check(viewer, wish)
        where = (self._catalog, actor, wish.owner, wish.project)
        project = await asyncio.to_thread(locate_project, *where, Resource.POINTS, Verb.READ)
        runs = await asyncio.to_thread(locate_runs, *where, wish.runs, Resource.POINTS, Verb.READ)
        known = await self._store.keys([run.number for run in runs], wish.keys)
        watch = watch_from(wish, actor, runs, known)
        reader = self._readers.get(project.id)
        if reader is None:
            reader = self._readers[project.id] = self._reader(project.id)
        reader.add(viewer, watch, known)
        self.unsubscribe(viewer, wish.id)
        self._watches[viewer, wish.id] = (reader, watch)

    def unsubscribe(self, viewer: Viewer, wish_id: str | None = None) -> None:
        """Tell the viewer nothing more of one wish, or of all; an unknown one is no error."""
        held = [key for key in self._watches if key[0] is viewer and wish_id in {None, key[1]}]
        for key in held:
            reader, watch = self._watches.pop(key)
            reader.remove(watch)
            if not reader.watches:
                self._readers.pop(reader.project_id, None)
                reader.end()

    async def close(self) -> None:
        """End every reader."""
        tasks = [task for reader in self._readers.values() for task in reader.end()]
        self._readers.clear()
        self._watches.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _check(self, viewer: Viewer, wish: Wish) -> None:
        if len(wish.runs) > MAX_RUNS:
            raise InvalidError(f"At most {MAX_RUNS} runs.", code="too-many-runs")
        held = sum(1 for other, name in self._watches if other is viewer and name != wish.id)
        if held >= MAX_WISHES:
            raise InvalidError(f"At most {MAX_WISHES} subscriptions.", code="too-many")

    def _reader(self, project_id: int) -> Reader:
        return Reader(
            project_id,
            self._bus.subscribe([project_topic(project_id)]),
            self._store,
            Follower(project_id, self._catalog, self._store, clock=self._clock),
            self._pace,
            clock=self._clock,
            spent=self._spent,
        )
