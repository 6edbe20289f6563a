"""Comparison: runs of any projects beside each other, and groups of them tested."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Final

import numpy as np

from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.lookups import Fact, Mapped, facts_of, find_named
from wanllmdb_server.domain import samples
from wanllmdb_server.domain.access import Actor, must_be_known
from wanllmdb_server.domain.comparison import (
    Compared,
    GroupedKey,
    GroupFigures,
    Pairing,
    Ref,
    Taken,
    at_step,
    compared,
    parse_refs,
    ref_of,
    tabled,
    taken,
)
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import Run, merged_summary
from wanllmdb_server.domain.samples import Outcome, Values
from wanllmdb_server.domain.series import Chart, Overview, Series, Window
from wanllmdb_server.metrics.away import keys_if_there
from wanllmdb_server.metrics.store import MetricStore

MAX_LOOKUP: Final = 1000
MAX_COMPARED: Final = 100
MAX_GROUPED: Final = 1000  # runs of all groups together
MAX_GROUPS: Final = 8
MAX_KEYS: Final = 50
MAX_STEP_KEYS: Final = 200  # of one question about a step
_FINE: Final = 1024  # buckets in which a point is looked for
_AT_ONCE: Final = 1  # questions whose samples are drawn at a time


@dataclass(frozen=True, slots=True)
class NamedRuns:
    """A group: its name and its runs."""

    name: str
    runs: Sequence[str]


@dataclass(frozen=True, slots=True)
class GroupsQuestion:
    """What is asked of groups.

    Attributes:
        value: which figure of a run counts.
        paired_by: a key of config; runs of two groups that have the same there are a pair.
        confidence: of intervals.
    """

    groups: Sequence[NamedRuns]
    keys: Sequence[str]
    value: Taken = "last"
    paired_by: str | None = None
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class _Group:
    """A group that was found: where its runs stand in the tables, and what they are paired by."""

    name: str
    at: Sequence[int]
    pairs: Sequence[Fact | None]


class Comparison:
    """Compares runs."""

    def __init__(self, catalog: Catalog, store: MetricStore) -> None:
        self._catalog = catalog
        self._store = store
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def lookup(
        self, actor: Actor, runs: Sequence[str], *, full: bool
    ) -> tuple[list[Run], list[str]]:
        """These runs in the order asked, each once, and the names of those that are not there."""
        mappings: tuple[Mapped, ...] = ("config", "summary", "environment") if full else ()
        found, missing = await self._named(actor, parse_refs(runs), mappings)
        if full:
            keys = await keys_if_there(self._store, [run.number for run in found])
            found = await asyncio.to_thread(_summed, found, keys)
        return found, missing

    async def compare(
        self,
        actor: Actor,
        runs: Sequence[str],
        keys: Sequence[str] | None,
        step: int | None = None,
    ) -> Compared:
        """Runs beside each other: all their keys of numbers, or those named.

        With a step also what each was there.

        Raises:
            InvalidError: too many keys are asked for at a step.
        """
        if step is not None and (keys is None or len(keys) > MAX_STEP_KEYS):
            detail = f"With a step, at most {MAX_STEP_KEYS} keys, by name."
            raise InvalidError(detail, faults=[Fault("/keys", "too-many-keys", detail)])
        found, missing = await self._named(actor, parse_refs(runs), ("summary", "environment"))
        overview = await self._overview(found, keys)
        said = await asyncio.to_thread(compared, found, missing, overview, keys)
        if step is None:
            return said
        series = [
            Series(int(run), overview.keys[int(key)])
            for run, key in zip(overview.run.tolist(), overview.key.tolist(), strict=True)
        ]
        return at_step(said, await self._reached(series, step))

    async def _reached(
        self, series: Sequence[Series], step: int
    ) -> dict[tuple[int, str], tuple[int, float]]:
        """The last point of each series at the step or before it: (step, value).

        A bucket that the step cuts is looked into with a finer grid, until none is cut; what
        came before it counts where nothing of it lies before the step.
        """
        found: dict[tuple[int, str], tuple[int, float]] = {}
        charts = [Chart(series, Window(None, step), _FINE)]
        while charts:
            cut: dict[int, list[Series]] = {}
            for curve in chain.from_iterable(await self._store.charts(charts)):
                whole = int(np.searchsorted(curve.step, step, "right"))
                if whole:
                    point = int(curve.step[whole - 1]), float(curve.last[whole - 1])
                    found[curve.series.run, curve.series.key] = point
                if whole < len(curve.step):
                    first = int(curve.bin[whole]) * curve.width
                    cut.setdefault(first, []).append(curve.series)
            charts = [Chart(mine, Window(first, step), _FINE) for first, mine in cut.items()]
        return found

    async def groups(
        self, actor: Actor, asked: GroupsQuestion
    ) -> tuple[list[GroupedKey], list[str]]:
        """What keys come to in groups of runs, and whether the groups differ; and who is missing.

        Raises:
            InvalidError: two groups have one name, or there are too many runs.
        """
        refs = _checked(asked)
        named = list(dict.fromkeys(ref for group in refs for ref in group))
        found, missing = await self._named(actor, named, ("summary",))
        overview = await self._overview(found, asked.keys)
        pairs = await asyncio.to_thread(self._pairs, found, asked.paired_by)
        at = {ref_of(run): place for place, run in enumerate(found)}
        groups = [
            _Group(group.name, places, [pairs.get(found[each].number) for each in places])
            for group, mine in zip(asked.groups, refs, strict=True)
            for places in [[at[ref] for ref in mine if ref in at]]
        ]
        async with self._turns:
            return await asyncio.to_thread(_reckoned, asked, found, overview, groups), missing

    async def _named(
        self, actor: Actor, refs: Sequence[Ref], mappings: Iterable[Mapped]
    ) -> tuple[list[Run], list[str]]:
        must_be_known(actor)

        def read() -> dict[Ref, Run]:
            with self._catalog.reading() as connection:
                return find_named(connection, actor, refs, mappings)

        known = await asyncio.to_thread(read)
        missing = ["/".join(ref) for ref in refs if ref not in known]
        return [known[ref] for ref in refs if ref in known], missing

    async def _overview(self, found: Sequence[Run], keys: Sequence[str] | None) -> Overview:
        return await self._store.overview([run.number for run in found], keys)

    def _pairs(self, found: Sequence[Run], paired_by: str | None) -> Mapping[int, Fact]:
        if paired_by is None:
            return {}
        key = paired_by.removeprefix("config.")
        with self._catalog.reading() as connection:
            return facts_of(connection, [run.number for run in found], "config", [key])[key]


def _summed(found: Sequence[Run], keys: Mapping[int, Sequence[object]]) -> list[Run]:
    return [
        replace(run, summary=plain(merged_summary(run.summary, keys.get(run.number, ()))))  # pyright: ignore[reportArgumentType]
        for run in found
    ]


def _checked(asked: GroupsQuestion) -> list[list[Ref]]:
    names = [group.name for group in asked.groups]
    twice = [at for at, name in enumerate(names) if name in names[:at]]
    if twice:
        fault = Fault(f"/groups/{twice[0]}/name", "duplicate", "Another group has this name.")
        raise InvalidError("Two groups have one name.", faults=[fault])
    refs = [parse_refs(group.runs, f"/groups/{at}/runs") for at, group in enumerate(asked.groups)]
    if sum(map(len, refs)) > MAX_GROUPED:
        fault = Fault("/groups", "too-many-runs", f"At most {MAX_GROUPED} runs in all.")
        raise InvalidError("Too many runs at once.", faults=[fault])
    return refs


def _reckoned(
    asked: GroupsQuestion, found: Sequence[Run], overview: Overview, groups: Sequence[_Group]
) -> list[GroupedKey]:
    tables = tabled(found, overview, asked.keys)
    nothing = np.full(len(found), np.nan)
    keys = list(dict.fromkeys(asked.keys))
    figures = [taken(tables[key], asked.value) if key in tables else nothing for key in keys]
    values = [[_finite(of[list(group.at)]) for group in groups] for of in figures]
    intervals = iter(
        samples.mean_intervals([each for of in values for each in of], asked.confidence)
    )
    return [
        _grouped(asked, key, of, groups, [
            GroupFigures(group.name, samples.summary(each), next(intervals))
            for group, each in zip(groups, mine, strict=True)
        ])
        for key, of, mine in zip(keys, figures, values, strict=True)
    ]  # fmt: skip


def _grouped(
    asked: GroupsQuestion,
    key: str,
    figures: Values,
    groups: Sequence[_Group],
    said: Sequence[GroupFigures],
) -> GroupedKey:
    notes = [
        f"{group.name}: {each.summary.n} of {len(group.at)} runs have a value."
        for group, each in zip(groups, said, strict=True)
        if each.summary.n < 2
    ]
    tests: list[Pairing] = []
    for a, b in combinations(groups, 2):
        outcomes = _tested(asked, figures, a, b)
        if not outcomes and asked.paired_by is not None:
            notes.append(f"{a.name}, {b.name}: fewer than two pairs have values.")
        tests.extend(Pairing(a.name, b.name, outcome) for outcome in outcomes)
    return GroupedKey(key, said, tests, notes)


def _tested(asked: GroupsQuestion, figures: Values, a: _Group, b: _Group) -> list[Outcome]:
    if asked.paired_by is not None:
        first, second = _by_pair(figures, a), _by_pair(figures, b)
        both = sorted(first.keys() & second.keys(), key=str)
        if len(both) < 2:
            return []
        left, right = (np.array([of[pair] for pair in both]) for of in (first, second))
        return [samples.paired_t(left, right, asked.confidence), samples.wilcoxon(left, right)]
    left, right = (_finite(figures[list(group.at)]) for group in (a, b))
    if min(len(left), len(right)) < 2:
        return []
    return [samples.welch(left, right, asked.confidence), samples.mann_whitney(left, right)]


def _by_pair(figures: Values, group: _Group) -> dict[Fact, float]:
    """The figure of each pair's run; the mean of them where a group has several."""
    found: dict[Fact, list[float]] = {}
    for at, pair in zip(group.at, group.pairs, strict=True):
        if pair is not None and np.isfinite(figures[at]):
            found.setdefault(pair, []).append(float(figures[at]))
    return {pair: sum(values) / len(values) for pair, values in found.items()}


def _finite(values: Values) -> Values:
    return values[np.isfinite(values)]
