"""What the routes find at `request.app.state.services`: one use case each, made in wiring.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection

from wanllmdb_server.events.bus import EventBus
from wanllmdb_server.metrics.store import MetricStore

if TYPE_CHECKING:
    from wanllmdb_server.services.accounts import Accounts
    from wanllmdb_server.services.alerts import Alerts
    from wanllmdb_server.services.analysis import Analysis
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
    from wanllmdb_server.services.run_search import RunSearch, RunTables
    from wanllmdb_server.services.run_sets import RunSets
    from wanllmdb_server.services.runs import Runs
    from wanllmdb_server.services.views import Views


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every service of this process."""

    accounts: Accounts
    projects: Projects
    runs: Runs
    run_search: RunSearch
    run_sets: RunSets
    run_tables: RunTables
    files: Files
    artifacts: Artifacts
    intake: Intake
    drafts: Drafts
    ingest: Ingest
    metrics: Metrics
    numbered: Numbered
    metric_answers: MetricAnswers
    alerts: Alerts
    history: History
    console: Console
    curves: Curves
    export: Export
    receipts: Receipts
    retention: Retention
    live: Live
    views: Views
    comparison: Comparison
    analysis: Analysis
    store: MetricStore
    bus: EventBus
    metric_url: str | None = None  # where clients shall send metrics; None: where they came to


def services_of(connection: HTTPConnection) -> Services:
    """The services of the app that answers this request."""
    return cast("Services", connection.app.state.services)
