"""RunSearch: the runs of a project by page, filtered and in an order.

Columns are ordered by the catalog. By a key of config or summary, all runs that pass the
filter are ranked here, for half of the values are in the metric store: numbers before texts
before nothing, in either direction, so that runs without the key never come first.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, and_, func, or_, select

from wanllmdb_server.catalog.access import find_project, run_from
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.facts import fact
from wanllmdb_server.catalog.tables import run_facts, runs
from wanllmdb_server.catalog.where import matches, select_runs, sort_value
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.filter import (
    DEFAULT_PAGE,
    MAX_PAGE,
    TEXT_COLUMNS,
    Column,
    RunFilter,
    Sort,
)
from wanllmdb_server.domain.page import Page
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import Run, merged_summary
from wanllmdb_server.metrics.store import MetricStore

AT_ONCE: Final = 1000  # runs about which the store is asked at once


@dataclass(frozen=True, slots=True)
class Wanted:
    """What list of runs is asked for, and which stretch of it."""

    filter: RunFilter = field(default_factory=RunFilter)
    sort: Sort = field(default_factory=Sort)
    limit: int = DEFAULT_PAGE
    cursor: str | None = None
    full: bool = True  # with config, summary and environment


@dataclass(frozen=True, slots=True)
class _Rank:
    """The place of a run among others: a number, a text, or nothing to be ordered by."""

    run: int
    number: float | None = None
    text: str | None = None

    @property
    def group(self) -> int:
        return 0 if self.number is not None else 1 if self.text is not None else 2

    @property
    def place(self) -> tuple[float, str, int]:
        return (self.number or 0.0, self.text or "", self.run)


class RunSearch:
    """Finds runs."""

    def __init__(self, catalog: Catalog, store: MetricStore) -> None:
        self._catalog = catalog
        self._store = store

    async def find(self, actor: Actor, owner: str, project: str, wanted: Wanted) -> Page[Run]:
        """A page of the project's runs.

        Raises:
            MalformedError: the cursor is not one of this list.
        """
        wanted = replace(wanted, limit=max(1, min(wanted.limit, MAX_PAGE)))
        sort = wanted.sort
        project_id = await asyncio.to_thread(self._project, actor, owner, project)
        if sort.part == "column":
            page = await asyncio.to_thread(self._by_column, project_id, wanted)
        else:
            ranks = await asyncio.to_thread(self._ranks, project_id, wanted)
            if sort.part == "summary":
                ranks = await self._with_last_values(ranks, sort.key)
            page = await asyncio.to_thread(self._by_rank, project_id, wanted, ranks)
        return replace(page, items=await self._summed(page.items)) if wanted.full else page

    def _project(self, actor: Actor, owner: str, project: str) -> int:
        with self._catalog.reading() as connection:
            return find_project(connection, actor, owner, project, Resource.RUN, Verb.READ).id

    # -- by a column

    def _by_column(self, project_id: int, wanted: Wanted) -> Page[Run]:
        of, column = _list_name(project_id, wanted), _column(wanted.sort)
        value = sort_value(column)
        query = _passing(
            select_runs(full=wanted.full).add_columns(value.label("sort_value")), project_id, wanted
        )
        if wanted.cursor:
            kind = str if column in TEXT_COLUMNS else int
            last, number = read_cursor(of, wanted.cursor, kind, int)
            behind, after = (
                (value < last, runs.c.number < number)
                if wanted.sort.descending
                else (value > last, runs.c.number > number)
            )
            query = query.where(or_(behind, and_(value == last, after)))
        order = [value, runs.c.number]
        if wanted.sort.descending:
            order = [each.desc() for each in order]
        with self._catalog.reading() as connection:
            found = (
                connection.execute(query.order_by(*order).limit(wanted.limit + 1)).mappings().all()
            )
            total = self._count(connection, project_id, wanted)
        shown = found[: wanted.limit]
        more = len(found) > wanted.limit
        cursor = write_cursor(of, shown[-1]["sort_value"], shown[-1]["number"]) if more else None
        return Page([run_from(row) for row in shown], cursor, total)

    def _count(self, connection: Connection, project_id: int, wanted: Wanted) -> int:
        query = _passing(select(func.count()).select_from(runs), project_id, wanted)
        return int(connection.scalar(query) or 0)

    # -- by a key of config or summary

    def _ranks(self, project_id: int, wanted: Wanted) -> list[_Rank]:
        """What the catalog knows of the key, for each run that passes the filter."""
        named = and_(
            run_facts.c.run == runs.c.number,
            run_facts.c.part == wanted.sort.part,
            run_facts.c.key == wanted.sort.key,
        )
        query = select(runs.c.number, run_facts.c.number, run_facts.c.text)
        query = _passing(query.select_from(runs.outerjoin(run_facts, named)), project_id, wanted)
        with self._catalog.reading() as connection:
            return [_Rank(*row) for row in connection.execute(query)]

    async def _with_last_values(self, ranks: Sequence[_Rank], key: str) -> list[_Rank]:
        """Where the user set nothing, the last value that was logged counts."""
        unset = [rank.run for rank in ranks if rank.group == 2]
        last: dict[int, _Rank] = {}
        for some in _stretches(unset, AT_ONCE):
            for run, keys in (await self._store.keys(some, [key])).items():
                for each in keys:
                    last[run] = _ranked(run, each.last)
        return [last.get(rank.run, rank) for rank in ranks]

    def _by_rank(self, project_id: int, wanted: Wanted, ranks: Sequence[_Rank]) -> Page[Run]:
        of, descending = _list_name(project_id, wanted), wanted.sort.descending
        ordered = [
            rank
            for group in (0, 1, 2)
            for rank in sorted(
                (each for each in ranks if each.group == group),
                key=lambda rank: rank.place,
                reverse=descending,
            )
        ]
        if wanted.cursor:
            last = _rank(*read_cursor(of, wanted.cursor, int, float, str, int))
            ordered = [rank for rank in ordered if _follows(rank, last, descending=descending)]
        shown, more = ordered[: wanted.limit], len(ordered) > wanted.limit
        cursor = write_cursor(of, shown[-1].group, *shown[-1].place) if more else None
        return Page(self._read([rank.run for rank in shown], wanted), cursor, len(ranks))

    def _read(self, numbers: Sequence[int], wanted: Wanted) -> list[Run]:
        query = select_runs(full=wanted.full).where(runs.c.number.in_(numbers))
        with self._catalog.reading() as connection:
            found = {row["number"]: run_from(row) for row in connection.execute(query).mappings()}
        return [found[number] for number in numbers if number in found]

    async def _summed(self, items: Sequence[Run]) -> list[Run]:
        """The runs with the last value of every key in their summaries."""
        keys = await self._store.keys([run.number for run in items]) if items else {}
        return [
            replace(run, summary=plain(merged_summary(run.summary, keys.get(run.number, ()))))
            for run in items
        ]


def _passing(query: Any, project_id: int, wanted: Wanted) -> Any:
    return query.where(runs.c.project_id == project_id, *matches(wanted.filter))


def _list_name(project_id: int, wanted: Wanted) -> str:
    """What a cursor belongs to: another filter or order makes another list."""
    states = sorted(wanted.filter.states)
    return f"runs {project_id} {wanted.sort.text} {states} {wanted.filter.words}"


def _column(sort: Sort) -> Column:
    return sort.key  # pyright: ignore[reportReturnType]  # parse_sort lets no other name in


def _rank(group: int, number: float, text: str, run: int) -> _Rank:
    """The rank that a cursor was made of."""
    return _Rank(run, number if group == 0 else None, text if group == 1 else None)


def _follows(rank: _Rank, last: _Rank, *, descending: bool) -> bool:
    if rank.group != last.group:
        return rank.group > last.group
    return rank.place < last.place if descending else rank.place > last.place


def _ranked(run: int, value: object) -> _Rank:
    found = fact(value)
    number = found["number"]
    if isinstance(value, float) and math.isinf(value):
        number = value
    return _Rank(run, number, found["text"])  # pyright: ignore[reportArgumentType]


def _stretches(numbers: Sequence[int], length: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), length):
        yield numbers[start : start + length]
