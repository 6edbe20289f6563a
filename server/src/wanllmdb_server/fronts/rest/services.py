"""What the routes find at `request.app.state.services`: one use case each, made in wiring.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection

from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.store import MetricStore

if TYPE_CHECKING:
    from wanllmdb_server.services.accounts import Accounts
    from wanllmdb_server.services.curves import Curves
    from wanllmdb_server.services.files import Files
    from wanllmdb_server.services.ingest import Ingest
    from wanllmdb_server.services.live import Live
    from wanllmdb_server.services.projects import Projects
    from wanllmdb_server.services.receipts import Receipts
    from wanllmdb_server.services.run_search import RunSearch
    from wanllmdb_server.services.runs import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every service of this process."""

    accounts: Accounts
    projects: Projects
    runs: Runs
    run_search: RunSearch
    files: Files
    ingest: Ingest
    curves: Curves
    receipts: Receipts
    live: Live
    store: MetricStore
    bus: EventBus
    metric_url: str | None = None  # where clients shall send metrics; None: where they came to


def services_of(connection: HTTPConnection) -> Services:
    """The services of the app that answers this request."""
    return cast("Services", connection.app.state.services)
