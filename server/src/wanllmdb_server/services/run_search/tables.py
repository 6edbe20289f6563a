"""RunTables: many runs as columns: their values, which keys they have, and groups of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from wanllmdb_server.catalog.access import find_project
from wanllmdb_server.catalog.booleans import Booleans
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.column import NO_TEXT, Column, Ints
from wanllmdb_server.catalog.known_keys import KnownKeys
from wanllmdb_server.catalog.roster import MAX_CELLS
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.filter import RunFilter, Sort
from wanllmdb_server.domain.page import Page
from wanllmdb_server.domain.query import Field
from wanllmdb_server.domain.run import is_users_key
from wanllmdb_server.domain.run_columns import COLOR, ID, NAME, STATE, Shown, read_column, shown
from wanllmdb_server.metrics.store import MetricStore
from wanllmdb_server.services.run_search.choice import Choice, Chosen
from wanllmdb_server.services.run_search.export import Kind, RunFile, kind_of
from wanllmdb_server.services.run_search.grouping import (
    Group,
    GroupOrder,
    grouped,
    ordered_groups,
)
from wanllmdb_server.services.run_search.histograms import Histogram, histogram
from wanllmdb_server.services.run_search.ordering import Ordered, field_of

TAGS: Final = Field("tags")
TOGETHER: Final = 50  # keys that are looked at together
KEYS_AT_ONCE: Final = 1000  # runs of which the keys that they logged are asked at once

# The columns of a file of which it is not said what it shall have, beside configs and summaries.
PLAIN: Final = (
    *("id", "name", "state", "user", "group", "job_type", "tags", "created_at", "started_at"),
    *("finished_at", "duration", "host", "notes"),
)

KeyKind = Literal["number", "text", "boolean", "mixed", "other"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which columns of which runs, in which order."""

    filter: RunFilter
    columns: Mapping[str, Field]
    order: tuple[Sort, ...] = (Sort(),)
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Table:
    """Runs and what they have, a value for each run in each column."""

    total: int
    runs: list[str]
    names: list[str]
    colors: list[int]
    states: list[str]
    columns: dict[str, list[Shown]]


@dataclass(frozen=True, slots=True)
class Key:
    """A key that some runs have; `differs` unless all that were asked have the same value."""

    key: str
    kind: KeyKind
    runs: int
    differs: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of runs."""

    runs: int
    config: list[Key]
    summary: list[Key]


@dataclass(frozen=True, slots=True)
class GroupsAsked:
    """By which fields runs are put together, and what is said of each group."""

    filter: RunFilter
    by: Mapping[str, Field]
    columns: Mapping[str, Field] = field(default_factory=dict[str, Field])
    order: GroupOrder = field(default_factory=GroupOrder)
    within: str = ""  # the text of the filter, if it has one: a group's has it, too
    limit: int = 200
    cursor: str | None = None

    def name(self, project_id: int) -> str:
        """What a cursor belongs to."""
        return f"groups {project_id} {[*self.by]} {self.order} {self.filter.name}"


class RunTables:
    """Gives columns."""

    def __init__(self, catalog: Catalog, store: MetricStore, choice: Choice) -> None:
        self._catalog = catalog
        self._store = store
        self._choice = choice
        self._booleans = Booleans()
        self._known_keys = KnownKeys()

    async def columns(self, actor: Actor, owner: str, project: str, asked: Asked) -> Table:
        """Columns of the first runs in an order."""
        project_id = await asyncio.to_thread(self._project, actor, owner, project)
        fields = [field_of(sort) for sort in asked.order]
        wanted = [ID, NAME, COLOR, STATE, *fields, *asked.columns.values()]
        chosen = await self._choice.choose(project_id, asked.filter, wanted)
        return await asyncio.to_thread(self._table, chosen, asked)

    async def histograms(
        self, actor: Actor, owner: str, project: str, asked: Asked
    ) -> dict[str, Histogram]:
        """How the values of columns are spread over the runs."""
        project_id = await asyncio.to_thread(self._project, actor, owner, project)
        chosen = await self._choice.choose(project_id, asked.filter, asked.columns.values())

        def spread() -> dict[str, Histogram]:
            rows = chosen.rows
            return {
                name: histogram(field, chosen.column(field), rows)
                for name, field in asked.columns.items()
                if field != TAGS
            }

        return await asyncio.to_thread(spread)

    async def fields(self, actor: Actor, owner: str, project: str, asked: RunFilter) -> Keys:
        """The keys of configs and summaries, and whether the runs differ in them."""
        project_id = await asyncio.to_thread(self._project, actor, owner, project)
        known = await asyncio.to_thread(self._keys, project_id)
        fields = [Field("config" if part == "config" else "summary", key) for part, key in known]
        chosen = await self._choice.choose(project_id, asked)
        logged = await self._logged_keys(chosen.numbers)
        set_ = {key for part, key in known if part == "summary"}
        fields += [Field("summary", key) for key in logged - set_]
        fields.sort(key=lambda field: (field.part, field.key))
        found = Keys(len(chosen.rows), [], [])
        for at in range(0, len(fields), TOGETHER):  # of very many, not all are held at once
            some = fields[at : at + TOGETHER]
            chosen = await self._choice.choose(project_id, asked, some)
            await asyncio.to_thread(self._say, chosen, some, found)
        return found

    async def export(
        self, actor: Actor, owner: str, project: str, asked: Asked, *, every: bool
    ) -> RunFile:
        """All runs that pass, as a file; with `every` column that any of them has something in."""
        columns = dict(asked.columns)
        if every:
            keys = await self.fields(actor, owner, project, asked.filter)
            columns |= {name: read_column(name, "/columns") for name in PLAIN}
            columns |= {f"config.{each.key}": Field("config", each.key) for each in keys.config}
            columns |= {f"summary.{each.key}": Field("summary", each.key) for each in keys.summary}
            _must_fit(keys.runs, len(columns))
        project_id = await asyncio.to_thread(self._project, actor, owner, project)
        wanted = [*columns.values(), *(field_of(sort) for sort in asked.order)]
        chosen = await self._choice.choose(project_id, asked.filter, wanted)
        return await asyncio.to_thread(self._file, chosen, asked.order, columns)

    def _file(self, chosen: Chosen, order: Sequence[Sort], columns: dict[str, Field]) -> RunFile:
        kinds: dict[str, Kind] = {
            name: kind_of(chosen, field, boolean=self._boolean(chosen, field))
            for name, field in columns.items()
        }
        return RunFile(kinds, chosen, Ordered(chosen, order), columns)

    async def groups(
        self, actor: Actor, owner: str, project: str, asked: GroupsAsked
    ) -> Page[Group]:
        """A page of groups of runs that are alike.

        Raises:
            MalformedError: the cursor is not one of these groups.
        """
        project_id = await asyncio.to_thread(self._project, actor, owner, project)
        wanted = [STATE, *asked.by.values(), *asked.columns.values()]
        chosen = await self._choice.choose(project_id, asked.filter, wanted)
        return await asyncio.to_thread(self._groups, project_id, chosen, asked)

    def _project(self, actor: Actor, owner: str, project: str) -> int:
        with self._catalog.reading() as connection:
            return find_project(connection, actor, owner, project, Resource.RUN, Verb.READ).id

    def _keys(self, project_id: int) -> list[tuple[str, str]]:
        with self._catalog.reading() as connection:
            return self._known_keys.look(connection, project_id)

    async def _logged_keys(self, numbers: Ints) -> set[str]:
        """The keys under which any of the runs logged; of very many, those of some are asked."""
        step = max(1, len(numbers) // KEYS_AT_ONCE)
        some = numbers[::-1][::step][:KEYS_AT_ONCE].tolist()
        found = await self._store.keys(some) if some else {}
        return {each.key for stats in found.values() for each in stats if is_users_key(each.key)}

    def _table(self, chosen: Chosen, asked: Asked) -> Table:
        rows = Ordered(chosen, asked.order).rows[: asked.limit]
        return Table(
            total=len(chosen.rows),
            runs=_texts(chosen.column(ID), rows),
            names=_texts(chosen.column(NAME), rows),
            colors=[int(value) for value in chosen.column(COLOR).number[rows].tolist()],
            states=_texts(chosen.column(STATE), rows),
            columns={
                name: self._values(chosen, field, rows) for name, field in asked.columns.items()
            },
        )

    def _values(self, chosen: Chosen, field: Field, rows: Ints) -> list[Shown]:
        if field == TAGS:
            return list(chosen.roster.tags.of(rows.tolist())) if chosen.roster.tags else []
        column, boolean = chosen.column(field), self._boolean(chosen, field)
        return [shown(field, value, boolean=boolean) for value in column.values(rows)]

    def _boolean(self, chosen: Chosen, field: Field) -> bool:
        if field.part not in ("config", "summary"):
            return False
        with self._catalog.reading() as connection:
            return self._booleans.are(connection, chosen.roster, field)

    def _say(self, chosen: Chosen, fields: Sequence[Field], found: Keys) -> None:
        for each in fields:
            said = _key(each.key, chosen.column(each), chosen.rows)
            if said is None:
                continue
            if said.kind == "number" and self._boolean(chosen, each):
                said = Key(said.key, "boolean", said.runs, said.differs)
            (found.config if each.part == "config" else found.summary).append(said)

    def _groups(self, project_id: int, chosen: Chosen, asked: GroupsAsked) -> Page[Group]:
        begin, name = 0, asked.name(project_id)
        if asked.cursor:
            [begin] = read_cursor(name, asked.cursor, int)
        booleans = [self._boolean(chosen, field) for field in asked.by.values()]
        found = ordered_groups(grouped(chosen, asked.by, asked.columns, booleans), asked.order)
        end = max(0, begin) + asked.limit
        items = [each.within(asked.within) for each in found[max(0, begin) : end]]
        return Page(items, write_cursor(name, end) if end < len(found) else None, len(found))


def _must_fit(runs: int, columns: int) -> None:
    """Raises InvalidError if a file would be too large to be made at once."""
    if runs * columns > MAX_CELLS:
        detail = f"{runs} runs have {columns} columns; say which of them, or fewer runs."
        fault = Fault("/columns", "too-many-items", detail)
        raise InvalidError("The file would be too large.", faults=[fault])


def _key(key: str, column: Column, rows: Ints) -> Key | None:
    """What is said of a key; None if none of the runs has it."""
    there = column.there[rows]
    held = int(there.sum())
    if not held:
        return None
    text, number = column.text[rows], column.number[rows]
    worded, counted = text != NO_TEXT, ~np.isnan(number)
    kinds = {"text": int(worded.sum()), "number": int(counted.sum())}
    kinds["other"] = held - kinds["text"] - kinds["number"]
    of = [kind for kind, runs in kinds.items() if runs]
    kind: KeyKind = of[0] if len(of) == 1 else "mixed"  # pyright: ignore[reportAssignmentType]
    alike = held == len(rows) and len(of) == 1 and _alike(kind, text, number)
    return Key(key, kind, held, not alike)


def _alike(kind: KeyKind, text: Ints, number: np.ndarray) -> bool:
    match kind:
        case "text":
            return bool((text == text[0]).all())
        case "number":
            return bool((number == number[0]).all())
        case _:
            return len(text) == 1  # what they have is not known here


def _texts(column: Column, rows: Ints) -> list[str]:
    return [str(value or "") for value in column.values(rows)]
