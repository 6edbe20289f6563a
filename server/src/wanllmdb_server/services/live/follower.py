"""Follower: tells those who look at a project what becomes of its runs, and of their rights.

Runs and keys cost a look at every series of a run, so they are told once a second, of as many
runs as one look takes, and only what is another than before (domain/digest.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

from wanllmdb_server.catalog.access import locate_project, run_from
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.tables import runs as runs_table
from wanllmdb_server.catalog.where import select_runs
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.digest import MAX_NUMBERS, Digest, Hearing, Look, Place, news_of
from wanllmdb_server.domain.errors import ServerError, UnavailableError
from wanllmdb_server.domain.news import Ended, Keys, News, Viewer, Wish
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import KeyStats
from wanllmdb_server.domain.watch import Watch
from wanllmdb_server.metrics.store import MetricStore

NEWS_S: Final = 1.0
NEWS_SHARE: Final = 0.25  # of the time, where a look takes long
ACCESS_S: Final = 5.0  # how long somebody may still look who may no longer

logger = logging.getLogger("wanllmdb.live")


class Watched(Protocol):
    """Those who look, as the reader of their project knows them."""

    @property
    def watches(self) -> Mapping[Watch, Viewer]:
        """Every watch, and whose it is."""
        ...

    def remove(self, watch: Watch) -> None:
        """Read for this watch no longer."""
        ...

    def more_keys(self, number: int) -> None:
        """A run has keys that it did not have."""
        ...

    def back(self, number: int) -> None:
        """A run that was gone is there again."""
        ...


class Follower:
    """What the viewers of one project have heard of its runs."""

    def __init__(
        self,
        project_id: int,
        catalog: Catalog,
        store: MetricStore,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._project_id = project_id
        self._catalog = catalog
        self._store = store
        self._clock = clock
        self._keys: defaultdict[int, set[str]] = defaultdict(set)
        self._digest = Digest()
        self._hearings: dict[Viewer, Hearing] = {}
        self._gone: set[int] = set()  # deleted: of those in the bin, writers may still send
        self._changed: dict[int, None] = {}  # runs of which nobody was told yet
        self._stirred = asyncio.Event()
        self._asked_at = clock()

    @property
    def known(self) -> Mapping[int, Collection[str]]:
        """The keys of numbers of each run, as far as anybody asked."""
        return self._keys

    @property
    def gone(self) -> Collection[int]:
        """The runs of which nobody is told."""
        return self._gone

    def add(self, viewer: Viewer, known: Mapping[int, Sequence[KeyStats]]) -> None:
        """Tell this viewer too; `known` are series that they know of."""
        self._hearings.setdefault(viewer, Hearing())
        for number, each in known.items():
            self._keys[number] |= {stats.key for stats in each if stats.kind == "number"}

    def remove(self, viewer: Viewer) -> None:
        """Tell this viewer no longer."""
        self._hearings.pop(viewer, None)

    def hear(self, numbers: Mapping[int, None]) -> None:
        """Something came to these runs, or they are others than before."""
        self._changed.update(numbers)
        self._stirred.set()

    def forget(self, number: int) -> None:
        """A run is gone, until it is found again."""
        self._gone.add(number)
        self._keys.pop(number, None)
        self._digest.forget(number)

    async def follow(self, watched: Watched) -> None:
        """Tell the viewers, until it is cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ACCESS_S):
                    await self._stirred.wait()
            begun, told = self._clock(), 0
            try:
                if begun - self._asked_at >= ACCESS_S:
                    self._asked_at = begun
                    await self._check_access(watched)
                told = await self._tell(watched)
            except UnavailableError as error:  # what is to be told stays so until it is back
                logger.debug("runs of project %d wait: %s", self._project_id, error)
            except Exception:  # the others shall not go without for one bad look
                logger.exception("runs of project %d could not be read", self._project_id)
            taken = self._clock() - begun
            await asyncio.sleep(max(NEWS_S, taken / NEWS_SHARE, told / MAX_NUMBERS * NEWS_S))

    # -- rights

    async def _check_access(self, watched: Watched) -> None:
        """See whether everybody may still look."""
        refusals: dict[Actor, ServerError | None] = {}
        for watch in list(watched.watches):
            wish, actor = watch.wish, watch.actor
            if actor not in refusals:
                refusals[actor] = await self._refusal(actor, wish)
            refusal, viewer = refusals[actor], watched.watches.get(watch)
            if refusal is not None and viewer is not None:
                watched.remove(watch)
                viewer.tell(Ended(wish.id, refusal.code, str(refusal)))

    async def _refusal(self, actor: Actor, wish: Wish) -> ServerError | None:
        where = (self._catalog, actor, wish.owner, wish.project)
        try:
            await asyncio.to_thread(locate_project, *where, Resource.POINTS, Verb.READ)
        except ServerError as error:
            return error
        return None

    # -- runs and keys

    async def _tell(self, watched: Watched) -> int:
        """Tell what is new of as many runs as one look takes; returns how many numbers."""
        changed, self._changed = self._changed, {}
        for hearing in self._hearings.values():
            hearing.due.update(changed)
        ready = {viewer: each for viewer, each in self._hearings.items() if viewer.ready()}
        chosen = self._digest.choice(dict.fromkeys(n for each in ready.values() for n in each.due))
        if chosen:
            await self._look(watched, ready, chosen)
        if not self._changed and not any(each.due for each in self._hearings.values()):
            self._stirred.clear()
        return sum(self._digest.size(number) for number in chosen)

    async def _look(
        self, watched: Watched, ready: Mapping[Viewer, Hearing], chosen: Sequence[int]
    ) -> None:
        stats = await self._store.keys(chosen)
        runs = await asyncio.to_thread(_load, self._catalog, chosen)
        looks: dict[int, Look] = {}
        fresh: list[Keys] = []
        for run in runs:
            if run.number in self._gone:
                self._gone.discard(run.number)
                watched.back(run.number)
            looks[run.number] = self._digest.look(run, stats.get(run.number, []))
            keys = self._fresh(run.number, stats.get(run.number, []))
            if keys:
                fresh.append(Keys(f"{run.owner}/{run.project}", run.id, keys))
                watched.more_keys(run.number)
        told: dict[Place, Sequence[News]] = {}
        for viewer, hearing in ready.items():
            place = hearing.place(chosen)
            hearing.take(looks, chosen)
            if viewer not in self._hearings or not place:
                continue
            if place not in told:
                told[place] = news_of(looks, place)
            for news in (*told[place], *fresh):
                viewer.tell(news)

    def _fresh(self, number: int, stats: Sequence[KeyStats]) -> list[KeyStats]:
        """The keys that a run was not known to have."""
        known = self._keys[number]
        keys = [each for each in stats if each.kind == "number" and each.key not in known]
        known |= {each.key for each in keys}
        return keys


def _load(catalog: Catalog, numbers: Sequence[int]) -> list[Run]:
    with catalog.reading() as connection:
        query = select_runs(full=False).add_columns(runs_table.c.summary)
        query = query.where(runs_table.c.number.in_(numbers))
        return [run_from(row) for row in connection.execute(query).mappings()]
