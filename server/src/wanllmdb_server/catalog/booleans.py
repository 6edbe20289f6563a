"""Booleans: whether the zeros and ones of a key are booleans, which facts keep as numbers.

It is looked up in the mapping of one run of each, and remembered for the revision of that run.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, select

from wanllmdb_server.catalog.roster import Roster
from wanllmdb_server.catalog.tables import runs
from wanllmdb_server.domain.plain import flat
from wanllmdb_server.domain.query import Field

MAX_KNOWN: Final = 10_000


class Booleans:
    """Remembers which runs have booleans under which keys."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, int, Field], bool] = OrderedDict()

    def are(self, connection: Connection, roster: Roster, field: Field) -> bool:
        """Whether all that the runs have under the key is true or false."""
        column = roster.columns[field]
        if not column.there.any() or (column.text >= 0).any():
            return False
        given = column.number[column.there]
        if not ((given == 0) | (given == 1)).all():
            return False
        return all(self._is(connection, roster, row, field) for row in _examples(roster, field))

    def _is(self, connection: Connection, roster: Roster, row: int, field: Field) -> bool:
        name = (int(roster.numbers[row]), int(roster.revision[row]), field)
        if name not in self._known:
            query = select(runs.c[field.part]).where(runs.c.number == name[0])
            said: dict[str, Any] = connection.scalar(query) or {}
            self._known[name] = isinstance(dict(flat(said)).get(field.key), bool)
            while len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        return self._known[name]


def _examples(roster: Roster, field: Field) -> Iterator[int]:
    """The first run that has zero, and the first that has one."""
    column = roster.columns[field]
    for wanted in (0.0, 1.0):
        found = np.flatnonzero(column.number == wanted)
        if len(found):
            yield int(found[0])
