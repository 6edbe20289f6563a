"""Census: the points of a run counted anew, by reading every byte that is kept of them.

It looks at the file alone, in one moment of it: sealed chunks and the batches of the log that
are not sealed yet. The memtable and the totals of the writers are not asked. Every checksum
is verified, and what fails is named and left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import numpy as np

from wanllmdb.wire import WireError
from wanllmdb_server.domain.receipt import Count
from wanllmdb_server.metrics import chunk
from wanllmdb_server.metrics.chunk import DamagedError
from wanllmdb_server.metrics.counting import Room
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.replay import read_back
from wanllmdb_server.metrics.segment import NOTE, NUMBER, Notes, attempt_of, read_notes
from wanllmdb_server.metrics.statements import fetch_keys, fetch_writers

_PLACE: Final = ("key", "kind", "gen", "part", "n")  # what a note and its row both say
_NAMED: Final = 3  # series by name in a sentence about damage


def _bins(content: bytes) -> int:
    return chunk.decode_bins(content).shape[1]


# What bodies are called, and how many points or bins are in one.
_SIZES: Final[dict[str, Callable[[bytes], int]]] = {
    "steps and times": lambda content: len(chunk.decode_axis(content)[0]),
    "values": lambda content: len(chunk.decode_values(content)[0]),
    "objects": lambda content: len(chunk.decode_objects(content)),
    "overview": _bins,
}
_AXIS, _VALUES, _OBJECTS, _OVERVIEW = _SIZES


@dataclass(slots=True)
class _Body:
    """What notes say of a body: what is in it, how much at least, and of whom."""

    what: str
    size: int = 0
    keys: set[int] = field(default_factory=set[int])


class Census:
    """Counts; for one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None

    def count(self, run: int) -> Count:
        """See `MetricStore.count`."""
        connection = self._connection = self._connection or self._database.reader()
        connection.execute("BEGIN")  # one moment for all that is read
        try:
            writers = fetch_writers(connection, run)
            names = {number: name for (_, number), name in fetch_keys(connection, [run]).items()}
            sealed, damage = _sealed(connection, run, names)
            waiting, more = _waiting(connection, run, frozenset(names.values()))
            return Count(sealed + waiting, (*damage, *more), writers)
        except sqlite3.DatabaseError as error:  # not a chunk, but the tree they hang in
            return Count(0, (f"The file of all points ({error})",), {})
        finally:
            connection.execute("ROLLBACK")


def _sealed(
    connection: sqlite3.Connection, run: int, names: dict[int, str]
) -> tuple[int, list[str]]:
    """The points in chunks that writers of the run logged, and what is damaged of all."""
    notes, damage = _notes(connection, run, names)
    bodies = _bodies(notes)
    bad: list[int] = []
    for number, body in sorted(bodies.items()):
        fault = _fault(connection, number, body)
        if fault is not None:
            bad.append(number)
            damage.append(f"The {body.what} of {_those(body.keys, names)} ({fault})")
    gone = np.isin(notes["body"], bad) | np.isin(notes["axis"], bad)
    foreign = np.isin(attempt_of(notes["gen"]), _copied(connection, run))
    return int(notes["n"][~gone & ~foreign].sum()), damage


def _copied(connection: sqlite3.Connection, run: int) -> list[int]:
    """The attempts that no writer of the run logged: a fork has them from another run."""
    rows = connection.execute(
        "SELECT number FROM attempt WHERE run = ? AND copied IS NOT NULL", (run,)
    ).fetchall()
    return [number for (number,) in rows]


def _notes(
    connection: sqlite3.Connection, run: int, names: dict[int, str]
) -> tuple[Notes, list[str]]:
    """The notes about a run that are what was written, and those that are not."""
    rows = connection.execute(
        "SELECT key, kind, gen, part, n, note FROM chunk WHERE run = ? ORDER BY key, gen, part",
        (run,),
    ).fetchall()
    whole = _read(rows)
    if whole is not None:
        return whole, []
    good: list[Notes] = [np.empty(0, NOTE)]
    damage: list[str] = []
    for row in rows:
        note = _read([row])
        if note is None:
            place = f"segment {row[2]}, part {row[3]}"
            damage.append(f"The note about {_those([row[0]], names)} ({place})")
        else:
            good.append(note)
    return np.concatenate(good), damage


def _read(rows: Sequence[tuple[Any, ...]]) -> Notes | None:
    """The notes in these rows; None if one is not what was written, or not at its place."""
    try:
        notes = read_notes(b"".join(note for *_, note in rows))
    except (DamagedError, ValueError):
        return None
    places = np.array([place for *place, _ in rows], np.int64).reshape(-1, len(_PLACE))
    told = np.stack([notes[name] for name in _PLACE], axis=1)
    return notes if np.array_equal(told, places) else None


def _bodies(notes: Notes) -> dict[int, _Body]:
    """All bodies that notes refer to, with what they must hold."""
    found: dict[int, _Body] = {}
    for what, key, number, end in chain(
        _parts(notes[notes["kind"] == NUMBER]), _objects(notes[notes["kind"] != NUMBER])
    ):
        body = found.setdefault(number, _Body(what))
        body.size = max(body.size, end)
        body.keys.add(key)
    return found


_Part = tuple[str, int, int, int]  # what, key, body, where it ends there


def _parts(notes: Notes) -> Iterator[_Part]:
    keys = notes["key"].tolist()
    for what, number, at in ((_AXIS, "axis", "axis_at"), (_VALUES, "body", "at")):
        ends = (notes[at] + notes["n"]).tolist()
        for key, body, end in zip(keys, notes[number].tolist(), ends, strict=True):
            yield what, key, body, end
    ends = notes["level_at"] + notes["level_n"]
    for place, level in np.argwhere(notes["level_body"] != 0).tolist():
        body, end = int(notes["level_body"][place, level]), int(ends[place, level])
        yield _OVERVIEW, keys[place], body, end


def _objects(notes: Notes) -> Iterator[_Part]:
    for note in notes:
        yield _OBJECTS, int(note["key"]), int(note["body"]), int(note["n"])


def _fault(connection: sqlite3.Connection, number: int, body: _Body) -> str | None:
    """Why a body is not what was written, None if it is."""
    try:
        row = connection.execute("SELECT b FROM body WHERE id = ?", (number,)).fetchone()
        if row is None:
            return f"body {number} is gone"
        size = _SIZES[body.what](row[0])
    except (DamagedError, sqlite3.DatabaseError) as error:
        return f"body {number}: {error}"
    if size < body.size:
        return f"body {number} holds {size} of at least {body.size}"
    return None


def _waiting(
    connection: sqlite3.Connection, run: int, known: frozenset[str]
) -> tuple[int, list[str]]:
    """The points of the log that are not in chunks yet, and the batches that cannot be read."""
    room = Room()
    points = 0
    damage: list[str] = []
    for number, *batch in connection.execute(
        "SELECT id, low, first, last, records, body FROM batch WHERE run = ? ORDER BY id", (run,)
    ):
        try:
            points += room.count(run, known, read_back(*batch)).points
        except WireError as error:  # noqa: PERF203 - each batch stands for itself
            damage.append(f"Batch {number} of the log ({error})")
    for number, records in connection.execute(
        "SELECT id, records FROM damaged WHERE run = ? ORDER BY id", (run,)
    ):
        damage.append(f"Batch {number} of the log ({records} records, set apart)")
    return points, damage


def _those(keys: Iterable[int], names: dict[int, str]) -> str:
    """Some series by name, and how many more there are."""
    told = sorted(names.get(key, f"series {key}") for key in keys)
    more = len(told) - _NAMED
    return ", ".join(told[:_NAMED]) + (f" and {more} more" if more > 0 else "")
