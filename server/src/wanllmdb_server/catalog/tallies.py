"""Tallies in the catalog: what each writer of a run said at its end, and what it could not keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from wanllmdb_server.catalog.tables import losses, run_writers, tallies
from wanllmdb_server.domain.receipt import Heard, LostValues, Tally
from wanllmdb_server.domain.run import Run, RunState

_MAX_REASONS: Final = 256
_MAX_COUNT: Final = (1 << 63) - 1
_GOING: Final = frozenset([RunState.RUNNING, RunState.UNREACHABLE])


def keep_tallies(connection: Connection, run: int, said: Iterable[Tally]) -> None:
    """Keep what writers said at their end; what one says again takes the place of the first.

    What another process said of a killed writer stands only where that has said nothing itself.
    """
    for each in said:
        mine = (tallies.c.run == run, tallies.c.writer == each.writer)
        if each.killed and connection.scalar(select(tallies.c.writer).where(*mine)) is not None:
            continue
        values: dict[str, Any] = {
            "rows": _whole(each.rows),
            "logged": _whole(each.logged),
            "lost": _reasons(each.lost),
        }
        if not connection.execute(update(tallies).where(*mine).values(values)).rowcount:
            values |= {"run": run, "writer": each.writer}
            connection.execute(insert(tallies).values(values))


def heard_of(connection: Connection, run: Run) -> Heard:
    """What the receipt of a run needs to know besides the counts of the store."""
    host = run.environment.get("host")
    announced = select(run_writers.c.writer, run_writers.c.label).where(
        run_writers.c.run == run.number
    )
    said = select(tallies.c.writer, tallies.c.rows, tallies.c.lost, tallies.c.logged).where(
        tallies.c.run == run.number
    )
    lost = (
        select(losses.c.writer, losses.c.reason, losses.c.count, losses.c.detail)
        .where(losses.c.run == run.number)
        .order_by(losses.c.writer, losses.c.position)
    )
    return Heard(
        ended=run.state not in _GOING,
        host=host if isinstance(host, str) and host else None,
        announced={writer: label or "" for writer, label in connection.execute(announced)},
        tallies=tuple(Tally(*row) for row in connection.execute(said)),
        losses=tuple(LostValues(*row) for row in connection.execute(lost)),
    )


def _reasons(lost: Mapping[str, int]) -> dict[str, int]:
    return {reason[:256]: _whole(n) or 0 for reason, n in list(lost.items())[:_MAX_REASONS]}


def _whole(count: int | None) -> int | None:
    """The count, at the nearest end of what a column can hold."""
    return None if count is None else max(0, min(count, _MAX_COUNT))
