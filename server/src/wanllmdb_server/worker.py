"""Worker: what has to be done again and again, beside all requests.

One process does the chores: the whole server, or its worker, holds them as long as it lives. An
API does one when its time has come and nobody holds them, so they are done where there is no
worker, and go on where one has died, with nothing to configure.

A task that fails is logged and tried again when its time has come: a server must not stop
looking after its runs because the disk was full for a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

logger = logging.getLogger("wanllmdb.worker")


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done every so many seconds, for the first time after as many."""

    name: str
    every_s: float
    do: Callable[[], Awaitable[object]]


Turn = Callable[[], AbstractContextManager[bool]]  # whether a chore is ours to do just now


def _ours() -> AbstractContextManager[bool]:
    return contextlib.nullcontext(True)


@contextlib.asynccontextmanager
async def working(chores: Sequence[Chore], turn: Turn = _ours) -> AsyncIterator[None]:
    """Do the chores while the block runs, each of them when it is our turn."""
    tasks = [asyncio.create_task(_repeat(chore, turn), name=chore.name) for chore in chores]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(chore: Chore, turn: Turn) -> None:
    while True:
        await asyncio.sleep(chore.every_s)
        try:
            with turn() as ours:
                if ours:
                    await chore.do()
        except Exception:
            logger.exception("%s failed; it is tried again in %g s", chore.name, chore.every_s)
