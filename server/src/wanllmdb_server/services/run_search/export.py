"""RunExport: all runs that pass a filter with their columns, in parts, for a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from wanllmdb_server.catalog.column import NO_TEXT, Ints
from wanllmdb_server.domain.query import Field
from wanllmdb_server.domain.run_columns import Shown, shown
from wanllmdb_server.services.run_search.choice import Chosen
from wanllmdb_server.services.run_search.ordering import Ordered

Kind = Literal["number", "time", "text", "boolean", "tags", "mixed"]
TAGS: Final = Field("tags")
_ROWS: Final = 5000  # of a part


@dataclass(frozen=True, slots=True)
class RunFile:
    """The columns of a file with what they hold, and all of its rows.

    Attributes:
        kinds: by the name of each column.
    """

    kinds: dict[str, Kind]
    chosen: Chosen
    ordered: Ordered
    columns: dict[str, Field]

    async def parts(self) -> AsyncIterator[list[list[Shown]]]:
        """The values, column by column, of some rows at a time."""
        for start in range(0, len(self.ordered.rows), _ROWS):
            yield await asyncio.to_thread(self._part, self.ordered.rows[start : start + _ROWS])

    def _part(self, rows: Ints) -> list[list[Shown]]:
        return [self._values(name, field, rows) for name, field in self.columns.items()]

    def _values(self, name: str, field: Field, rows: Ints) -> list[Shown]:
        if field == TAGS:
            tags = self.chosen.roster.tags
            return list(tags.of(rows.tolist())) if tags is not None else []
        boolean = self.kinds[name] == "boolean"
        column = self.chosen.column(field)
        return [shown(field, value, boolean=boolean) for value in column.values(rows)]


def kind_of(chosen: Chosen, field: Field, *, boolean: bool) -> Kind:
    """What a column holds of the chosen runs."""
    if field == TAGS:
        return "tags"
    if field.part == "time":
        return "time"
    if boolean:
        return "boolean"
    column = chosen.column(field)
    worded = bool((column.text[chosen.rows] != NO_TEXT).any())
    numbered = bool((~np.isnan(column.number[chosen.rows])).any())
    if worded:
        return "mixed" if numbered else "text"
    return "text" if field.part == "text" else "number"
