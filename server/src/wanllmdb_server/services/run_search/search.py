"""RunSearch: the runs of a project by page, filtered and in an order.

By whatever they are ordered, runs that do not have it come last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from wanllmdb_server.catalog.access import find_project, run_from
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.tables import runs
from wanllmdb_server.catalog.where import select_runs
from wanllmdb_server.domain import rank
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.filter import DEFAULT_PAGE, MAX_PAGE, RunFilter, Sort
from wanllmdb_server.domain.page import Page
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import Run, merged_summary
from wanllmdb_server.metrics.away import keys_if_there
from wanllmdb_server.metrics.store import MetricStore
from wanllmdb_server.services.run_search.choice import Choice, Chosen
from wanllmdb_server.services.run_search.ordering import Ordered, field_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What list of runs is asked for, and which stretch of it."""

    filter: RunFilter = field(default_factory=RunFilter)
    sort: Sort = field(default_factory=Sort)
    limit: int = DEFAULT_PAGE
    cursor: str | None = None
    offset: int = 0  # runs that are passed over, where there is no cursor
    full: bool = True  # with config, summary and environment
    then: tuple[Sort, ...] = ()  # by what runs are ordered that are equal by `sort`

    @property
    def sorts(self) -> tuple[Sort, ...]:
        """The whole order."""
        return (self.sort, *self.then)

    def name(self, project_id: int) -> str:
        """What a cursor belongs to: another filter or order makes another list."""
        order = ",".join(sort.text for sort in self.sorts)
        return f"runs {project_id} {order} {self.filter.name}"


class RunSearch:
    """Finds runs."""

    def __init__(self, catalog: Catalog, store: MetricStore, choice: Choice) -> None:
        self._catalog = catalog
        self._store = store
        self._choice = choice

    async def find(self, actor: Actor, owner: str, project: str, wanted: Wanted) -> Page[Run]:
        """A page of the project's runs.

        Raises:
            MalformedError: the cursor is not one of this list.
        """
        wanted = replace(wanted, limit=max(1, min(wanted.limit, MAX_PAGE)))
        project_id = await asyncio.to_thread(self._project, actor, owner, project)
        fields = [field_of(sort) for sort in wanted.sorts]
        chosen = await self._choice.choose(project_id, wanted.filter, fields)
        page = await asyncio.to_thread(self._page, project_id, chosen, wanted)
        return replace(page, items=await self._summed(page.items)) if wanted.full else page

    def _project(self, actor: Actor, owner: str, project: str) -> int:
        with self._catalog.reading() as connection:
            return find_project(connection, actor, owner, project, Resource.RUN, Verb.READ).id

    def _page(self, project_id: int, chosen: Chosen, wanted: Wanted) -> Page[Run]:
        ordered, name = Ordered(chosen, wanted.sorts), wanted.name(project_id)
        begin = wanted.offset
        if wanted.cursor:
            kinds = (int, *rank.KINDS * len(wanted.sorts))
            begin = ordered.behind(rank.read_rank(read_cursor(name, wanted.cursor, *kinds)))
        end = begin + wanted.limit
        numbers = chosen.roster.numbers[ordered.rows[begin:end]].tolist()
        more = end < len(ordered.rows)
        cursor = write_cursor(name, *ordered.rank(end - 1).flat()) if more else None
        return Page(self._read(numbers, wanted), cursor, len(chosen.rows))

    def _read(self, numbers: Sequence[int], wanted: Wanted) -> list[Run]:
        query = select_runs(full=wanted.full).where(runs.c.number.in_(numbers))
        with self._catalog.reading() as connection:
            found = {row["number"]: run_from(row) for row in connection.execute(query).mappings()}
        return [found[number] for number in numbers if number in found]

    async def _summed(self, items: Sequence[Run]) -> list[Run]:
        """The runs with the last value of every key in their summaries."""
        keys = await keys_if_there(self._store, [run.number for run in items])
        return [
            replace(run, summary=plain(merged_summary(run.summary, keys.get(run.number, ()))))
            for run in items
        ]
