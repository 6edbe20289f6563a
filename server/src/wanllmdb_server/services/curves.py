"""Curves: what a panel asks and what it is drawn from; nothing in between is invented.

The store draws by step. Here stands what makes that an answer for people: run ids instead of
numbers, only runs that the actor may read, and an x axis of steps, of seconds since each run's
start, of seconds since the epoch or of another metric, with windows in the units of that axis;
and runs that are alike as one curve, with what lies between them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import select

from wanllmdb_server.catalog.access import find_project
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.known_runs import KnownRuns
from wanllmdb_server.catalog.tables import runs as runs_table
from wanllmdb_server.catalog.where import NOT_BINNED
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.cursor import read_cursor, write_cursor
from wanllmdb_server.domain.damage import Damage
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.grouping import Group, Grouped, Grouping, grouped
from wanllmdb_server.domain.panel import (
    CommonKey,
    Drawing,
    DrawnCurve,
    DrawnGroup,
    GroupPanel,
    Panel,
    Statistics,
)
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import (
    KeyStats,
    Points,
    Series,
    Superseded,
    Window,
)
from wanllmdb_server.metrics import bundle
from wanllmdb_server.metrics.axes import Along
from wanllmdb_server.metrics.bundle import Wanted
from wanllmdb_server.metrics.placing import MAX_BUCKETS, Axis, Subject, place, place_apart
from wanllmdb_server.metrics.store import MetricStore

MAX_RUNS: Final = 1000
MAX_KEYS: Final = 200
MAX_QUANTILES: Final = 16
MIN_BUCKETS: Final = 10
REMEMBER_US: Final = 2_000_000  # how long a refusal of the catalog may come late
REMEMBERED: Final = 256  # questions of pages that are open
_SERIES_AT_ONCE: Final = 400
_FINER: Final = 4  # so many buckets of steps for one of another axis that runs meet on


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a panel asks.

    Attributes:
        runs, keys: whose curves.
        axis: of x, and the window on it.
        buckets: how many a curve has at most.
        grouping: by what runs are one curve; None: each is one.
        wanted: of the runs of a group.
    """

    owner: str
    project: str
    runs: Sequence[str]
    keys: Sequence[str]
    axis: Axis = field(default_factory=Axis)
    buckets: int = 400
    grouping: Grouping | None = None
    wanted: Wanted = field(default_factory=Wanted)


class Curves:
    """Answers what the points of runs look like, and what they are."""

    def __init__(self, catalog: Catalog, store: MetricStore) -> None:
        self._catalog = catalog
        self._store = store
        self._runs = KnownRuns(catalog, lifetime=REMEMBER_US, size=REMEMBERED)

    async def draw(self, actor: Actor, question: Question) -> Drawing:
        """The panels of a question, key by key, in the order asked.

        Everything that can be refused is refused before this returns. Runs that are not there
        are named and the others drawn.

        Raises:
            NotFoundError: none of the runs is there.
        """
        check(question)
        asked = (question.owner, question.project, question.runs)
        runs, missing = await self._runs.those_there(actor, *asked, Verb.READ)
        if question.grouping is None:
            return Drawing(missing, self._panels(question, runs))
        runs = list(dict((run.number, run) for run in runs).values())  # noqa: C402
        groups = await asyncio.to_thread(self._grouped, question.grouping, runs)
        return Drawing(missing, self._group_panels(question, runs, groups))

    async def keys(self, actor: Actor, owner: str, project: str, run: str) -> list[KeyStats]:
        """The series of a run with their statistics, by key."""
        [located] = await self._runs.several(actor, owner, project, [run], Verb.READ)
        return (await self._store.keys([located.number])).get(located.number, [])

    async def statistics(
        self,
        actor: Actor,
        owner: str,
        project: str,
        runs: Sequence[str],
        keys: Sequence[str] | None,
    ) -> Statistics:
        """What the points of many series of numbers come to, without a look at the points."""
        located, missing = await self._runs.those_there(actor, owner, project, runs, Verb.READ)
        found = await self._store.overview([run.number for run in located], keys)
        return Statistics([run.id for run in located], [run.number for run in located],
                          missing, found)  # fmt: skip

    async def common_keys(
        self, actor: Actor, owner: str, project: str, runs: Sequence[str]
    ) -> list[CommonKey]:
        """The keys of these runs, or of the newest runs of the project if none is named."""
        if not runs:
            runs = await asyncio.to_thread(_newest, self._catalog, actor, owner, project)
        located = await self._runs.several(actor, owner, project, runs, Verb.READ)
        found = await self._store.keys([run.number for run in located])
        counted = Counter((stats.key, stats.kind) for each in found.values() for stats in each)
        return [CommonKey(key, kind, n) for (key, kind), n in sorted(counted.items())]

    async def points(
        self,
        actor: Actor,
        owner: str,
        project: str,
        run: str,
        key: str,
        window: Window,
        *,
        limit: int,
        cursor: str | None,
        superseded: Superseded = "hide",
    ) -> Points:
        """Exact points of one series, by step: those that count, others, or all."""
        [located] = await self._runs.several(actor, owner, project, [run], Verb.READ)
        name = f"points {located.number} {window} {superseded} {key}"
        page = await self._store.points(
            Series(located.number, key),
            window,
            limit=limit,
            cursor=read_cursor(name, cursor, str)[0] if cursor else None,
            superseded=superseded,
        )
        return replace(page, cursor=write_cursor(name, page.cursor)) if page.cursor else page

    async def damage(self, actor: Actor, owner: str, project: str, run: str) -> Sequence[Damage]:
        """What of a run can no longer be read, as far as it was noticed."""
        [located] = await self._runs.several(actor, owner, project, [run], Verb.READ)
        return (await self._store.damage([located.number])).get(located.number, ())

    async def _panels(
        self, question: Question, runs: Sequence[Run]
    ) -> AsyncIterator[Panel | GroupPanel]:
        ids = [run.id for run in runs]
        for keys in _some(question.keys, len(runs)):
            placed = await self._place(question, runs, keys, question.buckets)
            damage = await self._store.damage([run.number for run in runs])
            for key, those in zip(keys, placed, strict=True):
                curves = [
                    DrawnCurve(run, each.x, each.curve, each.dropped, each.unplaced)
                    for run, each in zip(ids, those, strict=True)
                ]
                yield Panel(key, _width(those), curves, _damaged(runs, damage, key))

    async def _group_panels(
        self, question: Question, runs: Sequence[Run], groups: Grouped
    ) -> AsyncIterator[Panel | GroupPanel]:
        by_step = question.axis.kind == "step"
        finer = question.buckets if by_step else min(_FINER * question.buckets, MAX_BUCKETS)
        ids = [run.id for run in runs]
        for keys in _some(question.keys, len(runs)):
            placed = await self._place(question, runs, keys, finer, apart=not by_step)
            for key, those in zip(keys, placed, strict=True):
                yield await asyncio.to_thread(_bundled, question, key, groups, ids, those)

    async def _place(
        self,
        question: Question,
        runs: Sequence[Run],
        keys: Sequence[str],
        buckets: int,
        *,
        apart: bool = False,
    ) -> list[list[Along]]:
        subjects = [Subject(run.number, run.started_at) for run in runs]
        how = place_apart if apart else place
        return await how(self._store, subjects, keys, question.axis, buckets)

    def _grouped(self, grouping: Grouping, runs: Sequence[Run]) -> Grouped:
        configs: Mapping[int, Mapping[str, Any]] = {}
        if grouping.needs_config:
            numbers = [run.number for run in runs]
            query = select(runs_table.c.number, runs_table.c.config)
            with self._catalog.reading() as connection:
                found = connection.execute(query.where(runs_table.c.number.in_(numbers)))
                configs = {number: config for number, config in found}  # noqa: C416
        return grouped(grouping, runs, configs)


def _damaged(
    runs: Sequence[Run], damage: Mapping[int, Sequence[Damage]], key: str
) -> Sequence[str]:
    """The ids of the runs that lack something of a key."""
    hurt = {
        number
        for number, those in damage.items()
        if any(each.key is None or each.key == key for each in those)
    }
    return [run.id for run in runs if run.number in hurt] if hurt else ()


def _newest(catalog: Catalog, actor: Actor, owner: str, project: str) -> list[str]:
    with catalog.reading() as connection:
        found = find_project(connection, actor, owner, project, Resource.POINTS, Verb.READ)
        query = select(runs_table.c.id).where(runs_table.c.project_id == found.id, NOT_BINNED)
        newest = query.order_by(runs_table.c.created_at.desc()).limit(MAX_RUNS)
        return list(connection.scalars(newest))


def check(question: Question) -> None:
    """Refuse a question that is too large to be one of a person.

    Raises:
        InvalidError: with a fault for each limit that is passed.
    """
    faults = [
        Fault(pointer, "out-of-range", detail)
        for pointer, ok, detail in (
            ("/runs", len(question.runs) <= MAX_RUNS, f"At most {MAX_RUNS} runs."),
            ("/keys", len(question.keys) <= MAX_KEYS, f"At most {MAX_KEYS} keys."),
            (
                "/buckets",
                MIN_BUCKETS <= question.buckets <= MAX_BUCKETS,
                f"From {MIN_BUCKETS} to {MAX_BUCKETS} buckets.",
            ),
            (
                "/quantiles",
                len(question.wanted.quantiles) <= MAX_QUANTILES
                and all(0 <= q <= 1 for q in question.wanted.quantiles),
                f"At most {MAX_QUANTILES} quantiles from 0 to 1.",
            ),
            (
                "/x_key",
                (question.axis.kind == "metric") == bool(question.axis.key),
                "The key of the metric that is x, if and only if x is `metric`.",
            ),
        )
        if not ok
    ]
    if faults:
        raise InvalidError("The question is beyond a limit.", faults=faults)


def _bundled(
    question: Question, key: str, groups: Grouped, ids: Sequence[str], placed: Sequence[Along]
) -> GroupPanel:
    """The curves of all groups, on one grid."""
    if question.axis.kind == "step":
        lanes, width = bundle.lanes_by_step([each.curve for each in placed]), _width(placed)
    else:
        pairs = [(each.curve, each.x) for each in placed]
        lanes, width = bundle.lanes_by_x(pairs, question.buckets)

    def drawn(group: Group) -> DrawnGroup:
        curve = bundle.bundled([lanes[at] for at in group.runs], question.wanted)
        return DrawnGroup(group.values, [ids[at] for at in group.runs], curve)

    return GroupPanel(key, width, groups.names, [drawn(group) for group in groups.groups])


def _some(keys: Sequence[str], runs: int) -> Iterator[Sequence[str]]:
    """The keys in parts that are drawn at once: first panels come soon, and memory is bounded."""
    at_once = max(1, _SERIES_AT_ONCE // max(runs, 1))
    for first in range(0, len(keys), at_once):
        yield keys[first : first + at_once]


def _width(placed: Sequence[Along]) -> int:
    return placed[0].curve.width if placed else 1
