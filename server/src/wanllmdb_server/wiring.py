"""Wiring: settings in, services out. The only file that knows who stands behind a contract."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable

from wanllmdb_server.blobs.local import LocalBlobStore
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.credentials import Passwords
from wanllmdb_server.data_dir import DataDir
from wanllmdb_server.events.memory import MemoryEventBus
from wanllmdb_server.fronts.rest.services import Services
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.services.accounts import Accounts
from wanllmdb_server.services.curves import Curves
from wanllmdb_server.services.files import Files
from wanllmdb_server.services.ingest import Ingest
from wanllmdb_server.services.live import Live
from wanllmdb_server.services.projects import Projects
from wanllmdb_server.services.receipts import Receipts
from wanllmdb_server.services.run_search import RunSearch
from wanllmdb_server.services.runs import Runs
from wanllmdb_server.settings import Settings

Clock = Callable[[], int]  # microseconds since the epoch


def now_us() -> int:
    """The time, in microseconds since the epoch."""
    return time.time_ns() // 1000


def open_catalog(told: Settings, clock: Clock = now_us) -> Catalog:
    """The catalog of the data directory, at the newest version of its tables."""
    catalog = Catalog(f"sqlite:///{DataDir(told.data_dir).catalog}", clock=clock)
    try:
        catalog.migrate()
    except BaseException:
        catalog.close()
        raise
    return catalog


def make_accounts(catalog: Catalog) -> Accounts:
    """Accounts, as they are made everywhere."""
    return Accounts(catalog, passwords=Passwords())


@contextlib.asynccontextmanager
async def open_services(told: Settings, clock: Clock = now_us) -> AsyncIterator[Services]:
    """Every service over the data directory; its stores are closed when the block ends."""
    held = DataDir(told.data_dir)
    async with contextlib.AsyncExitStack() as stack:
        catalog = open_catalog(told, clock)
        stack.callback(catalog.close)
        store = SqliteMetricStore.open(held.metrics)
        stack.push_async_callback(store.close)
        bus = MemoryEventBus()
        ingest = Ingest(catalog, store, bus, clock=time.monotonic, boot=secrets.token_hex(8))
        stack.push_async_callback(ingest.close)
        live = Live(catalog, store, bus, clock=time.monotonic)
        stack.push_async_callback(live.close)
        yield Services(
            accounts=make_accounts(catalog),
            projects=Projects(catalog, store, bus),
            runs=Runs(catalog, store, bus),
            run_search=RunSearch(catalog, store),
            files=Files(catalog, LocalBlobStore(held.blobs)),
            ingest=ingest,
            curves=Curves(catalog, store),
            receipts=Receipts(catalog, store),
            live=live,
            store=store,
            bus=bus,
            metric_url=told.metric_url,
        )
