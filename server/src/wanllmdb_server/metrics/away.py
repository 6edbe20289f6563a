"""Away: what goes on while the metric service is a process of its own, and is away for a moment.

Only for what is worth doing without it. Who asks for points hears that they are away.
"""

from __future__ import annotations

from collections.abc import Sequence

from wanllmdb_server.domain.errors import UnavailableError
from wanllmdb_server.domain.series import KeyStats
from wanllmdb_server.metrics.store import MetricStore


async def keys_if_there(store: MetricStore, runs: Sequence[int]) -> dict[int, list[KeyStats]]:
    """The series of each run, for its summary; none while the service is away."""
    try:
        return await store.keys(runs) if runs else {}
    except UnavailableError:
        return {}


async def forget_soon(store: MetricStore, runs: Sequence[int]) -> None:
    """Forget runs that the catalog marked as deleted; what is away forgets them when it is back.

    A service that is away begins anew, or was not heard for longer than it takes a run for
    known: in neither case does it take another run of that name for this one.
    """
    try:
        for number in runs:
            await store.forget(number)
    except UnavailableError:
        return
