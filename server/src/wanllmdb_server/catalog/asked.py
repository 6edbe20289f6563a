"""Asked: a query for runs, answered from a roster.

A run that lacks a field meets no condition about it. Numbers are compared with numbers alone, and
texts with texts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np

from wanllmdb_server.catalog.column import NO_TEXT, Column, Flags
from wanllmdb_server.catalog.facts import MAX_VALUE
from wanllmdb_server.catalog.roster import Roster
from wanllmdb_server.domain.pattern import compiled
from wanllmdb_server.domain.query import (
    Ago,
    All,
    AnyOf,
    Compare,
    Condition,
    Contains,
    Exists,
    Field,
    Leaf,
    Matches,
    Not,
    OneOf,
    Scalar,
    stands,
)

Below = Mapping[Field, Collection[int]]  # the runs that have something below a key
_COMPARISONS: Final = {
    "eq": np.equal,
    "gt": np.greater,
    "gte": np.greater_equal,
    "lt": np.less,
    "lte": np.less_equal,
}


def passing(condition: Condition, roster: Roster, below: Below, *, now: int) -> Flags:
    """Which rows of the roster meet a condition; it holds the fields that this is about."""
    match condition:
        case All(of):
            each = (passing(one, roster, below, now=now) for one in of)
            return functools.reduce(np.logical_and, each, np.ones(len(roster), np.bool_))
        case AnyOf(of):
            each = (passing(one, roster, below, now=now) for one in of)
            return functools.reduce(np.logical_or, each, np.zeros(len(roster), np.bool_))
        case Not(inner):
            return ~passing(inner, roster, below, now=now)
        case _ if condition.field.part == "tags":
            return _tagged(condition, roster)
        case Exists(field):
            there = roster.columns[field].there
            return there | roster.among(below[field]) if field in below else there
        case _:
            return _compared(condition, roster.columns[condition.field], now)


def _compared(leaf: Leaf, column: Column, now: int) -> Flags:
    facts = leaf.field.part in ("config", "summary")
    match leaf:
        case Compare(_, order, value):
            said = _said(value, facts=facts, now=now)
            if not isinstance(said, str):
                return _COMPARISONS[order](column.number, float(said or 0))
            if order == "eq":
                return column.text == column.texts.known(said)
            return _whose_text(column, lambda text: stands(order, text, said))
        case OneOf(_, values):
            wanted = [_said(value, facts=facts, now=now) for value in values]
            places = [column.texts.known(each) for each in wanted if isinstance(each, str)]
            numbers = [float(each or 0) for each in wanted if not isinstance(each, str)]
            return np.isin(column.text, places) | np.isin(column.number, numbers)
        case Matches(_, pattern):
            return _whose_text(column, compiled(pattern).found_in)
        case Contains(_, text):
            return _whose_text(column, lambda said: text in said)
        case Exists():
            return column.there


def _said(value: Scalar | Ago, *, facts: bool, now: int) -> Scalar:
    """What is compared: texts of facts are cut, and times ago are times."""
    if isinstance(value, Ago):
        return now - value.microseconds
    return value[:MAX_VALUE] if facts and isinstance(value, str) else value


def _whose_text(column: Column, wanted: Callable[[str], bool]) -> Flags:
    return _marked(column.texts.that(wanted), column)


def _marked(true: Flags, column: Column) -> Flags:
    """Which rows have a text of which it is true."""
    return np.append(true, np.False_)[np.where(column.text == NO_TEXT, len(true), column.text)]


def _tagged(leaf: Leaf, roster: Roster) -> Flags:
    found = np.zeros(len(roster), np.bool_)
    tags = roster.tags
    if tags is None:
        return found
    match leaf:
        case Exists():
            found[tags.rows] = True
            return found
        case Compare(_, order, value):
            true = tags.texts.that(lambda text: stands(order, text, value))
        case OneOf(_, values):
            true = tags.texts.that(lambda text: text in values)
        case Matches(_, pattern):
            true = tags.texts.that(compiled(pattern).found_in)
        case Contains(_, text):
            true = tags.texts.that(lambda said: said == text)
    found[tags.rows[true[tags.text]]] = True
    return found
