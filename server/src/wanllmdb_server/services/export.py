"""Export: everything that was logged, to be taken away.

What is given is what is shown: points that a later attempt logged anew are left out, as in
curves. Nothing is sampled, rounded or left out besides.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import select

from wanllmdb_server.catalog.access import find_project, locate_runs
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.tables import runs as runs_table
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.run import SYSTEM_PREFIX, is_users_key
from wanllmdb_server.domain.series import KeyStats, Scan, Window
from wanllmdb_server.metrics.extract import Rows, long_parts, wide_parts
from wanllmdb_server.metrics.store import MetricStore

MAX_COLUMNS: Final = 2000  # of rows
_RUNS_AT_ONCE: Final = 200  # whose statistics are asked for

Shape = Literal["long", "wide"]
Stream = Literal["default", "system", "all"]
Kind = Literal["number", "object", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is taken away.

    Attributes:
        runs: ids; None: all of the project.
        keys: None: all of the stream.
        stream: what the user logged, what was measured of the machine, or everything.
        shape: a point a row, or a step a row.
        window: steps.
    """

    owner: str
    project: str
    runs: Sequence[str] | None = None
    keys: Sequence[str] | None = None
    stream: Stream = "default"
    shape: Shape = "long"
    window: Window = field(default_factory=Window)


@dataclass(frozen=True, slots=True)
class Source:
    """A run that is exported."""

    number: int
    id: str
    started_at: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What an export is made of.

    Attributes:
        runs: in the order of their creation, or as they were named.
        keys: of all runs, by name, and what their points are.
        parts: the points, run by run and key by key, or rows, run by run.
    """

    runs: Sequence[Source]
    keys: dict[str, Kind]
    parts: AsyncIterator[Sequence[Scan] | Rows]


class Export:
    """Gives points away."""

    def __init__(self, catalog: Catalog, store: MetricStore) -> None:
        self._catalog = catalog
        self._store = store

    async def open(self, actor: Actor, wanted: Wanted) -> Contents:
        """What is taken away; all that can be refused is refused before this returns.

        Raises:
            NotFoundError: a run is not there.
            InvalidError: rows would have too many columns.
        """
        runs = await asyncio.to_thread(self._locate, actor, wanted)
        kinds: dict[str, Kind] = {}
        async for _, stats in self._known(runs, wanted):
            for each in stats:
                known = kinds.setdefault(each.key, each.kind)
                kinds[each.key] = known if known == each.kind else "both"
        if wanted.shape == "wide" and len(kinds) > MAX_COLUMNS:
            detail = f"At most {MAX_COLUMNS} keys side by side, not {len(kinds)}; name some."
            fault = Fault("/keys", "too-many-keys", detail)
            raise InvalidError(detail, faults=[fault])
        return Contents(runs, dict(sorted(kinds.items())), self._parts(runs, wanted))

    def _parts(
        self, runs: Sequence[Source], wanted: Wanted
    ) -> AsyncIterator[Sequence[Scan] | Rows]:
        known = self._known(runs, wanted)
        if wanted.shape == "long":
            return long_parts(self._store, known, wanted.window)
        return wide_parts(self._store, known, wanted.window)

    async def _known(
        self, runs: Sequence[Source], wanted: Wanted
    ) -> AsyncIterator[tuple[int, list[KeyStats]]]:
        """The number of each run with those of its series that are wanted, by key."""
        for first in range(0, len(runs), _RUNS_AT_ONCE):
            some = runs[first : first + _RUNS_AT_ONCE]
            found = await self._store.keys([run.number for run in some], wanted.keys)
            for run in some:
                stats = found.get(run.number, [])
                if wanted.keys is None:
                    stats = [each for each in stats if _is_of(each.key, wanted.stream)]
                yield run.number, stats

    def _locate(self, actor: Actor, wanted: Wanted) -> list[Source]:
        of = (actor, wanted.owner, wanted.project)
        can = (Resource.POINTS, Verb.READ)
        if wanted.runs is not None:
            names = list(dict.fromkeys(wanted.runs))
            found = locate_runs(self._catalog, *of, names, *can)
            return [Source(run.number, run.id, run.started_at) for run in found]
        table = runs_table.c
        with self._catalog.reading() as connection:
            project = find_project(connection, *of, *can)
            query = select(table.number, table.id, table.started_at)
            query = query.where(table.project_id == project.id).order_by(table.number)
            return [Source(*row) for row in connection.execute(query)]


def _is_of(key: str, stream: Stream) -> bool:
    if stream == "all":
        return True
    return key.startswith(SYSTEM_PREFIX) if stream == "system" else is_users_key(key)
