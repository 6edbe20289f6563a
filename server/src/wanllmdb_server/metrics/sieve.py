"""Sieve: what is superseded is left out of what is known of many series.

Runs with one attempt go through it unseen. Of the others nearly all series are settled for a
whole run at once: by their notes alone. Only those with points to be read, or to be put in
order, are looked at one by one (`view`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import numpy as np

from wanllmdb_server.domain.series import Series, Superseded
from wanllmdb_server.metrics.limits import First, limits_of
from wanllmdb_server.metrics.memtable import Live
from wanllmdb_server.metrics.segment import NUMBER, OBJECT, Notes
from wanllmdb_server.metrics.succession import Succession
from wanllmdb_server.metrics.view import Mask, shown

Names = Mapping[tuple[int, int], Series]  # by run and number of the key


def leave_out(
    connection: sqlite3.Connection,
    notes: Notes,
    live: dict[Series, Live],
    names: Names,
    successions: Mapping[int, Succession],
    which: Superseded = "hide",
) -> Notes:
    """Leave out what is superseded, of notes and of what is in memory.

    Args:
        connection: of the transaction in which the notes were read.
        notes: about series, each by kind and generation.
        live: what is in memory of them; becomes what is shown besides the notes returned.
        names: the series that the notes are about.
        successions: of runs that have one.
        which: of the points: those that count, those that do not, or all of them.

    Returns:
        the notes that are shown whole.
    """
    kept = np.ones(len(notes), bool)
    by_run = np.argsort(notes["run"], kind="stable")
    runs = notes["run"][by_run]
    for run, succession in successions.items():
        rows = by_run[slice(*np.searchsorted(runs, (run, run + 1)).tolist())]
        mine = {number: names[run, number] for number in dict.fromkeys(notes["key"][rows].tolist())}
        hard = set(mine)
        if which == "hide":
            kept[rows], hard = _settled(notes[rows], live, mine, succession)
        for number in hard:
            those = rows[notes["key"][rows] == number]
            kept[those] = _look(
                connection, notes[those], live, (mine[number], number), succession, which
            )
        told = set(mine.values())
        for series in [each for each in live if each.run == run and each not in told]:
            at = (series, live[series].number)
            _look(connection, notes[:0], live, at, succession, which)
    return notes[kept]


def _settled(
    notes: Notes, live: dict[Series, Live], names: Mapping[int, Series], succession: Succession
) -> tuple[Mask, set[int]]:
    """Which notes of a run are shown, and the keys of which that cannot be said of notes."""
    first = [
        each
        for number, series in names.items()
        if (of := live.get(series)) is not None
        for each in _first(number, of)
    ]
    found = limits_of(notes, succession, {n: each.key for n, each in names.items()}, first)
    hard = set(notes["key"][found.mixed | (found.late & ~found.gone)].tolist())
    hard.update(key for key, _, _ in found.cut)
    attempts: dict[int, int] = {}
    for key, _, number, _ in first:
        if attempts.setdefault(key, number) != number:
            hard.add(key)
    for number, counts in _counts(notes[found.gone]).items():
        if number not in hard:
            of = live.get(names[number]) or Live(number, [], {})
            live[names[number]] = Live(number, of.stretches, of.things, counts)
    return ~found.gone, hard


def _first(number: int, of: Live) -> list[First]:
    """The lowest step of what is in memory of a key, by kind and attempt."""
    lowest: dict[tuple[int, int], int] = {}
    for stretch in of.stretches:
        at, step = (NUMBER, stretch.attempt), int(stretch.step.min())
        lowest[at] = min(lowest.get(at, step), step)
    for attempt, things in of.things.items():
        lowest[OBJECT, attempt] = min(step for step, _, _ in things)
    return [(number, *at, step) for at, step in lowest.items()]


def _counts(gone: Notes) -> dict[int, tuple[int, int]]:
    """How many numbers and objects each key has in these notes."""
    counts: dict[int, tuple[int, int]] = {}
    columns = (gone[name].tolist() for name in ("key", "kind", "n"))
    for key, kind, n in zip(*columns, strict=True):
        numbers, objects = counts.get(key, (0, 0))
        counts[key] = (numbers + n, objects) if kind == NUMBER else (numbers, objects + n)
    return counts


def _look(
    connection: sqlite3.Connection,
    notes: Notes,
    live: dict[Series, Live],
    of: tuple[Series, int],
    succession: Succession,
    which: Superseded,
) -> Mask:
    """Which notes of one series are shown whole; `live` becomes all else that is."""
    series, number = of
    known = live.get(series) or Live(number, [], {})
    found = shown(connection, series, succession, notes, known.stretches, known.things, which)
    things = {0: found.things} if found.things else {}
    live[series] = Live(number, found.numbers, things, found.superseded)
    return found.notes
