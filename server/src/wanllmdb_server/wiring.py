"""Wiring: settings in, services out. The only file that knows who stands behind a contract."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import ModuleType
from typing import cast

from wanllmdb_server.blobs.arrivals import Arrivals
from wanllmdb_server.blobs.local import LocalBlobStore
from wanllmdb_server.blobs.shelf import Shelf
from wanllmdb_server.blobs.store import BlobStore
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.credentials import Passwords
from wanllmdb_server.data_dir import DataDir
from wanllmdb_server.domain import retention
from wanllmdb_server.domain.access import Actor
from wanllmdb_server.domain.filter import MAX_PAGE, RunFilter
from wanllmdb_server.domain.run import Run
from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.events.memory import MemoryEventBus
from wanllmdb_server.events.relay import RelayEventBus
from wanllmdb_server.events.relay_client import keep_linked
from wanllmdb_server.fronts.internal.door import Door
from wanllmdb_server.fronts.rest.services import Services
from wanllmdb_server.metrics.remote import RemoteMetricStore
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.store import MetricStore
from wanllmdb_server.services.accounts import Accounts
from wanllmdb_server.services.alerts import Alerts
from wanllmdb_server.services.analysis import Analysis, Finder
from wanllmdb_server.services.artifacts import Artifacts
from wanllmdb_server.services.comparison import Comparison
from wanllmdb_server.services.console import Console
from wanllmdb_server.services.curves import Curves
from wanllmdb_server.services.drafts import Drafts
from wanllmdb_server.services.export import Export
from wanllmdb_server.services.files import Files
from wanllmdb_server.services.history import History
from wanllmdb_server.services.ingest import Ingest
from wanllmdb_server.services.intake import Intake
from wanllmdb_server.services.live import Live
from wanllmdb_server.services.metric_answers import MetricAnswers
from wanllmdb_server.services.metrics import Metrics
from wanllmdb_server.services.numbered import Numbered
from wanllmdb_server.services.projects import Projects
from wanllmdb_server.services.receipts import Receipts
from wanllmdb_server.services.retention import Retention
from wanllmdb_server.services.run_search import Choice, RunSearch, RunTables, Wanted
from wanllmdb_server.services.run_sets import Finder as RunFinder
from wanllmdb_server.services.run_sets import RunSets
from wanllmdb_server.services.runs import Runs
from wanllmdb_server.services.views import Views
from wanllmdb_server.settings import Settings, SettingsError

Clock = Callable[[], int]  # microseconds since the epoch


def now_us() -> int:
    """The time, in microseconds since the epoch."""
    return time.time_ns() // 1000


def open_catalog(told: Settings, clock: Clock = now_us) -> Catalog:
    """The catalog of the data directory, at the newest version of its tables."""
    held = DataDir(told.data_dir)
    catalog = Catalog(
        f"sqlite:///{held.catalog}",
        clock=clock,
        listening_since=None if told.role == "all" else lambda: held.listening_since(clock()),
    )
    try:
        catalog.migrate()
    except BaseException:
        catalog.close()
        raise
    return catalog


def make_accounts(catalog: Catalog) -> Accounts:
    """Accounts, as they are made everywhere."""
    return Accounts(catalog, passwords=Passwords())


def internal_key(told: Settings) -> str:
    """What the processes of this server show to each other."""
    return told.internal_key or DataDir(told.data_dir).internal_key()


def open_door(told: Settings, services: Services) -> Door:
    """What the other processes of the server find at the metric service."""
    return Door(
        store=services.store,
        bus=cast("RelayEventBus", services.bus),
        key=internal_key(told),
        forgotten=services.runs.deleted_elsewhere,
    )


@contextlib.asynccontextmanager
async def _behind(told: Settings) -> AsyncIterator[tuple[MetricStore, EventBus]]:
    """The metric store and the event bus: of this process, or of the metric service."""
    local = MemoryEventBus()
    if told.role in {"all", "metrics"}:
        embedded = SqliteMetricStore.open(DataDir(told.data_dir).metrics)
        try:
            yield embedded, local if told.role == "all" else RelayEventBus(local)
        finally:
            await embedded.close()
        return
    bus, url, key = RelayEventBus(local), told.internal_url, internal_key(told)
    remote = RemoteMetricStore(url, key)
    linked = asyncio.create_task(keep_linked(bus, url, key), name="event link")
    try:
        yield remote, bus
    finally:
        linked.cancel()
        await asyncio.gather(linked, return_exceptions=True)
        await remote.close()


def _rule(told: Settings) -> retention.Rule:
    """What the settings say of retention."""
    try:
        return retention.parse(told.retention)
    except ValueError as error:
        raise SettingsError(f"retention: {error}") from error


def finder(search: RunSearch) -> Finder:
    """The runs that pass a filter, from the pages of a search."""

    async def find(
        actor: Actor, owner: str, project: str, asked: RunFilter, limit: int
    ) -> list[Run]:
        found: list[Run] = []
        wanted = Wanted(filter=asked, limit=MAX_PAGE, full=False)
        while len(found) < limit:
            page = await search.find(actor, owner, project, wanted)
            found.extend(page.items)
            if page.next is None:
                break
            wanted = replace(wanted, cursor=page.next)
        return found[:limit]

    return find


def chooser(choice: Choice) -> RunFinder:
    """The numbers of the runs that pass a filter."""

    async def find(project_id: int, asked: RunFilter) -> list[int]:
        return (await choice.choose(project_id, asked)).numbers.tolist()

    return find


def open_blobs(told: Settings) -> BlobStore:
    """Where files are kept; made anew, with nothing in it that was not put completely."""
    held = DataDir(told.data_dir)
    if not told.blobs:
        return LocalBlobStore(held.blobs)
    if any(held.blobs.glob("??")):
        raise SettingsError(
            f"There are files in {held.blobs}; from a bucket they would not be found. Move them: "
            f"`wanllmdb backup DIR`, then `wanllmdb restore DIR --replace --blobs {told.blobs}`."
        )
    s3 = _s3()
    return s3.S3BlobStore(s3.open_bucket(told.blobs, os.environ), held.blobs / "incoming")


def shelf(told: Settings) -> Shelf | None:
    """The same files for a command; None: they lie in the data directory."""
    if not told.blobs:
        return None
    s3 = _s3()
    return s3.S3Shelf(s3.open_bucket(told.blobs, os.environ))


def _s3() -> ModuleType:
    try:
        from wanllmdb_server.blobs import s3  # only who keeps files in a bucket needs it
    except ImportError as error:
        raise SettingsError(
            "To keep files in a bucket: pip install 'wanllmdb-server[s3]'."
        ) from error
    return s3


@contextlib.asynccontextmanager
async def open_services(told: Settings, clock: Clock = now_us) -> AsyncIterator[Services]:
    """Every service over the data directory; its stores are closed when the block ends."""
    held = DataDir(told.data_dir)
    rule = _rule(told)
    async with contextlib.AsyncExitStack() as stack:
        catalog = open_catalog(told, clock)
        stack.callback(catalog.close)
        store, bus = await stack.enter_async_context(_behind(told))
        blobs = open_blobs(told)
        arrivals = Arrivals(None if told.role == "all" else held.arrivals)
        ingest = Ingest(catalog, store, bus, clock=time.monotonic)
        stack.push_async_callback(ingest.close)
        boot = secrets.token_hex(8)
        metrics = Metrics(catalog, store, bus, clock=time.monotonic, boot=boot)
        stack.push_async_callback(metrics.close)
        numbered = Numbered(catalog, store, bus, clock=time.monotonic)
        stack.push_async_callback(numbered.close)
        live = Live(catalog, store, bus, clock=time.monotonic)
        stack.push_async_callback(live.close)
        choice = Choice(catalog, store)
        search = RunSearch(catalog, store, choice)
        yield Services(
            accounts=make_accounts(catalog),
            projects=Projects(catalog, store, bus),
            runs=Runs(catalog, store, bus),
            run_search=search,
            run_sets=RunSets(catalog, store, bus, chooser(choice), days=told.trash_days),
            run_tables=RunTables(catalog, store, choice),
            files=Files(catalog, blobs, arrivals, ticket_key=internal_key(told)),
            artifacts=Artifacts(catalog, blobs),
            intake=Intake(catalog, blobs, arrivals),
            drafts=Drafts(catalog, blobs, arrivals, ticket_key=internal_key(told)),
            ingest=ingest,
            metrics=metrics,
            numbered=numbered,
            metric_answers=MetricAnswers(catalog, store),
            alerts=Alerts(catalog),
            history=History(catalog, store),
            console=Console(catalog, store, clock=time.monotonic),
            curves=Curves(catalog, store),
            export=Export(catalog, store),
            receipts=Receipts(catalog, store),
            retention=Retention(catalog, store, rule),
            live=live,
            views=Views(catalog),
            comparison=Comparison(catalog, store),
            analysis=Analysis(catalog, store, finder(search)),
            store=store,
            bus=bus,
            metric_url=told.told_metric_url,
        )
