"""Run sets in the catalog: many runs of a project changed, moved, or put into the bin at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, func, select, update

from wanllmdb_server.catalog.access import run_from
from wanllmdb_server.catalog.facts import search_text
from wanllmdb_server.catalog.tables import runs
from wanllmdb_server.catalog.where import NOT_BINNED, select_runs
from wanllmdb_server.domain.errors import ConflictError, Fault, InvalidError
from wanllmdb_server.domain.run import MAX_TAGS, Run, RunState

Item = TypeVar("Item")

_AT_ONCE: Final = 500  # numbers in one statement
_OPEN: Final = (RunState.RUNNING, RunState.UNREACHABLE)
_EDITED: Final = ("tags", "group", "job_type", "notes")
_SEARCHED: Final = (*("number", "id", "name", "config"), *_EDITED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What becomes of each of the runs. What `texts` does not name stays as it is."""

    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    texts: Mapping[str, str | None]  # of group, job_type and notes


@dataclass(frozen=True, slots=True)
class Before:
    """What a run was like before it was changed."""

    id: str
    tags: list[str]
    group: str | None
    job_type: str | None
    notes: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """A run by its number and its id."""

    number: int
    id: str


def named(
    connection: Connection, project_id: int, ids: Sequence[str], *, binned: bool = False
) -> list[Named]:
    """Those of these runs that are there: in the bin, or not."""
    where = runs.c.deleted_at.is_not(None) if binned else NOT_BINNED
    found: list[Named] = []
    for some in _stretches(list(dict.fromkeys(ids))):
        query = select(runs.c.number, runs.c.id).where(
            runs.c.project_id == project_id, where, runs.c.id.in_(some)
        )
        found += [Named(number, run_id) for number, run_id in connection.execute(query)]
    return found


def numbered(connection: Connection, numbers: Sequence[int]) -> list[Named]:
    """The runs of these numbers that are not in the bin."""
    found: list[Named] = []
    for some in _stretches(numbers):
        query = select(runs.c.number, runs.c.id).where(runs.c.number.in_(some), NOT_BINNED)
        found += [Named(number, run_id) for number, run_id in connection.execute(query)]
    return found


def edit_runs(connection: Connection, numbers: Sequence[int], edit: Edit) -> list[Before]:
    """Change runs; returns those that are another now, as they were.

    Raises:
        InvalidError: a run would have too many tags.
    """
    changed: list[Before] = []
    for some in _stretches(numbers):
        query = select(*(runs.c[name] for name in _SEARCHED)).where(runs.c.number.in_(some))
        for row in connection.execute(query).mappings().all():
            values = _edited(dict(row), edit)
            if values:
                values["search"] = search_text({**row, **values})
                mine = runs.c.number == row["number"]
                connection.execute(update(runs).where(mine).values(values))
                before = {name: row[name] for name in _EDITED if name != "tags"}
                changed.append(Before(id=row["id"], tags=list(row["tags"]), **before))
    return changed


def _edited(row: Mapping[str, Any], edit: Edit) -> dict[str, Any]:
    kept = [tag for tag in row["tags"] if tag not in edit.remove_tags]
    texts = {name: text and text.replace("\x00", "") for name, text in edit.texts.items()}
    after = {"tags": list(dict.fromkeys([*kept, *edit.add_tags])), **texts}
    if len(after["tags"]) > MAX_TAGS:
        fault = Fault("/add_tags", "too-many-items", f"Run {row['id']} has {len(kept)} tags.")
        raise InvalidError(f"A run has at most {MAX_TAGS} tags.", faults=[fault])
    return {name: value for name, value in after.items() if value != row[name]}


def bin_runs(connection: Connection, numbers: Sequence[int], *, now: int | None) -> None:
    """Put runs into the bin; with no time, take them out again."""
    for some in _stretches(numbers):
        mine = runs.c.number.in_(some)
        connection.execute(update(runs).where(mine).values(deleted_at=now))


def binned(connection: Connection, project_id: int, limit: int) -> list[tuple[Run, int]]:
    """The runs of a project in the bin and since when they lie there, the last one first."""
    query = select_runs(full=False, binned=True).add_columns(runs.c.deleted_at)
    query = query.where(runs.c.project_id == project_id, runs.c.deleted_at.is_not(None))
    order = (runs.c.deleted_at.desc(), runs.c.number.desc())
    rows = connection.execute(query.order_by(*order).limit(limit)).mappings()
    return [(run_from(row), row["deleted_at"]) for row in rows]


def count_binned(connection: Connection, project_id: int) -> int:
    """How many runs of a project lie in the bin."""
    query = select(func.count()).where(
        runs.c.project_id == project_id, runs.c.deleted_at.is_not(None)
    )
    return int(connection.scalar(query) or 0)


def expired(connection: Connection, *, before: int, limit: int) -> list[tuple[int, Named]]:
    """Runs that lie in the bin since before a time, with the numbers of their projects."""
    query = select(runs.c.project_id, runs.c.number, runs.c.id)
    query = query.where(runs.c.deleted_at < before).order_by(runs.c.deleted_at).limit(limit)
    return [(project, Named(number, id_)) for project, number, id_ in connection.execute(query)]


def move_runs(connection: Connection, moved: Sequence[Named], target: int) -> None:
    """Move runs to another project, all of them or none.

    Raises:
        ConflictError: one of them goes on, since its script would not find it any more (code
            `run-is-running`), or there is one of its id already (code `run-exists`).
    """
    for some in _stretches(moved):
        numbers = [each.number for each in some]
        going_on = select(runs.c.id).where(runs.c.number.in_(numbers), runs.c.state.in_(_OPEN))
        if (run_id := connection.scalar(going_on.limit(1))) is not None:
            raise ConflictError(f"Run {run_id} goes on; it can be moved when it has ended.",
                                code="run-is-running")  # fmt: skip
        there = select(runs.c.id).where(
            runs.c.project_id == target, runs.c.id.in_([each.id for each in some])
        )
        if (run_id := connection.scalar(there.limit(1))) is not None:
            raise ConflictError(f"There is a run {run_id} in that project.", code="run-exists")
        connection.execute(update(runs).where(runs.c.number.in_(numbers)).values(project_id=target))


def _stretches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
