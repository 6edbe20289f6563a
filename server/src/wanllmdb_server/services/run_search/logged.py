"""Logged: what all runs of a project logged under a key: last value, least, greatest and mean.

It is kept while it cannot change.

A run that goes on is asked about with each look. One that has ended is asked about once more when
nothing was heard of it for a while, since what its last writers sent may still be on its way.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wanllmdb_server.catalog.column import Cells, Column, Flags, Ints, Reals, empty, filled, moved
from wanllmdb_server.catalog.facts import fact
from wanllmdb_server.catalog.roster import Roster
from wanllmdb_server.domain.query import Field
from wanllmdb_server.domain.rank import Value
from wanllmdb_server.domain.run import RunState
from wanllmdb_server.domain.series import KeyStats
from wanllmdb_server.metrics.store import MetricStore

AT_ONCE: Final = 1000  # runs about which the store is asked at once
LATE_US: Final = 600 * 1_000_000  # so long after its last sign of life, something may come
MAX_KEPT: Final = 256  # keys, of all projects
STATE: Final = Field("text", "state")
HEARD: Final = Field("time", "heartbeat_at")
NEEDED: Final = (STATE, HEARD)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was known of a key, when."""

    numbers: Ints
    revision: Ints
    read_at: Reals  # of each run
    column: Column


class Logged:
    """Knows what was logged last."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[int, Field], _Kept] = OrderedDict()

    async def column(
        self, project_id: int, field: Field, roster: Roster, wanted: Flags, *, now: int
    ) -> Column:
        """The value of each run of the roster, which holds the fields `NEEDED`.

        Of a summary it is the last one. Only of the runs that are wanted it is known to be so now.
        """
        kept = _placed(self._kept.get((project_id, field)), roster)
        stale = np.flatnonzero(wanted & _stale(kept, roster))
        if len(stale):
            kept = await self._renewed(kept, field, roster, stale, now)
        self._kept[project_id, field] = kept
        self._kept.move_to_end((project_id, field))
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return kept.column

    async def _renewed(
        self, kept: _Kept, field: Field, roster: Roster, rows: Ints, now: int
    ) -> _Kept:
        read_at, revision = kept.read_at.copy(), kept.revision.copy()
        read_at[rows], revision[rows] = now, roster.revision[rows]
        found: list[tuple[int, Value]] = []
        for some in _stretches(rows, AT_ONCE):
            at = dict(zip(roster.numbers[some].tolist(), some.tolist(), strict=True))
            for run, stats in (await self._store.keys(list(at), [field.key])).items():
                if (value := _value(field, stats)) is not None:
                    found.append((at[run], value))
        cells = Cells(
            np.array([row for row, _ in found], np.int64),
            [value.number for _, value in found],
            [value.text for _, value in found],
        )
        column = filled(kept.column, rows, cells)
        return _Kept(roster.numbers, revision, read_at, column)


def _value(field: Field, stats: Sequence[KeyStats]) -> Value | None:
    """What the series of a key come to."""
    match field.part:
        case "min" | "max" | "mean":
            numbers = [each for each in stats if each.kind == "number"]
            name = {"min": "low", "max": "high", "mean": "mean"}[field.part]
            said: float | None = getattr(numbers[-1], name) if numbers else None
            return None if said is None else Value(said)
        case _:
            return last_value(stats[-1].last) if stats else None


def last_value(last: object) -> Value:
    """What a run is ordered by, of any value that it logged."""
    if isinstance(last, float) and math.isinf(last):
        return Value(last)
    found = fact(last)
    return Value(found["number"], found["text"])  # pyright: ignore[reportArgumentType]


def _placed(kept: _Kept | None, roster: Roster) -> _Kept:
    """What is known, by the rows of this roster."""
    length = len(roster)
    if kept is None or not len(kept.numbers):
        none = np.full(length, -1, np.int64)
        return _Kept(roster.numbers, none, np.zeros(length), empty(length))
    if kept.numbers is roster.numbers or np.array_equal(kept.numbers, roster.numbers):
        return kept
    was = np.minimum(np.searchsorted(kept.numbers, roster.numbers), len(kept.numbers) - 1)
    was = np.where(kept.numbers[was] == roster.numbers, was, -1)
    revision, read_at = np.full(length, -1, np.int64), np.zeros(length)
    here = was >= 0
    revision[here], read_at[here] = kept.revision[was[here]], kept.read_at[was[here]]
    return _Kept(roster.numbers, revision, read_at, moved(kept.column, was))


def _stale(kept: _Kept, roster: Roster) -> Flags:
    state = roster.columns[STATE]
    live = [state.texts.known(each) for each in (RunState.RUNNING, RunState.UNREACHABLE)]
    late = kept.read_at <= roster.columns[HEARD].number + LATE_US
    return (kept.revision != roster.revision) | np.isin(state.text, live) | late


def _stretches(rows: Ints, length: int) -> Iterator[Ints]:
    for start in range(0, len(rows), length):
        yield rows[start : start + length]
