"""Worker: what has to be done again and again, beside all requests.

A task that fails is logged and tried again when its time has come: a server must not stop
looking after its runs because the disk was full for a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

logger = logging.getLogger("wanllmdb.worker")


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done every so many seconds, for the first time after as many."""

    name: str
    every_s: float
    do: Callable[[], Awaitable[object]]


@contextlib.asynccontextmanager
async def working(chores: Sequence[Chore]) -> AsyncIterator[None]:
    """Do the chores while the block runs."""
    tasks = [asyncio.create_task(_repeat(chore), name=chore.name) for chore in chores]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(chore: Chore) -> None:
    while True:
        await asyncio.sleep(chore.every_s)
        try:
            await chore.do()
        except Exception:
            logger.exception("%s failed; it is tried again in %g s", chore.name, chore.every_s)
