"""Soundness: whether the index of many runs is what was written, as fast as it can be read.

Of which runs anything is wrong; `inspection` says what.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final

import msgspec
import numpy as np

from wanllmdb_server.metrics import checks, contents
from wanllmdb_server.metrics.chunk import DamagedError
from wanllmdb_server.metrics.contents import NAMES, Entry
from wanllmdb_server.metrics.inspection import notes_at
from wanllmdb_server.metrics.segment import Notes

_TOGETHER: Final = 50_000  # notes looked at in one statement


def unsound(connection: sqlite3.Connection, runs: Sequence[int]) -> list[int]:
    """Those of the runs whose notes or names are not what was written."""
    told = contents.fetch(connection, runs)
    found = {run for (run, _), entry in told.items() if entry is None}
    made: dict[tuple[int, int], Entry] = {}
    for part in _parts(told, runs):
        try:
            _add_up(made, _notes(connection, *part))
        except DamagedError:  # noqa: PERF203 - there are few parts
            found.update(part[0])
    for run, entry in _names(connection, runs).items():
        if entry is None:
            found.add(run)
        else:
            made[run, NAMES] = entry
    told = {at: entry for at, entry in told.items() if at[1] != contents.ATTEMPTS}
    for at in told.keys() | made.keys():
        if told.get(at) != made.get(at):
            found.add(at[0])
    return sorted(found & set(runs)) if found <= set(runs) else list(runs)


def _parts(
    told: dict[tuple[int, int], Entry | None], runs: Sequence[int]
) -> Iterator[tuple[list[int], int, int]]:
    """Runs whose notes are looked at together, or a range of keys of one that has many."""
    sizes = dict.fromkeys(runs, 0)
    for (run, part), entry in told.items():
        if part >= 0 and entry is not None:
            sizes[run] += entry.n
    together: list[int] = []
    room = _TOGETHER
    for run, size in sizes.items():
        if size > _TOGETHER:
            names = told.get((run, NAMES))
            keys = names.n if names else size
            step = max(_TOGETHER * keys // size, 1)
            bounds = [-(1 << 62), *range(step, keys, step), 1 << 62]
            for first, end in itertools.pairwise(bounds):
                yield [run], first, end
            continue
        if size > room:
            yield together, -(1 << 62), 1 << 62
            together, room = [], _TOGETHER
        together.append(run)
        room -= size
    if together:
        yield together, -(1 << 62), 1 << 62


def _add_up(made: dict[tuple[int, int], Entry], notes: Notes) -> None:
    """Add notes to the entries that they make."""
    order = np.lexsort((notes["gen"], notes["run"]))
    at = np.stack([notes["run"][order], notes["gen"][order]])
    starts = np.flatnonzero(np.append([True], (np.diff(at) != 0).any(axis=0)))
    if not len(notes):
        return
    counts = np.diff(np.append(starts, len(notes))).tolist()
    totals = np.add.reduceat(notes["check"][order], starts).tolist()
    for run, part, n, total in zip(*at[:, starts].tolist(), counts, totals, strict=True):
        made[run, part] = made.get((run, part), Entry()).plus(Entry(n, total))


def _notes(connection: sqlite3.Connection, runs: Sequence[int], first: int, end: int) -> Notes:
    """The notes of runs about keys of a range; raises DamagedError if one is not as written."""
    *columns, content = connection.execute(
        "SELECT group_concat(c.run), group_concat(c.key), group_concat(c.kind),"
        " group_concat(c.gen), group_concat(c.part), group_concat(c.n),"
        " CAST(group_concat(c.note, '') AS BLOB) FROM json_each(?) q CROSS JOIN chunk c"
        " ON c.run = q.value AND c.key >= ? AND c.key < ?",
        (json.dumps(list(runs)), first, end),
    ).fetchone()
    places = [msgspec.json.decode(f"[{column or ''}]") for column in columns]
    return notes_at(places, content or b"")


def _names(connection: sqlite3.Connection, runs: Sequence[int]) -> dict[int, Entry | None]:
    """The entry of the names of each run that has any; None if one is not what was written."""
    content = connection.execute(
        "SELECT json_group_array(k.run), json_group_array(k.name), json_group_array(k.id),"
        ' json_group_array(k."check") FROM json_each(?) q CROSS JOIN key k ON k.run = q.value',
        (json.dumps(list(runs)),),
    ).fetchone()
    run, name, number, told = map(msgspec.json.decode, content)
    made = list(map(checks.of_row, run, name, number))
    wrong = {at for at, a, b in zip(run, made, told, strict=True) if a != b} if made != told else ()
    found: dict[int, Entry | None] = {}
    for at, those in itertools.groupby(zip(run, made, strict=True), key=itemgetter(0)):
        mine = [check for _, check in those]
        found[at] = None if at in wrong else Entry(len(mine), checks.total(mine))
    return found
