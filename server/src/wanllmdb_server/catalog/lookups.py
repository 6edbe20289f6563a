"""Lookups: runs by their names, whatever projects they are of, and columns of their mappings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from sqlalchemy import Connection, and_, distinct, func, or_, select

from wanllmdb_server.catalog.access import run_from
from wanllmdb_server.catalog.tables import owners, projects, run_facts, runs
from wanllmdb_server.catalog.where import readable, select_runs
from wanllmdb_server.domain.access import Actor
from wanllmdb_server.domain.comparison import Ref, ref_of
from wanllmdb_server.domain.run import Run

Mapped = Literal["config", "summary", "environment"]
Fact = float | str

_AT_ONCE: Final = 500  # ids in one statement


def find_named(
    connection: Connection, actor: Actor, refs: Sequence[Ref], mappings: Iterable[Mapped] = ()
) -> dict[Ref, Run]:
    """Those of the runs that are there and that the actor may read, with these mappings."""
    of: dict[tuple[str, str], list[str]] = defaultdict(list)
    for owner, project, run in refs:
        of[owner, project].append(run)
    query = select_runs(actor, full=False).add_columns(*(runs.c[name] for name in mappings))
    found: dict[Ref, Run] = {}
    for (owner, project), ids in of.items():
        named = query.where(readable(actor), owners.c.name == owner, projects.c.name == project)
        for at in range(0, len(ids), _AT_ONCE):
            some = connection.execute(named.where(runs.c.id.in_(ids[at : at + _AT_ONCE])))
            found |= {ref_of(run): run for run in map(run_from, some.mappings())}
    return found


def differing_keys(connection: Connection, numbers: Sequence[int], limit: int) -> list[str]:
    """The keys of config under which these runs do not all have the same, by name."""
    counted = (
        func.count(),
        func.count(distinct(run_facts.c.number)) + func.count(distinct(run_facts.c.text)),
    )
    query = (
        select(run_facts.c.key)
        .where(run_facts.c.part == "config", _among(numbers))
        .group_by(run_facts.c.key)
        .having(or_(and_(counted[1] > 0, counted[0] < len(numbers)), counted[1] > 1))
        .order_by(run_facts.c.key)
        .limit(limit)
    )
    return [row.key for row in connection.execute(query)]


def facts_of(
    connection: Connection, numbers: Sequence[int], part: Mapped, keys: Sequence[str]
) -> Mapping[str, Mapping[int, Fact]]:
    """By key and run the leaf of a mapping: a number, or the beginning of a text."""
    query = select(run_facts.c.run, run_facts.c.key, run_facts.c.number, run_facts.c.text).where(
        run_facts.c.part == part, run_facts.c.key.in_(keys), _among(numbers)
    )
    found: dict[str, dict[int, Fact]] = {key: {} for key in keys}
    for run, key, number, text in connection.execute(query):
        if number is not None or text is not None:
            found[key][run] = text if number is None else number
    return found


def _among(numbers: Sequence[int]) -> Any:
    """Whether a fact is of one of the runs; ten thousand of them are one parameter."""
    listed = func.json_each(func.json(str(list(numbers)))).table_valued("value")
    return run_facts.c.run.in_(select(listed.c.value))
