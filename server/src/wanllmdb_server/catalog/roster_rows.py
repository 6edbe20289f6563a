"""RosterRows: what a roster reads of the runs of a project: fields of them all, or of some.

A hundred thousand rows are taken from the driver as they are: what SQLAlchemy makes of each would
take longer than reading them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, func, select

from wanllmdb_server.catalog.tables import run_facts, runs, users
from wanllmdb_server.catalog.where import NOT_BINNED, Rows, matches, run_owners
from wanllmdb_server.domain.filter import RunFilter
from wanllmdb_server.domain.query import Field

# The runs that have a field, with the number or the text of each; where all have one kind, the
# other is empty.
Found = tuple[Sequence[int], Sequence[float | None], Sequence[str | None]]

_WITH_USERS: Final = runs.outerjoin(users, users.c.id == runs.c.user_id).outerjoin(
    run_owners, run_owners.c.id == users.c.id
)
_DURATION: Final = func.coalesce(runs.c.finished_at, runs.c.heartbeat_at) - runs.c.started_at


def cells(
    connection: Connection, project_id: int, fields: Sequence[Field], numbers: Sequence[int] | None
) -> Iterator[tuple[Field, Found]]:
    """What the runs have of each field; of all runs, or of these."""
    where = _of(project_id, numbers)
    facts = [field for field in fields if field.part in ("config", "summary")]
    yield from ((field, _facts(connection, field, where)) for field in facts)
    plain = [field for field in fields if field not in facts]
    if plain:
        yield from zip(plain, _plain(connection, plain, where), strict=True)


def below(connection: Connection, project_id: int, field: Field) -> list[int]:
    """The runs that have something under a key of config or summary, as a mapping has."""
    begins = run_facts.c.key.startswith(field.key + ".", autoescape=True)
    query = select(run_facts.c.run).distinct().select_from(runs.join(run_facts))
    part = run_facts.c.part == field.part
    return list(connection.scalars(query.where(*_of(project_id, None), part, begins)))


def tags(
    connection: Connection, project_id: int, numbers: Sequence[int] | None
) -> Iterator[tuple[int, list[str]]]:
    """The runs that have tags, and which."""
    said = cast(runs.c.tags, Text)
    query = select(runs.c.number, said).where(*_of(project_id, numbers), said != "[]")
    read: dict[str, list[str]] = {}  # most lists are those of other runs, too
    for number, text in _rows(connection, query):
        if text not in read:
            read[text] = [str(tag) for tag in json.loads(text)]
        yield number, read[text]


def with_words(connection: Connection, project_id: int, words: Sequence[str]) -> list[int]:
    """The runs in whose text every word occurs."""
    found = matches(RunFilter(tuple(words)))
    query = select(runs.c.number).where(*_of(project_id, None), *found)
    return list(connection.scalars(query))


def keys(connection: Connection, project_id: int, *, since: int = 0) -> list[tuple[str, str]]:
    """Every part and key under which any run that changed since a revision has something."""
    query = select(run_facts.c.part, run_facts.c.key).distinct()
    query = query.select_from(runs.join(run_facts)).where(*_of(project_id, None))
    query = query.where(runs.c.revision > since)
    return [(part, key) for part, key in connection.execute(query)]


def _of(project_id: int, numbers: Sequence[int] | None) -> list[ColumnElement[bool]]:
    here = [runs.c.project_id == project_id, NOT_BINNED]
    if numbers is None:
        return here
    listed = func.json_each(json.dumps(list(numbers))).table_valued("value")
    return [*here, runs.c.number.in_(select(listed.c.value))]


def _rows(connection: Connection, query: Rows) -> Sequence[tuple[Any, ...]]:
    cursor = connection.execute(query).cursor
    return [] if cursor is None else cursor.fetchall()


def _facts(connection: Connection, field: Field, where: list[ColumnElement[bool]]) -> Found:
    named = and_(
        run_facts.c.run == runs.c.number,
        run_facts.c.part == field.part,
        run_facts.c.key == field.key,
    )
    query = select(runs.c.number, run_facts.c.number, run_facts.c.text)
    rows = _rows(connection, query.select_from(runs.join(run_facts, named)).where(*where))
    found, said, texts = zip(*rows, strict=True) if rows else ((), (), ())
    return found, said, texts


def _plain(
    connection: Connection, fields: Sequence[Field], where: list[ColumnElement[bool]]
) -> Iterator[Found]:
    """Fields of the runs themselves, which are wide: all of them in one go."""
    source = _WITH_USERS if any(field.key == "user" for field in fields) else runs
    query = select(runs.c.number, *map(_column, fields)).select_from(source).where(*where)
    rows = _rows(connection, query)
    for at, field in enumerate(fields, 1):
        there = [row for row in rows if row[at] is not None]
        found = [row[0] for row in there]
        values = [row[at] for row in there]
        yield (found, (), values) if field.part == "text" else (found, values, ())


def _column(field: Field) -> ColumnElement[Any]:
    match field.part, field.key:
        case "duration", _:
            return _DURATION
        case _, "user":
            return run_owners.c.name
        case _, "host":
            return runs.c.environment["host"].as_string()
        case _:
            return runs.c[field.key]
