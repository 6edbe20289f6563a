"""Receipts: whether what a run logged is what is kept of it, from the counts or counted anew."""

from __future__ import annotations

import asyncio

from wanllmdb_server.catalog.access import locate_run
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.tallies import heard_of
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.receipt import Heard, Receipt
from wanllmdb_server.domain.reckoning import receipt_of
from wanllmdb_server.domain.run import Run
from wanllmdb_server.metrics.store import MetricStore


class Receipts:
    """Draws up the accounts of runs."""

    def __init__(self, catalog: Catalog, store: MetricStore) -> None:
        self._catalog = catalog
        self._store = store

    async def of(
        self, actor: Actor, owner: str, project: str, run_id: str, *, recount: bool = False
    ) -> Receipt:
        """The receipt of a run, by the counts that were made as its rows came.

        With `recount` every point of it is read and counted again, which takes a while. Without,
        it says what damage was noticed by then.

        Raises:
            NotFoundError: the run is not there, or not for the actor to see.
        """
        run, heard = await asyncio.to_thread(self._heard, actor, owner, project, run_id)
        if recount:
            return receipt_of(heard, {}, await self._store.count(run.number))
        damage = (await self._store.damage([run.number])).get(run.number, ())
        noticed = [each.words for each in damage]
        return receipt_of(heard, await self._store.writers(run.number), noticed=noticed)

    def _heard(self, actor: Actor, owner: str, project: str, run_id: str) -> tuple[Run, Heard]:
        of = (actor, owner, project, run_id, Resource.RUN, Verb.READ)
        run = locate_run(self._catalog, *of, full=True)
        with self._catalog.reading() as connection:
            return run, heard_of(connection, run)
