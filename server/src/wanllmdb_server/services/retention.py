"""Retention: what is older than a project wants to keep goes, and before, what that would be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wanllmdb_server.catalog import retention as rows
from wanllmdb_server.catalog.access import locate_project
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.retention import Due
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.retention import DAY_US, KINDS, Kind, Rule, Weight
from wanllmdb_server.metrics.store import MetricStore

_AT_ONCE: Final = 100  # runs of a project and a kind in one round; the others next time
_TOGETHER: Final = 100  # runs that are weighed together

logger = logging.getLogger("wanllmdb.retention")


@dataclass(frozen=True, slots=True)
class Doomed:
    """What of one kind would go now: of how many runs, how much."""

    runs: int
    weight: Weight


@dataclass(frozen=True, slots=True)
class Preview:
    """What a project's rule is, where it is from, and what it would take now."""

    rule: Rule
    own: bool
    kinds: Mapping[Kind, Doomed]


class Retention:
    """Lets go of what nobody wants to keep.

    Args:
        catalog: of rules and runs.
        store: of points.
        default: the rule of projects that have none of their own.
    """

    def __init__(self, catalog: Catalog, store: MetricStore, default: Rule) -> None:
        self._catalog = catalog
        self._store = store
        self._default = default

    async def preview(self, actor: Actor, owner: str, project: str) -> Preview:
        """What would go of a project now, if its rule were applied."""
        found = await asyncio.to_thread(
            locate_project, self._catalog, actor, owner, project, Resource.PROJECT, Verb.READ
        )
        rule = found.retention or self._default
        kinds: dict[Kind, Doomed] = {}
        for kind in KINDS:
            before = self._before(rule, kind)
            if before is not None:
                due = await asyncio.to_thread(self._due, found.id, kind, before, None)
                kinds[kind] = await self._weigh(kind, [run.number for run in due])
        return Preview(rule, found.retention is not None, kinds)

    async def apply(self) -> int:
        """Apply every rule, some runs at a time; for the worker's loop. Returns how many."""
        done = 0
        for number, name, own in await asyncio.to_thread(self._rules):
            rule = own or self._default
            for kind in KINDS:
                before = self._before(rule, kind)
                if before is None:
                    continue
                for run in await asyncio.to_thread(self._due, number, kind, before, _AT_ONCE):
                    done += await self._release(name, run, kind, before)
        return done

    async def _release(self, project: str, run: Due, kind: Kind, before: int) -> bool:
        """Let a run go of a kind; whether its time had still come."""
        if kind == "files":
            weight = await asyncio.to_thread(self._drop_files, run.number, before)
        elif await asyncio.to_thread(self._is_due, run.number, before):
            weight = await self._store.release(run.number, [kind])
            await asyncio.to_thread(self._mark, run.number, kind)
        else:
            return False
        if weight is None:
            return False
        if weight.items:
            logger.info(
                "retention: %s of run %s of %s: %d, about %d bytes",
                *(kind, run.id, project, weight.items, weight.bytes),
            )
        return True

    async def _weigh(self, kind: Kind, runs: list[int]) -> Doomed:
        total, hurt = Weight(), 0
        for at in range(0, len(runs), _TOGETHER):
            some = runs[at : at + _TOGETHER]
            if kind == "files":
                weights = await asyncio.to_thread(self._weigh_files, some)
            else:
                found = await self._store.weigh(some)
                weights = [each[kind] for each in found.values() if kind in each]
            for weight in weights:
                total, hurt = total.plus(weight), hurt + 1
        return Doomed(hurt, total)

    def _before(self, rule: Rule, kind: Kind) -> int | None:
        days = rule.days(kind)
        return None if days is None else self._catalog.clock() - days * DAY_US

    def _rules(self) -> list[tuple[int, str, Rule | None]]:
        with self._catalog.reading() as connection:
            return rows.rules(connection)

    def _due(self, project: int, kind: Kind, before: int, limit: int | None) -> list[Due]:
        with self._catalog.reading() as connection:
            return rows.due(connection, project, kind, before=before, limit=limit)

    def _is_due(self, run: int, before: int) -> bool:
        with self._catalog.reading() as connection:
            return rows.is_due(connection, run, before=before)

    def _weigh_files(self, runs: list[int]) -> list[Weight]:
        with self._catalog.reading() as connection:
            weights = [rows.weigh_files(connection, [run]) for run in runs]
        return [weight for weight in weights if weight.items]

    def _drop_files(self, run: int, before: int) -> Weight | None:
        with self._catalog.writing() as connection:
            if not rows.is_due(connection, run, before=before):
                return None
            weight = rows.weigh_files(connection, [run])
            rows.drop_files(connection, run)
            rows.mark_released(connection, run, "files", now=self._catalog.clock())
            return weight

    def _mark(self, run: int, kind: Kind) -> None:
        with self._catalog.writing() as connection:
            rows.mark_released(connection, run, kind, now=self._catalog.clock())
