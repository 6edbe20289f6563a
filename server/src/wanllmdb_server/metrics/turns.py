"""Turns: what waits for the log's thread, and how those who wait are told what came of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from wanllmdb.wire import Batch
from wanllmdb_server.metrics.columns import Columns
from wanllmdb_server.metrics.handful import Handful
from wanllmdb_server.metrics.store import Reply
from wanllmdb_server.metrics.succession import Succession


@dataclass(slots=True)
class Append:
    """A batch is to be kept; what it holds is known, or will be in a moment."""

    answer: Reply
    run: int
    batch: Batch
    holds: Handful | Columns | Future[Columns]


@dataclass(slots=True)
class Forget:
    """A run is to be forgotten."""

    answer: asyncio.Future[None]
    run: int


@dataclass(slots=True)
class Succeed:
    """The succession of a run becomes another: of what it is, and who has logged."""

    answer: asyncio.Future[None]
    run: int
    change: Callable[[Succession | None, list[str]], Succession | None]


@dataclass(slots=True)
class LetGo:
    """A run need not be in memory any more."""

    run: int


Answer = tuple[Reply, Any]
Other = Forget | Succeed | LetGo


def tell(answers: Iterable[Answer]) -> None:
    """Tell the callers, with one call into each event loop."""
    loops: dict[asyncio.AbstractEventLoop, list[Answer]] = {}
    for answer in answers:
        loops.setdefault(answer[0].get_loop(), []).append(answer)
    for loop, those in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, those)


def _tell(answers: list[Answer]) -> None:
    for future, result in answers:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
