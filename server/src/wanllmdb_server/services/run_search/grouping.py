"""Grouping: chosen runs by what they have of some fields, with what is said of each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from wanllmdb_server.catalog.column import NO_TEXT, Column, Ints, Reals
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.filter_words import field_text, quoted
from wanllmdb_server.domain.query import Field
from wanllmdb_server.domain.run_columns import STATE, Shown, shown
from wanllmdb_server.services.run_search.choice import Chosen

TAGS: Final = Field("tags")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is said of a column of a group; `std` is that of a sample, None of less than two."""

    count: int
    mean: float | None
    min: float | None
    max: float | None
    std: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that are alike; `filter` finds them, among those that were asked for.

    With tags, a run is in a group for each of them.
    """

    values: tuple[Shown, ...]
    runs: int
    states: dict[str, int]
    columns: dict[str, Numbers]
    filter: str

    def within(self, text: str) -> Group:
        """The group, as it is found among the runs of a filter."""
        return replace(self, filter=f"({text}) and {self.filter}") if text.strip() else self


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """By what groups are ordered: how large they are, their values, or a figure of a column."""

    of: Literal["count", "key", "mean", "min", "max", "std"] = "count"
    column: str | None = None
    descending: bool = True


def parse_group_order(text: str, columns: Mapping[str, Field]) -> GroupOrder:
    """The order that a text means, such as `-count`, `key` or `-mean:summary.loss`.

    Raises:
        InvalidError: there is no such order, or the column is not asked for.
    """
    name = text.removeprefix("-")
    of, colon, column = name.partition(":")
    if not colon and of in ("count", "key"):
        return GroupOrder(of, None, text != name)
    if of in ("count", "mean", "min", "max", "std") and column in columns:
        return GroupOrder(of, column, text != name)
    detail = "Order by count, key, or mean, min, max, std or count of a column: mean:summary.loss."
    fault = Fault("/order", "unknown-column", detail)
    raise InvalidError("There is no such order of groups.", faults=[fault])


def ordered_groups(groups: Sequence[Group], order: GroupOrder) -> list[Group]:
    """The groups in an order; those of which it says nothing come last."""
    if order.of == "key":
        return list(reversed(groups)) if order.descending else list(groups)

    def place(group: Group) -> tuple[bool, float]:
        value: float | None = group.runs
        if order.column is not None:
            value = getattr(group.columns[order.column], order.of)
        if value is None:
            return True, 0.0
        return False, -value if order.descending else value

    return sorted(groups, key=place)


def grouped(
    chosen: Chosen,
    by: Mapping[str, Field],
    columns: Mapping[str, Field],
    booleans: Sequence[bool],
) -> list[Group]:
    """The groups, in the order of their values."""
    rows = chosen.rows
    marks: list[Ints] = []
    values: list[list[Shown]] = []
    for field, boolean in zip(by.values(), booleans, strict=True):
        if field == TAGS:
            rows, marks, found = _by_tags(chosen, rows, marks)
        else:
            code, found = _by_column(chosen.column(field), rows, field, boolean=boolean)
            marks.append(code)
        values.append(found)
    if not len(rows):
        return []
    group, first = _joined(marks)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    said = {
        name: _numbers(chosen.column(field).number[rows][order], starts)
        for name, field in columns.items()
    }
    states = _states(chosen.column(STATE), rows, group, len(starts))
    sizes = np.diff(np.append(starts, len(rows))).tolist()
    made: list[Group] = []
    for at, size in enumerate(sizes):
        mine = tuple(each[int(mark[first[at]])] for each, mark in zip(values, marks, strict=True))
        texts = [
            _filter(name, field, value)
            for (name, field), value in zip(by.items(), mine, strict=True)
        ]
        numbers = {name: each[at] for name, each in said.items()}
        made.append(Group(mine, size, states[at], numbers, " and ".join(texts)))
    return made


def _by_column(
    column: Column, rows: Ints, field: Field, *, boolean: bool
) -> tuple[Ints, list[Shown]]:
    """For each row the mark of its value, and the values by mark: numbers, texts, nothing."""
    text, number = column.text[rows], column.number[rows]
    numbers, at = np.unique(number[~np.isnan(number)], return_inverse=True)
    ranks = column.texts.ranks()
    texts, text_at = np.unique(ranks[text[text != NO_TEXT]], return_inverse=True)
    code = np.full(len(rows), len(numbers) + len(texts), np.int64)
    code[~np.isnan(number)] = at
    code[text != NO_TEXT] = len(numbers) + text_at
    values: list[Shown] = [shown(field, value, boolean=boolean) for value in numbers.tolist()]
    values += [column.texts.of[place] for place in np.argsort(ranks)[texts].tolist()]
    return code, [*values, None]


def _by_tags(
    chosen: Chosen, rows: Ints, marks: Sequence[Ints]
) -> tuple[Ints, list[Ints], list[Shown]]:
    """The rows, once for each of their tags, with the marks that they had."""
    tags = chosen.roster.tags
    if tags is None:
        raise ValueError("tags were not asked for")
    at: list[int] = []
    code: list[int] = []
    unique = np.unique(rows).tolist()
    listed = dict(zip(unique, tags.of(unique), strict=True))
    known = {text: mark for mark, text in enumerate(sorted(set(tags.texts.of)))}
    for index, row in enumerate(rows.tolist()):
        mine = [known[tag] for tag in listed[row]] or [len(known)]
        at += [index] * len(mine)
        code += mine
    kept = np.array(at, np.int64)
    return rows[kept], [*(mark[kept] for mark in marks), np.array(code, np.int64)], [*known, None]


def _joined(marks: Sequence[Ints]) -> tuple[Ints, Ints]:
    """One mark for all marks of a row, and the first row of each."""
    joined = marks[0]
    for mark in marks[1:]:
        _, joined = np.unique(joined * (int(mark.max()) + 1) + mark, return_inverse=True)
    _, first, joined = np.unique(joined, return_index=True, return_inverse=True)
    return joined, first


def _numbers(number: Reals, starts: Ints) -> list[Numbers]:
    """Of each group, of rows that are in the order of their groups."""
    there = ~np.isnan(number)
    count = np.add.reduceat(there.astype(np.int64), starts)
    low = np.minimum.reduceat(np.where(there, number, np.inf), starts)
    high = np.maximum.reduceat(np.where(there, number, -np.inf), starts)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean = np.add.reduceat(np.where(there, number, 0.0), starts) / count
        lengths = np.diff(np.append(starts, len(number)))
        off = np.where(there, number - np.repeat(mean, lengths), 0.0)
        std = np.sqrt(np.add.reduceat(off * off, starts) / (count - 1))
    columns = (mean, low, high, std)
    return [
        Numbers(int(n), *(_finite(float(column[at])) if n else None for column in columns))
        for at, n in enumerate(count.tolist())
    ]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _states(column: Column, rows: Ints, group: Ints, groups: int) -> list[dict[str, int]]:
    width = len(column.texts.of) + 1
    counts = np.bincount(group * width + column.text[rows], minlength=groups * width)
    return [
        {column.texts.of[at]: int(mine[at]) for at in np.flatnonzero(mine).tolist()}
        for mine in counts[: groups * width].reshape(groups, width)
    ]


def _filter(name: str, field: Field, value: Shown) -> str:
    """The text that finds what has this value."""
    part, _, key = name.partition(".")
    said = field_text(part, key) if key else name
    match value:
        case None:
            return f"{said} missing"
        case bool():
            return f"{said} = {str(value).lower()}"
        case str():
            return f"{said} {'has' if field == TAGS else '='} {quoted(value)}"
        case _:
            return f"{said} = {value!r}"
