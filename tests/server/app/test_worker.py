"""Chores: done by one process at a time, whoever is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

from wanllmdb_server.blobs.arrivals import Arrivals
from wanllmdb_server.data_dir import DataDir, PartLock
from wanllmdb_server.worker import Chore, working


async def test_an_api_does_the_chores_that_nobody_holds_and_goes_on_where_a_worker_died(
    tmp_path: Path,
) -> None:
    done = 0
    again = asyncio.Event()

    async def do() -> None:
        nonlocal done
        done += 1
        again.set()

    held = DataDir(tmp_path, ("worker",))
    held.hold()
    async with working([Chore("count", 0.01, do)], PartLock(tmp_path, "worker").borrowed):
        await asyncio.sleep(0.1)
        assert done == 0
        held.release()
        async with asyncio.timeout(20):
            await again.wait()


async def test_nothing_is_dropped_while_bytes_arrive_at_another_process(tmp_path: Path) -> None:
    api, worker = Arrivals(tmp_path / "lock"), Arrivals(tmp_path / "lock")
    async with api.arrival(), api.arrival(), worker.dropping() as quiet:
        assert not quiet
    async with worker.dropping() as quiet:
        assert quiet
        arriving = asyncio.create_task(_arrive(api))
        await asyncio.sleep(0.05)
        assert not arriving.done()
    async with asyncio.timeout(20):
        await arriving


async def _arrive(arrivals: Arrivals) -> None:
    async with arrivals.arrival():
        pass
