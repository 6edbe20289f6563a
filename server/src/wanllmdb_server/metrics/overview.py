"""Overview: the statistics of a run table, tens of thousands of series as a few columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from wanllmdb_server.domain.series import KeyStats, Overview
from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.glance import Glance
from wanllmdb_server.metrics.pyramid import HIGH, LAST, LOW, STEP, TIME, Bins, Ints
from wanllmdb_server.metrics.segment import NUMBER
from wanllmdb_server.metrics.statements import fetch_named, fetch_notes, fetch_run_notes

_INTEGERS: Final = (
    *("logged", "last_step", "last_time", "first_step"),
    *("nan", "posinf", "neginf"),
)
_REALS: Final = ("last", "low", "high", "mean")
_SAID: Final = (*_INTEGERS, *_REALS)


def of_stats(found: Mapping[int, Sequence[KeyStats]]) -> Overview:
    """The same of what is known series by series."""
    rows = [(run, each) for run, stats in found.items() for each in stats if each.kind == "number"]
    columns: dict[str, Any] = {
        name: np.array([getattr(each, name) for _, each in rows], np.int64) for name in _INTEGERS
    }
    for name in _REALS:
        values = [getattr(each, name) for _, each in rows]
        columns[name] = np.array(
            [np.nan if value is None else value for value in values], np.float64
        )
    run = np.array([run for run, _ in rows], np.int64)
    return _sorted([each.key for _, each in rows], run, columns)


def of_numbers(
    connection: sqlite3.Connection,
    runs: Sequence[int],
    keys: Sequence[str] | None,
    fresh: Mapping[int, Glance],
) -> Overview:
    """Of runs of which nothing is superseded; `fresh` is what of them is in memory only."""
    places, names = fetch_named(connection, runs)
    if keys is None:
        notes = fetch_run_notes(connection, runs)
    else:
        wanted = set(keys)
        chosen = [at for at, name in enumerate(names) if name in wanted]
        notes = fetch_notes(connection, places[chosen].tolist())
    notes = notes[notes["kind"] == NUMBER]
    said = [_Said(notes["run"], notes["key"], notes["bin"].T, notes["first"], notes["n"])]
    for run, of in fresh.items():
        chosen = slice(None) if keys is None else np.flatnonzero(np.isin(of.names, keys))
        number = of.number[chosen]
        said.append(
            _Said(np.full(len(number), run), number, of.bins[:, chosen], of.first[chosen],
                  of.n[chosen])
        )  # fmt: skip
    unsealed = [np.stack((np.full(len(of.number), run), of.number), 1) for run, of in fresh.items()]
    return _folded(
        _Said(*map(np.hstack, zip(*said, strict=True))),
        np.concatenate((places, *unsealed)),
        [*names, *(name for of in fresh.values() for name in of.names)],
    )


class _Said(NamedTuple):
    """Bins and to which run and number of a key they belong; of one series there may be several."""

    run: Ints
    number: Ints
    bins: Bins
    first: Ints
    n: Ints


def _folded(said: _Said, places: Ints, names: Sequence[str]) -> Overview:
    """One row for each series."""
    if not len(said.run):
        return of_stats({})
    owner = _which(said.run, said.number, places)
    bins, first, n = said.bins, said.first, said.n
    order = np.lexsort((bins[STEP], owner))
    if (order[1:] < order[:-1]).any():
        owner, bins, first, n = owner[order], bins[:, order], first[order], n[order]
    starts = pyramid.starts_of(owner)
    bins = pyramid.fold(np.ascontiguousarray(bins), starts)
    reals = pyramid.floats(bins)
    _, nan, posinf, neginf = pyramid.counts(bins)
    columns = {
        "logged": np.add.reduceat(n, starts),
        "first_step": np.minimum.reduceat(first, starts),
        "last_step": bins[STEP],
        "last_time": bins[TIME],
        "last": reals[LAST],
        "low": reals[LOW],
        "high": reals[HIGH],
        "mean": pyramid.means(bins),
        "nan": nan,
        "posinf": posinf,
        "neginf": neginf,
    }
    whose = owner[starts]
    return _sorted([str(names[at]) for at in whose.tolist()], places[whose, 0], columns)


def joined(parts: Sequence[Overview]) -> Overview:
    """Overviews of different runs as one."""
    names = [str(part.keys[at]) for part in parts for at in part.key.tolist()]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _SAID}
    return _sorted(names, np.concatenate([part.run for part in parts]), columns)


def _which(run: Ints, number: Ints, places: Ints) -> Ints:
    """For each run and number of a key the first row of `places` that has them."""
    span = int(max(places[:, 1].max(), number.max())) + 1
    order = np.lexsort((places[:, 1], places[:, 0]))
    runs, rank = np.unique(places[:, 0], return_inverse=True)
    marks = (rank * span + places[:, 1])[order]
    mine = np.searchsorted(runs, run) * span + number
    return order[np.searchsorted(marks, mine)]


def _sorted(names: Sequence[str], run: Ints, columns: Mapping[str, Any]) -> Overview:
    """Key by key, and run by run."""
    known = {name: at for at, name in enumerate(sorted(set(names)))}
    key = np.fromiter(map(known.__getitem__, names), np.int64, len(names))
    order = np.lexsort((run, key))
    said = {name: column[order] for name, column in columns.items()}
    return Overview(keys=list(known), key=key[order], run=run[order], **said)
