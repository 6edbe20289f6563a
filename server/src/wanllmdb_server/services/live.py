"""Live: tells viewers what comes to the runs they look at, as soon as it is durable.

One reader for each project that somebody looks at, and one read of the store for each of its
ticks, however many look. Nothing is queued for a viewer who does not keep up: what is still to
be told them is a set of runs, and the points are read when they are ready for more. Whoever
fell behind what the store has in memory sees a gap in `Tail.start` and draws the curve anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol

from wanllmdb_server.catalog.access import locate_project, locate_runs, run_from
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.tables import runs as runs_table
from wanllmdb_server.catalog.where import select_runs
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.errors import InvalidError, ServerError
from wanllmdb_server.domain.event import RunDeleted, RunMoved, project_topic, run_topic
from wanllmdb_server.domain.news import Ended, Keys, News, Points, Runs, Wish
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import KeyStats, Series
from wanllmdb_server.domain.watch import Watch, watch_from
from wanllmdb_server.events.bus import EventBus, Subscription
from wanllmdb_server.metrics.store import MetricStore

TICK_S: Final = 0.25  # a screen is not read faster, and a sender does not send faster
NEWS_S: Final = 1.0  # of runs and keys: they cost a look at every series of a run
ACCESS_S: Final = 5.0  # how long somebody may still look who may no longer
MAX_RUNS: Final = 1000
MAX_WISHES: Final = 64
NEWS_SHARE: Final = 4.0  # of the time between two looks, one may take a quarter
MAX_NEWS: Final = 100  # runs at once; the others wait for the next look

logger = logging.getLogger("wanllmdb.live")


class Viewer(Protocol):
    """Somebody who looks: one connection. Told on the event loop."""

    def ready(self) -> bool:
        """Whether they keep up; while they do not, nothing is told them."""
        ...

    def tell(self, news: News) -> None:
        """Take the news; returns at once."""
        ...


class Live:
    """Opens a reader for a project with its first viewer, and ends it with the last."""

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
        self._clock = clock
        self._readers: dict[int, _Reader] = {}
        self._watches: dict[tuple[Viewer, str], tuple[_Reader, Watch]] = {}

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
        self.unsubscribe(viewer, wish.id)
        reader = self._readers.get(project.id)
        if reader is None:
            events = self._bus.subscribe([project_topic(project.id)])
            reader = _Reader(self._catalog, self._store, events, project.id, self._clock)
            self._readers[project.id] = reader
        reader.add(viewer, watch, known)
        self._watches[viewer, wish.id] = (reader, watch)

    def unsubscribe(self, viewer: Viewer, wish_id: str | None = None) -> None:
        """Tell the viewer nothing more of one wish, or of all; an unknown one is no error."""
        held = [key for key in self._watches if key[0] is viewer and wish_id in {None, key[1]}]
        for key in held:
            reader, watch = self._watches.pop(key)
            reader.remove(watch)
            if not reader.watches:
                self._readers.pop(reader.project_id, None)
                reader.task.cancel()

    async def close(self) -> None:
        """End every reader."""
        tasks = [reader.task for reader in self._readers.values()]
        self._readers.clear()
        self._watches.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _check(self, viewer: Viewer, wish: Wish) -> None:
        if len(wish.runs) > MAX_RUNS:
            raise InvalidError(f"At most {MAX_RUNS} runs.", code="too-many-runs")
        held = sum(1 for other, name in self._watches if other is viewer and name != wish.id)
        if held >= MAX_WISHES:
            raise InvalidError(f"At most {MAX_WISHES} subscriptions.", code="too-many")


class _Reader:
    """Reads for all viewers of one project."""

    def __init__(
        self,
        catalog: Catalog,
        store: MetricStore,
        events: Subscription,
        project_id: int,
        clock: Callable[[], float],
    ) -> None:
        self.project_id = project_id
        self.watches: dict[Watch, Viewer] = {}
        self._catalog = catalog
        self._store = store
        self._events = events
        self._missed = 0
        self._clock = clock
        self._viewed: Counter[int] = Counter()
        self._known: dict[int, set[str]] = defaultdict(set)  # keys of numbers, by run
        self._news: dict[Viewer, set[int]] = {}  # runs of which each is still to hear
        self._access_at = clock()
        self._news_due = self._access_at + NEWS_S
        self.task = asyncio.create_task(self._read())

    def add(self, viewer: Viewer, watch: Watch, known: Mapping[int, Sequence[KeyStats]]) -> None:
        """Read for this watch too; `known` is what its series were when it began."""
        self.watches[watch] = viewer
        self._news.setdefault(viewer, set())
        for number, each in known.items():
            self._known[number] |= {stats.key for stats in each if stats.kind == "number"}
        self._viewed.update(watch.runs.keys())
        self._events.add(run_topic(number) for number in watch.runs)

    def remove(self, watch: Watch) -> None:
        """Read for this watch no longer; a run that nobody views is watched no longer."""
        viewer = self.watches.pop(watch, None)
        if viewer is None:
            return
        if viewer not in self.watches.values():
            self._news.pop(viewer, None)
        self._viewed.subtract(watch.runs.keys())
        unseen = [number for number in watch.runs if self._viewed[number] <= 0]
        self._events.remove(run_topic(number) for number in unseen)
        for number in unseen:
            del self._viewed[number]

    async def _read(self) -> None:
        async with self._events:
            while True:
                await asyncio.sleep(TICK_S)
                try:
                    await self._tick()
                except Exception:  # the others shall not go without for one bad look
                    logger.exception("project %d could not be read", self.project_id)

    async def _tick(self) -> None:
        self._hear()
        await self._check_access()
        await self._tell_points()
        if self._clock() >= self._news_due and any(self._news.values()):
            begun = self._clock()
            await self._tell_news()
            # A look at runs of many keys is slow: it shall not become all that is done.
            self._news_due = begun + max(NEWS_S, NEWS_SHARE * (self._clock() - begun))

    def _hear(self) -> None:
        moved: set[int] = set()
        changed: set[int] = set()
        for event in self._events.drain():
            number = event.run_number
            if isinstance(event, RunDeleted):
                self._known.pop(number, None)
                continue
            changed.add(number)
            if isinstance(event, RunMoved):
                moved.add(number)
        if self._events.missed != self._missed:  # so look at all that is viewed
            self._missed = self._events.missed
            moved |= self._viewed.keys()
            changed |= self._viewed.keys()
        for watch in self.watches:
            watch.due |= moved & watch.runs.keys()
        for numbers in self._news.values():
            numbers |= changed

    async def _check_access(self) -> None:
        """Once in a while, see whether everybody may still look."""
        if self._clock() - self._access_at < ACCESS_S:
            return
        self._access_at = self._clock()
        for watch in list(self.watches):
            wish = watch.wish
            where = (self._catalog, watch.actor, wish.owner, wish.project)
            try:
                await asyncio.to_thread(locate_project, *where, Resource.POINTS, Verb.READ)
            except ServerError as error:
                viewer = self.watches.get(watch)
                self.remove(watch)
                if viewer is not None:
                    viewer.tell(Ended(wish.id, error.code, str(error)))

    async def _tell_points(self) -> None:
        ready = [watch for watch, viewer in self.watches.items() if watch.due and viewer.ready()]
        wanted: dict[Series, int] = {}
        for watch in ready:
            for series in watch.wanted(self._known):
                told = watch.told.get(series, 0)
                wanted[series] = min(told, wanted.get(series, told))
        tails = await self._store.tail(list(wanted), list(wanted.values())) if wanted else []
        # A tail without points that begins behind the cursor says: draw this anew.
        found = {
            tail.series: tail
            for tail in tails
            if len(tail.step) or tail.start > wanted[tail.series]
        }
        for watch in ready:
            pieces = watch.share(found, self._known)
            viewer = self.watches.get(watch)
            if pieces and viewer is not None:
                path = f"{watch.wish.owner}/{watch.wish.project}"
                viewer.tell(Points(watch.wish.id, path, pieces))

    async def _tell_news(self) -> None:
        due = {viewer: numbers for viewer, numbers in self._news.items() if viewer.ready()}
        chosen = list(islice(dict.fromkeys(n for each in due.values() for n in each), MAX_NEWS))
        if not chosen:
            return
        stats = await self._store.keys(chosen)
        runs = await asyncio.to_thread(_load, self._catalog, chosen)
        found = {run.number: (run, stats.get(run.number, [])) for run in runs}
        fresh = [news for run, each in found.values() if (news := self._fresh(run, each))]
        for viewer, numbers in due.items():
            told = [found[number] for number in chosen if number in numbers and number in found]
            numbers.difference_update(chosen)
            if viewer not in self._news or not told:
                continue
            viewer.tell(Runs(f"{told[0][0].owner}/{told[0][0].project}", told))
            for news in fresh:
                viewer.tell(news)

    def _fresh(self, run: Run, stats: Sequence[KeyStats]) -> Keys | None:
        """The keys that a run was not known to have; whoever wants all of them is due."""
        known = self._known[run.number]
        keys = [each for each in stats if each.kind == "number" and each.key not in known]
        if not keys:
            return None
        known |= {each.key for each in keys}
        for watch in self.watches:
            if watch.wish.keys is None and run.number in watch.runs:
                watch.due.add(run.number)
        return Keys(f"{run.owner}/{run.project}", run.id, keys)


def _load(catalog: Catalog, numbers: Sequence[int]) -> list[Run]:
    with catalog.reading() as connection:
        query = select_runs(full=True).where(runs_table.c.number.in_(numbers))
        return [run_from(row) for row in connection.execute(query).mappings()]
