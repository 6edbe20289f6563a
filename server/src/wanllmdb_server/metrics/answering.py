"""Answering: what the reader finds, of runs that can be read and are not being erased.

A question about anything else is answered as if nobody had logged it. Whatever goes wrong in
between is a reason to look whether the file is damaged; if it is, the damage is set apart
(`quarantine`) and the question asked again, so that everything else is served.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.domain.retention import Part, Weight
from wanllmdb_server.domain.series import (
    Chart,
    Curve,
    KeyStats,
    Overview,
    Points,
    Scan,
    Series,
    Superseded,
    Window,
)
from wanllmdb_server.metrics import paging
from wanllmdb_server.metrics.erasing import Erasing
from wanllmdb_server.metrics.quarantine import Quarantine
from wanllmdb_server.metrics.reader import Reader
from wanllmdb_server.metrics.store import DamagedStoreError

_TRIES: Final = 8  # the second thing that is damaged is found when the first is out of the way
_NOBODY: Final = -1  # a run that there never is
_PASSING: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL)

T = TypeVar("T")


class Answering:
    """The reader's methods, from any thread."""

    def __init__(self, reader: Reader, quarantine: Quarantine, erasing: Erasing) -> None:
        self._reader = reader
        self._quarantine = quarantine
        self._erasing = erasing

    def positions(self, run: int, writers: Sequence[str] | None = None) -> dict[str, int]:
        """See `MetricStore.positions`."""
        if run in self._erasing.runs:
            return {}
        return self._told(run, lambda: self._reader.positions(run, writers))

    def writers(self, run: int) -> dict[str, WriterTotals]:
        """See `MetricStore.writers`."""
        if run in self._erasing.runs:
            return {}
        return self._told(run, lambda: self._reader.writers(run))

    def charts(self, charts: Sequence[Chart]) -> list[list[Curve]]:
        """See `MetricStore.charts`."""

        def ask(hidden: Collection[int]) -> list[list[Curve]]:
            if not hidden:
                return self._reader.charts(charts)
            asked = [
                replace(each, series=[_as_asked(of, hidden) for of in each.series])
                for each in charts
            ]
            return [
                [
                    curve if curve.series == each else replace(curve, series=each)
                    for each, curve in zip(chart.series, drawn, strict=True)
                ]
                for chart, drawn in zip(charts, self._reader.charts(asked), strict=True)
            ]

        return self._surely({each.run for chart in charts for each in chart.series}, ask)

    def scan(self, series: Sequence[Series], window: Window, superseded: Superseded) -> list[Scan]:
        """See `MetricStore.scan`."""

        def ask(hidden: Collection[int]) -> list[Scan]:
            asked = [_as_asked(each, hidden) for each in series] if hidden else series
            found = self._reader.scan(asked, window, superseded)
            return [
                scan if scan.series == each else replace(scan, series=each)
                for each, scan in zip(series, found, strict=True)
            ]

        return self._surely({each.run for each in series}, ask)

    def points(
        self,
        series: Series,
        window: Window,
        limit: int,
        cursor: str | None,
        superseded: Superseded,
    ) -> Points:
        """See `MetricStore.points`."""
        paging.place(cursor, window)  # a cursor that is none says nothing of the file

        def ask(hidden: Collection[int]) -> Points:
            asked = _as_asked(series, hidden)
            found = self._reader.points(asked, window, limit, cursor, superseded)
            return replace(found, series=series) if hidden else found

        return self._surely({series.run}, ask)

    def keys(self, runs: Sequence[int], keys: Sequence[str] | None) -> dict[int, list[KeyStats]]:
        """See `MetricStore.keys`."""

        def ask(hidden: Collection[int]) -> dict[int, list[KeyStats]]:
            if not hidden:
                return self._reader.keys(runs, keys)
            found = self._reader.keys([run for run in runs if run not in hidden], keys)
            return {run: found.get(run, []) for run in runs}

        return self._surely(set(runs), ask)

    def overview(self, runs: Sequence[int], keys: Sequence[str] | None) -> Overview:
        """See `MetricStore.overview`."""

        def ask(hidden: Collection[int]) -> Overview:
            return self._reader.overview([run for run in runs if run not in hidden], keys)

        return self._surely(set(runs), ask)

    def weigh(self, runs: Sequence[int]) -> dict[int, dict[Part, Weight]]:
        """See `MetricStore.weigh`."""

        def ask(hidden: Collection[int]) -> dict[int, dict[Part, Weight]]:
            return self._reader.weigh([run for run in runs if run not in hidden])

        return self._surely(set(runs), ask)

    def _surely(self, runs: Collection[int], ask: Callable[[Collection[int]], T]) -> T:
        """The answer, when what is damaged of the runs is out of its way."""
        for _ in range(_TRIES):
            self._quarantine.make_sure(runs)
            hidden, turns = self._hidden(runs), self._quarantine.turns
            try:
                return ask(hidden)
            except Exception as error:
                if _is_passing(error):
                    raise
                # Somebody else may have stumbled over the same, and was quicker.
                if turns == self._quarantine.turns and not self._quarantine.examine(runs, error):
                    raise
        raise DamagedStoreError("These runs cannot be read. `wanllmdb doctor` says why.")

    def _told(self, run: int, ask: Callable[[], T]) -> T:
        """What is said of writers, whose rows nothing can take the place of."""
        try:
            return ask()
        except Exception as error:
            if _is_passing(error):
                raise
            raise DamagedStoreError(
                f"What is known of the writers of run {run} is damaged ({error}). "
                "Stop the server and ask `wanllmdb doctor`."
            ) from error

    def _hidden(self, runs: Collection[int]) -> Collection[int]:
        erased = self._erasing.runs
        out = set(erased.intersection(runs)) if erased else set[int]()
        return out | self._quarantine.left_out(runs)


def _as_asked(series: Series, hidden: Collection[int]) -> Series:
    """The series, or one that nobody logged."""
    return Series(_NOBODY - series.run, series.key) if series.run in hidden else series


def _is_passing(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and (
        (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _PASSING
    )
