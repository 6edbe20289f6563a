"""What a server makes of the silence of its runs: asked of its services with a clock of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from tests.faults.training import PROJECT
from tests.server.world import Clock

from wanllmdb_server import wiring
from wanllmdb_server.catalog.access import locate_runs
from wanllmdb_server.domain.access import Resource, Verb
from wanllmdb_server.domain.run import CRASHED_AFTER_S
from wanllmdb_server.services.accounts import actor_for
from wanllmdb_server.settings import Settings


def states_after_silence(
    data_dir: Path, owner: str, runs: Iterable[str], *, seconds: float = CRASHED_AFTER_S + 1
) -> dict[str, str]:
    """The states of these runs when nothing was heard of them for so long.

    Args:
        data_dir: of a server that has stopped.
        owner: of the project of the fault tests.
        runs: their ids.
        seconds: of silence.
    """
    return asyncio.run(_states(data_dir, owner, list(runs), seconds))


async def _states(data_dir: Path, owner: str, runs: list[str], seconds: float) -> dict[str, str]:
    clock = Clock(wiring.now_us())
    told = Settings(data_dir=data_dir, config_dir=data_dir)
    async with wiring.open_services(told, clock) as services:
        clock.tick(seconds)
        await services.runs.mark_silent()
        catalog = services.runs._catalog
        actor = actor_for(services.accounts.user_named(owner))
        found = locate_runs(catalog, actor, owner, PROJECT, runs, Resource.RUN, Verb.READ)
    return {run.id: run.state.value for run in found}
