"""Glance: what is in memory of a run as one bin for each series, made anew when more has come.

A run table shows a thousand runs, of which few have changed since somebody looked the last time.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wanllmdb_server.metrics import statistics
from wanllmdb_server.metrics.chunk import Stretch, join
from wanllmdb_server.metrics.memtable import RunTable
from wanllmdb_server.metrics.pyramid import Bins, Ints

_State = tuple[float, int, int, int]


@dataclass(frozen=True, slots=True)
class Glance:
    """The numbers of a run that are in memory only.

    Attributes:
        names: of the series.
        number: int64 [n], of each key.
        bins: of all points of each series.
        first: int64 [n], the lowest step.
        n: int64 [n], how many points.
    """

    names: Sequence[str]
    number: Ints
    bins: Bins
    first: Ints
    n: Ints


class Glances:
    """Glances at the tables that are in memory; any thread may look."""

    def __init__(self) -> None:
        self._made: weakref.WeakKeyDictionary[RunTable, tuple[_State, Glance | None]] = (
            weakref.WeakKeyDictionary()
        )

    def at(self, table: RunTable) -> Glance | None:
        """The numbers that are in memory only; None if there are none."""
        known = self._made.get(table)
        if known is not None and known[0] == _state(table):
            return known[1]
        with table.lock:
            table.gather()
            state = _state(table)
            waiting = [
                (key, kept.id, kept.numbers()) for key, kept in table.keys.items() if kept.unsealed
            ]
        made = _made([each for each in waiting if each[2]])
        self._made[table] = state, made
        return made


def _state(table: RunTable) -> _State:
    """Differs as soon as anything came, was set apart or was sealed."""
    return table.touched, table.pending, table.frozen, len(table.batches)


def _made(waiting: Sequence[tuple[str, int, list[Stretch]]]) -> Glance | None:
    if not waiting:
        return None
    names, numbers, parts = zip(*waiting, strict=True)
    bins, first, n = statistics.of_live([join(each) for each in parts])
    return Glance(names, np.array(numbers, np.int64), bins, first, n)
