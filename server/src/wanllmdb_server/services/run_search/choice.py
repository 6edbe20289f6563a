"""Choice: which runs of a project a filter means, with the fields that are wanted of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wanllmdb_server.catalog import roster_rows
from wanllmdb_server.catalog.asked import Below, passing
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.column import Column, Flags, Ints, empty, overlaid
from wanllmdb_server.catalog.roster import Roster, Rosters
from wanllmdb_server.domain.filter import RunFilter
from wanllmdb_server.domain.query import FIGURES, Exists, Field, fields_of, leaves
from wanllmdb_server.metrics.store import MetricStore
from wanllmdb_server.services.run_search.logged import NEEDED, STATE, Logged


@dataclass(frozen=True, slots=True)
class Chosen:
    """The runs that a filter means: rows of a roster that holds what is wanted of them."""

    roster: Roster
    rows: Ints

    @property
    def numbers(self) -> Ints:
        """The numbers of the runs."""
        return self.roster.numbers[self.rows]

    def column(self, field: Field) -> Column:
        """A field that was wanted."""
        return self.roster.columns[field]


class Choice:
    """Finds the runs that a filter means. What the runs of a project logged is part of it."""

    def __init__(self, catalog: Catalog, store: MetricStore) -> None:
        self._catalog = catalog
        self._rosters = Rosters()
        self._logged = Logged(store)

    async def choose(
        self, project_id: int, asked: RunFilter, wanted: Iterable[Field] = ()
    ) -> Chosen:
        """The runs of a project that pass, in the order of their numbers.

        A summary is the last values under what was set.
        """
        fields = list(dict.fromkeys([*fields_of(asked.condition), *wanted]))
        figures = [field for field in fields if field.part in FIGURES]
        summary = [field for field in fields if field.part == "summary"]
        also = (*((STATE,) if asked.states else ()), *(NEEDED if summary or figures else ()))
        read = [field for field in fields if field not in figures]
        roster, below, spoken = await asyncio.to_thread(
            self._read, project_id, asked, [*read, *also]
        )
        now = self._catalog.clock()
        columns = dict(roster.columns)
        for field in (*summary, *figures):
            set_ = columns.get(field, empty(len(roster)))
            logged = await self._logged.column(project_id, field, roster, ~set_.there, now=now)
            columns[field] = overlaid(set_, logged)
        roster = replace(roster, columns=columns)
        rows = await asyncio.to_thread(_rows, roster, asked, below, spoken, now)
        return Chosen(roster, rows)

    def _read(
        self, project_id: int, asked: RunFilter, fields: Sequence[Field]
    ) -> tuple[Roster, Below, Flags | None]:
        """The roster, the runs with something below a key, and those with all words."""
        found = [] if asked.condition is None else leaves(asked.condition)
        parts = {leaf.field for leaf in found if isinstance(leaf, Exists)}
        with self._catalog.reading() as connection:
            roster = self._rosters.look(connection, project_id, fields)
            below = {
                field: roster_rows.below(connection, project_id, field)
                for field in parts
                if field.part in ("config", "summary")
            }
            if not asked.words:
                return roster, below, None
            spoken = roster_rows.with_words(connection, project_id, asked.words)
            return roster, below, roster.among(spoken)


def _rows(roster: Roster, asked: RunFilter, below: Below, spoken: Flags | None, now: int) -> Ints:
    passed = np.ones(len(roster), np.bool_) if spoken is None else spoken
    if asked.states:
        state = roster.columns[STATE]
        passed &= np.isin(state.text, [state.texts.known(str(each)) for each in asked.states])
    if asked.condition is not None:
        passed &= passing(asked.condition, roster, below, now=now)
    return np.flatnonzero(passed)
