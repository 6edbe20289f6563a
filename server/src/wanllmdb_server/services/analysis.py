"""Analysis: what the parameters of a project's runs say about their figures.

Everything is read from the catalog and from what the metric store sums up; no point is read. One
question is reckoned at a time, in a thread: it may take seconds of a processor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from wanllmdb_server.catalog.access import find_project
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.lookups import differing_keys, facts_of, find_named
from wanllmdb_server.domain import columns as reckoning
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.columns import Column, Correlations, Importance, column_of
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.filter import RunFilter
from wanllmdb_server.domain.run import Run
from wanllmdb_server.metrics.store import MetricStore

MAX_RUNS: Final = 10_000
MAX_COLUMNS: Final = 60
MAX_PARAMETERS: Final = 500
_STORE_AT_ONCE: Final = 1000
_TIMES: Final = ("created_at", "started_at", "heartbeat_at")
_SECOND: Final = 1_000_000


class Finder(Protocol):
    """Finds the runs of a project that pass a filter, at most `limit`, the newest first."""

    async def __call__(
        self, actor: Actor, owner: str, project: str, asked: RunFilter, limit: int
    ) -> Sequence[Run]:
        """The runs, without their mappings."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """The runs that a question is about: those named, or those that pass a filter."""

    owner: str
    project: str
    filter: RunFilter = field(default_factory=RunFilter)
    runs: Sequence[str] | None = None


class Analysis:
    """Finds what goes together."""

    def __init__(self, catalog: Catalog, store: MetricStore, find: Finder) -> None:
        self._catalog = catalog
        self._store = store
        self._find = find
        self._turns = asyncio.Semaphore(1)

    async def importance(
        self, actor: Actor, chosen: Chosen, target: str, parameters: Sequence[str] | None
    ) -> Importance:
        """How much each parameter says about the target; all that differ if none are named."""
        _check([target], "/target")
        _check(parameters or (), "/parameters/{}")
        runs = await self._runs(actor, chosen)
        if parameters is None:
            parameters = await asyncio.to_thread(self._differing, runs)
        asked = [key for key in dict.fromkeys(parameters) if key != target]
        wanted, *others = await self._columns(runs, [target, *asked])
        async with self._turns:
            return await asyncio.to_thread(reckoning.importance, wanted, others)

    async def correlations(
        self, actor: Actor, chosen: Chosen, columns: Sequence[str], *, by_rank: bool
    ) -> Correlations:
        """How each two columns go together, over the runs that have both."""
        _check(columns, "/columns/{}")
        found = await self._columns(await self._runs(actor, chosen), list(dict.fromkeys(columns)))
        async with self._turns:
            return await asyncio.to_thread(reckoning.correlations, found, by_rank=by_rank)

    async def _runs(self, actor: Actor, chosen: Chosen) -> Sequence[Run]:
        of = (actor, chosen.owner, chosen.project)
        if chosen.runs is None:
            return await self._find(*of, chosen.filter, MAX_RUNS)
        return await asyncio.to_thread(self._named, *of, chosen.runs)

    def _named(self, actor: Actor, owner: str, project: str, runs: Sequence[str]) -> list[Run]:
        refs = [(owner, project, run) for run in dict.fromkeys(runs)]
        with self._catalog.reading() as connection:
            find_project(connection, actor, owner, project, Resource.RUN, Verb.READ)
            return list(find_named(connection, actor, refs).values())

    def _differing(self, runs: Sequence[Run]) -> list[str]:
        with self._catalog.reading() as connection:
            numbers = [run.number for run in runs]
            return [f"config.{key}" for key in differing_keys(connection, numbers, MAX_PARAMETERS)]

    async def _columns(self, runs: Sequence[Run], names: Sequence[str]) -> list[Column]:
        """The columns in this order."""
        found = await asyncio.to_thread(self._known, runs, names)
        keys = [name.removeprefix("summary.") for name in names if name.startswith("summary.")]
        logged = await self._logged(runs, keys)
        numbers = [run.number for run in runs]
        return [
            column_of(name, numbers, logged.get(name, {}) | found.get(name, {})) for name in names
        ]

    def _known(
        self, runs: Sequence[Run], names: Sequence[str]
    ) -> dict[str, dict[int, float | str]]:
        """What the catalog holds of columns."""
        found: dict[str, dict[int, float | str]] = {
            name: {run.number: _own(run, name) for run in runs} for name in names if "." not in name
        }
        with self._catalog.reading() as connection:
            for part in ("config", "summary"):
                keys = [name.partition(".")[2] for name in names if name.startswith(f"{part}.")]
                facts = facts_of(connection, [run.number for run in runs], part, keys)
                found |= {f"{part}.{key}": dict(facts[key]) for key in keys}
        return found

    async def _logged(
        self, runs: Sequence[Run], keys: Sequence[str]
    ) -> dict[str, dict[int, float | str]]:
        """The last value that was logged under keys."""
        found: dict[str, dict[int, float | str]] = {f"summary.{key}": {} for key in keys}
        if not keys:
            return found
        for at in range(0, len(runs), _STORE_AT_ONCE):
            some = [run.number for run in runs[at : at + _STORE_AT_ONCE]]
            said = await self._store.overview(some, keys)
            there = np.isfinite(said.last)
            for key, run, last in zip(
                said.key[there].tolist(), said.run[there].tolist(), said.last[there].tolist(),
                strict=True,
            ):  # fmt: skip
                found[f"summary.{said.keys[key]}"][run] = last
        return found


def _own(run: Run, name: str) -> float:
    """A column of the run itself, in seconds."""
    if name == "duration":
        return max(0, (run.finished_at or run.heartbeat_at) - run.started_at) / _SECOND
    return getattr(run, name) / _SECOND


def _check(names: Sequence[str], pointer: str) -> None:
    faults = [
        Fault(
            pointer.format(at),
            "unknown-column",
            f"A column is config.<key>, summary.<key>, duration or one of {', '.join(_TIMES)}.",
        )
        for at, name in enumerate(names)
        if name not in ("duration", *_TIMES)
        and not (name.startswith(("config.", "summary.")) and name.partition(".")[2])
    ]
    if faults:
        raise InvalidError("There is no such column.", faults=faults)
