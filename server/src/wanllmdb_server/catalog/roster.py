"""Roster: the runs of a project with those of their fields that somebody asks for, in memory.

What was read once stays; with each look, only runs that have changed since are read again, which
their revisions tell, whichever process changed them. What lies in the bin is not on the roster.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from sqlalchemy import Connection, func, select

from wanllmdb_server.catalog import roster_rows
from wanllmdb_server.catalog.column import (
    Cells,
    Column,
    Flags,
    Ints,
    Lists,
    Texts,
    empty,
    filled,
    moved,
    refilled,
    relisted,
)
from wanllmdb_server.catalog.tables import runs
from wanllmdb_server.catalog.where import NOT_BINNED
from wanllmdb_server.domain.query import Field

MAX_CELLS: Final = 40_000_000  # of all projects together: 17 bytes each, and the texts
TAGS: Final = Field("tags")
_MANY: Final = 4  # when more than a quarter of the runs changed, all is read anew


@dataclass(frozen=True, slots=True)
class Roster:
    """The runs of a project at one moment, by the order of their numbers.

    Attributes:
        numbers: of the runs.
        revision: of each run.
        columns: the fields that were asked for, at least.
        tags: whose tags are which, when they were asked for.
    """

    numbers: Ints
    revision: Ints
    columns: Mapping[Field, Column] = field(default_factory=dict[Field, Column])
    tags: Lists | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def rows_of(self, numbers: Ints) -> Ints:
        """The rows of runs; those that are not on the roster are left out."""
        if not len(self.numbers):
            return np.empty(0, np.int64)
        rows = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        return rows[self.numbers[rows] == numbers]

    def among(self, numbers: Iterable[int]) -> Flags:
        """Which rows are these runs."""
        found = np.zeros(len(self.numbers), np.bool_)
        found[self.rows_of(np.fromiter(numbers, np.int64))] = True
        return found

    @property
    def cells(self) -> int:
        """How much it holds."""
        return len(self.numbers) * (len(self.columns) + 2)


class Rosters:
    """The rosters of the projects that somebody looked at last."""

    def __init__(self, max_cells: int = MAX_CELLS) -> None:
        self._max_cells = max_cells
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def look(self, connection: Connection, project_id: int, fields: Iterable[Field]) -> Roster:
        """The roster as it is by the transaction of the connection, with these fields."""
        with self._lock:
            kept = self._kept.setdefault(project_id, _Kept())
            self._kept.move_to_end(project_id)
        with kept.lock:
            kept.roster = roster = _up_to_date(connection, project_id, kept.roster, list(fields))
        self._make_room()
        return roster

    def _make_room(self) -> None:
        """Forget whole projects, and the columns of a project that has too many alone."""
        with self._lock:
            held = sum(kept.roster.cells for kept in self._kept.values())
            while held > self._max_cells and len(self._kept) > 1:
                _, kept = self._kept.popitem(last=False)
                held -= kept.roster.cells
            if held > self._max_cells:
                self._kept.clear()


class _Kept:
    """What is kept of a project, and whose turn it is to renew it."""

    __slots__ = ("lock", "roster")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.roster = Roster(np.empty(0, np.int64), np.empty(0, np.int64))


def _up_to_date(
    connection: Connection, project_id: int, known: Roster, fields: list[Field]
) -> Roster:
    since = int(known.revision.max()) if len(known) else 0
    here = (runs.c.project_id == project_id, NOT_BINNED)
    query = select(runs.c.number, runs.c.revision).where(*here)
    changed = connection.execute(query.where(runs.c.revision > since)).all()
    left = int(connection.scalar(select(func.count()).where(*here)) or 0)
    if len(known) and len(changed) * _MANY > len(known):
        known = Roster(np.empty(0, np.int64), np.empty(0, np.int64))
        changed = connection.execute(query).all()
    roster = _renumbered(known, dict(changed))  # pyright: ignore[reportArgumentType]  # pairs
    if left != len(roster):
        numbers = np.array(connection.scalars(select(runs.c.number).where(*here)).all(), np.int64)
        roster = _only(roster, np.isin(roster.numbers, numbers))
    if changed and (roster.columns or roster.tags is not None):
        rows = roster.rows_of(np.array(sorted(number for number, _ in changed), np.int64))
        roster = _refreshed(connection, project_id, roster, rows)
    return _with_fields(connection, project_id, roster, fields)


def _renumbered(known: Roster, changed: dict[int, int]) -> Roster:
    """The roster with these revisions; of new runs nothing is known yet."""
    if not changed:
        return known
    new = np.setdiff1d(np.fromiter(changed, np.int64), known.numbers, assume_unique=True)
    numbers = np.union1d(known.numbers, new) if len(new) else known.numbers
    was = np.full(len(numbers), -1, np.int64)
    was[np.searchsorted(numbers, known.numbers)] = np.arange(len(known))
    roster = _moved(known, numbers, was) if len(new) else known
    revision = roster.revision.copy()
    rows = roster.rows_of(np.array(sorted(changed), np.int64))
    revision[rows] = [changed[number] for number in roster.numbers[rows].tolist()]
    return replace(roster, revision=revision)


def _only(roster: Roster, kept: Flags) -> Roster:
    return _moved(roster, roster.numbers[kept], np.flatnonzero(kept))


def _moved(roster: Roster, numbers: Ints, was: Ints) -> Roster:
    revision = np.zeros(len(numbers), np.int64)
    revision[was >= 0] = roster.revision[was[was >= 0]]
    columns = {key: moved(column, was) for key, column in roster.columns.items()}
    tags = roster.tags and relisted(roster.tags, was, len(roster))
    return Roster(numbers, revision, columns, tags)


def _refreshed(connection: Connection, project_id: int, roster: Roster, rows: Ints) -> Roster:
    """The roster with what it holds of these runs read again."""
    numbers = roster.numbers[rows].tolist()
    found = _cells(connection, project_id, roster, list(roster.columns), numbers)
    columns = {key: filled(roster.columns[key], rows, cells) for key, cells in found}
    tags = roster.tags and refilled(
        roster.tags, rows, _tags(connection, project_id, roster, numbers)
    )
    return replace(roster, columns=columns, tags=tags)


def _with_fields(
    connection: Connection, project_id: int, roster: Roster, fields: list[Field]
) -> Roster:
    """The roster with these fields, too."""
    missing = [key for key in fields if key not in roster.columns and key != TAGS]
    every = np.arange(len(roster))
    found = _cells(connection, project_id, roster, list(dict.fromkeys(missing)), None)
    columns = {key: filled(empty(len(roster)), every, cells) for key, cells in found}
    tags = roster.tags
    if tags is None and TAGS in fields:
        none = np.empty(0, np.int64)
        listed = _tags(connection, project_id, roster, None)
        tags = refilled(Lists(none, none, Texts()), every, listed)
    return replace(roster, columns={**roster.columns, **columns}, tags=tags)


def _cells(
    connection: Connection,
    project_id: int,
    roster: Roster,
    keys: list[Field],
    numbers: list[int] | None,
) -> Iterator[tuple[Field, Cells]]:
    for key, (runs_, said, texts) in roster_rows.cells(connection, project_id, keys, numbers):
        rows = np.searchsorted(roster.numbers, np.array(runs_, np.int64))
        yield key, Cells(rows, said, texts)


def _tags(
    connection: Connection, project_id: int, roster: Roster, numbers: list[int] | None
) -> Iterable[tuple[int, str]]:
    found = list(roster_rows.tags(connection, project_id, numbers))
    rows = np.searchsorted(roster.numbers, np.array([number for number, _ in found], np.int64))
    for row, (_, tags) in zip(rows.tolist(), found, strict=True):
        yield from ((row, tag) for tag in tags)
