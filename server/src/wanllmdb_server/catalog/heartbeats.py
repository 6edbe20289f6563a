"""Heart-beats: a run that is heard of is alive, which is written now and then, not each time."""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.runs import touch
from wanllmdb_server.domain.beside import Beside
from wanllmdb_server.domain.run import Run

TOUCH_S: Final = 5.0  # a run's heart-beat is written so often, however often it sends
REMEMBERED: Final = 10_000  # runs; beyond, those of long ago are forgotten


class Heartbeats:
    """Writes down of which runs, and of which of their writers, was heard. On one event loop."""

    def __init__(
        self, catalog: Catalog, *, clock: Callable[[], float], changed: Callable[[Run], None]
    ) -> None:
        """`clock` gives seconds that never go back; `changed` hears of runs that run again."""
        self._catalog = catalog
        self._clock = clock
        self._changed = changed
        self._touched: dict[int, float] = {}
        self._heard: defaultdict[int, set[str]] = defaultdict(set)
        self._due: dict[int, Run] = {}
        self._writing = False
        self._beside = Beside()

    def heard(self, run: Run, writer: str | None = None) -> None:
        """The run was heard of, from this writer of it; returns at once."""
        if writer is not None:
            self._heard[run.number].add(writer)
        now = self._clock()
        if now - self._touched.get(run.number, -TOUCH_S) >= TOUCH_S:
            self._touched[run.number] = now
            self._due[run.number] = run
            if not self._writing:
                self._writing = True
                self._beside.do(self._write())

    def written(self, run: Run) -> None:
        """The sign of life was written by somebody else, with what they had to write."""
        self._touched[run.number] = self._clock()

    async def close(self) -> None:
        """Wait for what is still being written."""
        await self._beside.close()

    async def _write(self) -> None:
        """Write what is due, and what becomes due meanwhile: many cost hardly more than one."""
        try:
            while self._due:
                due, self._due = self._due, {}
                await self._touch(due)
        finally:
            self._writing = False

    async def _touch(self, due: dict[int, Run]) -> None:
        now = self._catalog.clock()
        heard = {number: self._heard.pop(number, set()) for number in due}
        told = functools.partial(touch, writers=heard, now=now)
        for healed in await asyncio.to_thread(told, self._catalog, list(due)):
            self._changed(due[healed])
        if len(self._touched) > REMEMBERED:
            old = self._clock() - TOUCH_S
            self._touched = {number: at for number, at in self._touched.items() if at > old}
