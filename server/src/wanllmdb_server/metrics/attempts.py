"""Attempts: which runs were logged in several, in the file and in memory.

A run with one attempt is not in here, and costs a look into a dict. The log's thread alone
changes what is here; each change is one `Succession` in place of another, so that any thread
may look at any time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wanllmdb_server.metrics import checks, contents
from wanllmdb_server.metrics.columns import Columns
from wanllmdb_server.metrics.memtable import Standing
from wanllmdb_server.metrics.succession import Attempt, Succession


class Attempts:
    """The successions of all runs that have one.

    `doubtful` are the runs whose succession is not what was written.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._known = _fetch(connection)
        self.doubtful = _doubtful(connection)

    def get(self, run: int) -> Succession | None:
        """The succession of a run, None if it has but one attempt."""
        return self._known.get(run)

    def of(self, runs: Iterable[int]) -> dict[int, Succession]:
        """The successions of those runs that have one."""
        return {run: self._known[run] for run in runs if run in self._known} if self._known else {}

    def put(self, run: int, succession: Succession) -> None:
        """From now on this is the succession of the run; it is in the file already."""
        self._known[run] = succession

    def forget(self, run: int) -> None:
        """The run is not in the file any more."""
        self._known.pop(run, None)
        self.doubtful -= {run}

    def standing(self, run: int, number: int) -> Standing | None:
        """What a batch of this attempt is in its run; None if that has but one attempt."""
        known = self._known.get(run)
        return None if known is None else _standing(known, number)

    def placing(self) -> Placing:
        """For the batches of one transaction."""
        return Placing(self._known)


@dataclass(slots=True)
class Placing:
    """Finds the attempt of each batch of a transaction, and what that says of the attempts."""

    _known: dict[int, Succession]
    _changed: dict[int, Succession] = field(default_factory=dict[int, Succession])

    def standing(self, run: int, writer: str, columns: Columns) -> Standing | None:
        """What the batch of a writer is in its run; None if that has but one attempt."""
        known = self._changed.get(run) or self._known.get(run)
        if known is None:
            return None
        number = known.number_of(writer)
        found = known
        if number is None:
            number = known.newest
            found = known.placed(writer, number)
        if number != known.newest:
            found = found.heard(number, _latest(columns))
        if found != known:
            self._changed[run] = found
        return _standing(found, number)

    def write(self, connection: sqlite3.Connection) -> None:
        """Make durable what is new, in the transaction of the batches."""
        for run, succession in self._changed.items():
            write_succession(connection, run, succession, self._known.get(run))

    def settle(self) -> None:
        """The transaction is durable."""
        self._known.update(self._changed)
        self._changed = {}


def write_succession(
    connection: sqlite3.Connection, run: int, succession: Succession, known: Succession | None
) -> None:
    """Make the succession of a run, that was `known`, what it is from now on.

    Within a transaction. No writer ever leaves its attempt.
    """
    before = known.writers if known else {}
    connection.execute("DELETE FROM attempt WHERE run = ?", (run,))
    connection.executemany(
        "INSERT INTO attempt(run, number, at, after, until, copied) VALUES(?, ?, ?, ?, ?, ?)",
        [
            (run, each.number, each.at, each.after, each.until, each.copied)
            for each in succession.attempts
        ],
    )
    connection.executemany(
        "INSERT INTO attempt_writer(run, writer, number) VALUES(?, ?, ?)",
        [(run, name, at) for name, at in succession.writers.items() if name not in before],
    )
    contents.put(connection, run, contents.ATTEMPTS, entry_of(connection, run))


def entry_of(connection: sqlite3.Connection, run: int) -> contents.Entry:
    """What the contents say of the attempts of a run, made from what is in the file."""
    found = [checks.of_row(*row) for row in _rows(connection, "WHERE run = ?", (run,))]
    return contents.Entry(len(found), checks.total(found))


def _rows(
    connection: sqlite3.Connection, where: str = "", values: Sequence[int] = ()
) -> Iterator[tuple[checks.Field, ...]]:
    """The rows of both tables, with the name of the table behind the run."""
    for row in connection.execute(
        f"SELECT run, 'attempt', number, at, after, until, copied FROM attempt {where}",  # noqa: S608
        values,
    ):
        yield row
    for row in connection.execute(
        f"SELECT run, 'writer', writer, number FROM attempt_writer {where}",  # noqa: S608
        values,
    ):
        yield row


def _doubtful(connection: sqlite3.Connection) -> frozenset[int]:
    """The runs of whose attempts the file does not say what was written."""
    found: dict[int, list[int]] = {}
    for run, *fields in _rows(connection):
        found.setdefault(int(run or 0), []).append(checks.of_row(run, *fields))
    told = {
        run: contents.Entry(n, total)
        for run, n, total in connection.execute(
            "SELECT run, n, total FROM contents WHERE part = ?", (contents.ATTEMPTS,)
        )
    }
    made = {run: contents.Entry(len(each), checks.total(each)) for run, each in found.items()}
    return frozenset(run for run in told.keys() | made.keys() if told.get(run) != made.get(run))


def _fetch(connection: sqlite3.Connection) -> dict[int, Succession]:
    attempts: dict[int, list[Attempt]] = {}
    for run, number, at, after, until, copied in connection.execute(
        "SELECT run, number, at, after, until, copied FROM attempt ORDER BY run, at, number"
    ):
        attempts.setdefault(run, []).append(Attempt(number, at, after, until, copied))
    writers: dict[int, dict[str, int]] = {}
    for run, writer, number in connection.execute("SELECT run, writer, number FROM attempt_writer"):
        writers.setdefault(run, {})[writer] = number
    return {run: Succession(tuple(those), _of(writers, run)) for run, those in attempts.items()}


def _standing(succession: Succession, number: int) -> Standing:
    levels = succession.levels()
    return Standing(number, levels[number], levels[number] == levels[succession.newest])


def _of(writers: Mapping[int, dict[str, int]], run: int) -> Mapping[str, int]:
    return writers.get(run, {})


def _latest(columns: Columns) -> int:
    """When the last point of the batch was logged, on its writer's clock."""
    times = [int(column.points.time.max()) for column in columns.numbers.values()]
    return max(times + [each.time for each in columns.objects], default=0)
