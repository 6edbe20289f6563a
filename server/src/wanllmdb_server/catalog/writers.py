"""Writers in the catalog: who has opened a run, where each stands, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from wanllmdb_server.catalog.tables import run_writers
from wanllmdb_server.domain.run import Finish
from wanllmdb_server.domain.writer import Part, Writer, WriterFacts, end_of

_MAX: Final = (1 << 63) - 1


def read_writers(connection: Connection, number: int, *, since: int = 0) -> list[Writer]:
    """The writers of a run, in the order in which they came.

    `since`: before that nobody listened; who had not ended then was seen, as far as we know.
    """
    query = select(run_writers).where(run_writers.c.run == number)
    ordered = query.order_by(run_writers.c.created_at, run_writers.c.writer)
    return [_writer(row, since) for row in connection.execute(ordered).mappings()]


def find_writer(connection: Connection, number: int, name: str) -> Writer | None:
    """A writer of a run, None if it has not opened it."""
    query = select(run_writers).where(run_writers.c.run == number, run_writers.c.writer == name)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _writer(row, 0)


def add_writer(connection: Connection, number: int, writer: Writer, *, now: int) -> None:
    """Remember who logs into the run."""
    facts = writer.facts
    row: dict[str, Any] = {
        "run": number,
        "writer": writer.name,
        "created_at": now,
        "seen_at": writer.seen_at,
        "began_at": writer.began,
        "attempt": writer.attempt,
        "first_step": writer.first_step,
        "resumed": writer.resumed,
        "rewound_to": writer.rewound_to,
        "label": facts.label,
        "job": facts.job,
        "restarts": facts.restarts,
        "gone": list(facts.gone),
        "part": facts.part,
    }
    connection.execute(insert(run_writers).values(row))


def see_writers(connection: Connection, number: int, names: Iterable[str], *, now: int) -> None:
    """These writers were heard of; who has not opened the run is passed over."""
    heard = (run_writers.c.run == number, run_writers.c.writer.in_(list(names)))
    connection.execute(update(run_writers).where(*heard).values(seen_at=now))


def end_writers(connection: Connection, number: int, finish: Finish, *, now: int) -> None:
    """Somebody ended the run: so did all who log into it."""
    here = (run_writers.c.run == number, run_writers.c.finished_at.is_(None))
    ended, code = _end(finish, now)
    connection.execute(update(run_writers).where(*here).values(finished_at=ended, exit_code=code))


def end_writer(
    connection: Connection, number: int, mine: Writer, finish: Finish, *, now: int, since: int
) -> Finish | None:
    """A writer has said its end: what that means for the run, None if nothing."""
    known = read_writers(connection, number, since=since)
    ended, code = _end(finish, now)
    here = (run_writers.c.run == number, run_writers.c.writer == mine.name)
    connection.execute(update(run_writers).where(*here).values(finished_at=ended, exit_code=code))
    after = replace(mine, finished_at=ended, exit_code=code)
    others = [each for each in known if each.name != mine.name]
    return end_of_run([*others, after], now=now, said=finish, by=after)


def end_of_run(
    known: list[Writer], *, now: int, said: Finish | None = None, by: Writer | None = None
) -> Finish | None:
    """How a run of these writers has ended, None if it has not.

    `said` is what was heard just now, `by` whom: of a lower attempt it ends nothing any more.
    """
    code = end_of(known, now)
    newest = max((each.attempt for each in known), default=0)
    if code is None or (by is not None and by.attempt < newest):
        return None
    ends = [w.finished_at for w in known if w.attempt == newest and w.finished_at is not None]
    return replace(said or Finish(code), exit_code=code, time=max(ends, default=now))


def _end(finish: Finish, now: int) -> tuple[int, int]:
    """When and how it ended, as far as a column can hold it."""
    ended = now if finish.time is None else finish.time
    return max(-_MAX, min(ended, _MAX)), max(-_MAX, min(finish.exit_code, _MAX))


def _writer(row: RowMapping, since: int) -> Writer:
    return Writer(
        name=row["writer"],
        attempt=row["attempt"],
        began=row["began_at"],
        seen_at=max(row["seen_at"], since),
        first_step=row["first_step"],
        resumed=row["resumed"],
        rewound_to=row["rewound_to"],
        finished_at=row["finished_at"],
        exit_code=row["exit_code"],
        facts=WriterFacts(
            label=row["label"],
            job=row["job"],
            restarts=row["restarts"],
            gone=tuple(row["gone"]),
            part=Part(row["part"]),
        ),
    )
