"""Inspection: whether what the file says of a run is what was written, and if not, what is not.

Of one run at a time, row by row; bodies are read on demand. Nothing here changes anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from wanllmdb_server.metrics import checks, chunk, contents
from wanllmdb_server.metrics.chunk import DamagedError
from wanllmdb_server.metrics.contents import NAMES, Entry
from wanllmdb_server.metrics.segment import NOTE, NUMBER, OBJECT, Notes, read_notes

_PLACE: Final = ("run", "key", "kind", "gen", "part", "n")  # what a note and its row both say

What = Literal[
    "index",  # the tree in which the rows hang cannot be read
    "contents",  # the number and sum of the rows
    "stranger",  # rows that the contents do not know of
    "absent",  # rows that the contents know of are gone
    "name",  # of a series
    "note",
    "last",  # the value beside a note
    "steps and times",
    "values",
    "objects",
    "overview",
]


# Damage by which points are lost.
LOST: Final = ("note", "steps and times", "values", "objects")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something of a run that is not what was written.

    Attributes:
        what: was damaged.
        why: it is known, in words.
        place: key, kind, generation and part of the note, where it is about one.
        key: number of the series, where it is about one.
        body: number of the body, where it is about one.
        rows: how many notes or names are gone.
    """

    run: int
    what: What
    why: str
    place: tuple[int, int, int, int] | None = None
    key: int | None = None
    body: int = 0
    rows: int = 0


@dataclass(slots=True)
class _Body:
    """What notes say of a body: what is in it, how much at least, and which notes they are."""

    what: What
    size: int
    notes: list[int]


def _bins(content: bytes | memoryview, number: int) -> int:
    return chunk.decode_bins(content, number).shape[1]


_SIZES: Final[dict[str, Callable[[bytes, int], int]]] = {
    "steps and times": lambda content, number: len(chunk.decode_axis(content, number)[0]),
    "values": lambda content, number: len(chunk.decode_values(content, number)[0]),
    "objects": lambda content, number: len(chunk.decode_objects(content, number)),
    "overview": _bins,
}


def notes_at(columns: Sequence[Sequence[Any]], content: bytes) -> Notes:
    """Notes, one behind the other, of rows whose `columns` (`_PLACE`) say where they are.

    Raises:
        DamagedError: one is not what was written, or not where it was.
    """
    notes = read_notes(content)
    try:
        said = zip(_PLACE, columns, strict=True)
        same = all(np.array_equal(notes[name], np.array(each, np.int64)) for name, each in said)
    except (TypeError, ValueError, OverflowError):
        same = False
    if not same:
        raise DamagedError("A note is not where it was written.")
    return notes


def faults_of(
    connection: sqlite3.Connection, run: int, bodies: Collection[int] | None = ()
) -> list[Fault]:
    """What of a run is not what was written.

    Args:
        connection: in a transaction.
        run: its number.
        bodies: those that are read too; None for all that the run has.
    """
    try:
        notes, found, rows = _each_note(connection, run)
        told = contents.fetch(connection, [run])
        found += _of_contents(run, told, rows)
        found += _of_names(connection, run, told.get((run, NAMES)), notes)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return [Fault(run, "index", str(error))]
    return [*found, *_of_bodies(connection, run, notes, bodies)]


def _each_note(
    connection: sqlite3.Connection, run: int
) -> tuple[Notes, list[Fault], dict[int, list[int]]]:
    """The notes that are whole, what is said of the others, and the checks by generation.

    A note that is not whole counts with the check 0.
    """
    whole: list[Notes] = [np.empty(0, NOTE)]
    found: list[Fault] = []
    rows: dict[int, list[int]] = {}
    for *place, n, content, last in connection.execute(
        "SELECT key, kind, gen, part, n, note, last FROM chunk WHERE run = ?"
        " ORDER BY key, kind, gen, part",
        (run,),
    ).fetchall():
        where = (place[0], place[1], place[2], place[3])
        try:
            note = notes_at([[each] for each in (run, *place, n)], content)
        except (DamagedError, TypeError):
            why = f"The note about segment {place[2]}, part {place[3]} is not what was written"
            found.append(Fault(run, "note", why, where, key=place[0]))
            rows.setdefault(place[2], []).append(0)
            continue
        whole.append(note)
        rows.setdefault(place[2], []).append(int(note["check"][0]))
        if last is not None and checks.unguarded(last) is None:
            why = "The value beside the note is not what was written"
            found.append(Fault(run, "last", why, where, key=place[0]))
    return np.concatenate(whole), found, rows


def _of_contents(
    run: int, told: dict[tuple[int, int], Entry | None], rows: dict[int, list[int]]
) -> Iterator[Fault]:
    generations = {part for _, part in told if part >= 0} | rows.keys()
    for generation in sorted(generations):
        found, entry = rows.get(generation, []), told.get((run, generation))
        if entry is None:
            why = f"The contents do not know of segment {generation}"
            yield Fault(run, "contents" if (run, generation) in told else "stranger", why)
        elif entry.n > len(found):
            why = f"{entry.n - len(found)} of {entry.n} notes of segment {generation} are gone"
            yield Fault(run, "absent", why, rows=entry.n - len(found))
        elif 0 not in found and entry != Entry(len(found), checks.total(found)):
            yield Fault(run, "contents", f"The contents of segment {generation} are others")


def _of_names(
    connection: sqlite3.Connection, run: int, told: Entry | None, notes: Notes
) -> Iterator[Fault]:
    rows = connection.execute(
        'SELECT run, name, id, "check" FROM key WHERE run = ?', (run,)
    ).fetchall()
    good = [row[:3] for row in rows if row[3] == checks.of_row(*row[:3])]
    size = max(
        told.n if told else 0,
        len(rows),
        *(number + 1 for _, _, number in good),
        int(notes["key"].max()) + 1 if len(notes) else 0,
        0,
    )
    gone = sorted(set(range(size)) - {number for _, _, number in good})
    for number in gone:
        yield Fault(run, "name", f"The name of series {number} is not what was written", key=number)
    if not gone and told != (contents.of_names(good) if good else None):
        yield Fault(run, "contents", "The number of names is another")


def _of_bodies(
    connection: sqlite3.Connection, run: int, notes: Notes, wanted: Collection[int] | None
) -> Iterator[Fault]:
    """What is said of bodies, for each note that refers to one."""
    for number, body in sorted(_bodies(notes).items()):
        if wanted is not None and number not in wanted:
            continue
        fault = _fault(connection, number, body)
        if fault is None:
            continue
        for at in body.notes:
            key, kind, generation, part = (
                int(notes[name][at]) for name in ("key", "kind", "gen", "part")
            )
            place = (key, kind, generation, part)
            yield Fault(run, body.what, fault, place, key=key, body=number)


def _bodies(notes: Notes) -> dict[int, _Body]:
    """All bodies that notes refer to, with what they must hold."""
    found: dict[int, _Body] = {}

    def add(what: What, body: int, size: int, note: int) -> None:
        known = found.setdefault(body, _Body(what, 0, []))
        known.size = max(known.size, size)
        if not known.notes or known.notes[-1] != note:
            known.notes.append(note)

    kinds = notes["kind"]
    for at in np.flatnonzero(kinds == NUMBER).tolist():
        n = int(notes["n"][at])
        add("steps and times", int(notes["axis"][at]), int(notes["axis_at"][at]) + n, at)
        add("values", int(notes["body"][at]), int(notes["at"][at]) + n, at)
    for at in np.flatnonzero(kinds == OBJECT).tolist():
        add("objects", int(notes["body"][at]), int(notes["n"][at]), at)
    ends = notes["level_at"] + notes["level_n"]
    for at, level in np.argwhere(notes["level_body"] != 0).tolist():
        add("overview", int(notes["level_body"][at, level]), int(ends[at, level]), at)
    return found


def _fault(connection: sqlite3.Connection, number: int, body: _Body) -> str | None:
    """Why a body is not what was written, None if it is."""
    try:
        row = connection.execute("SELECT b FROM body WHERE id = ?", (number,)).fetchone()
        if row is None:
            return f"body {number} is gone"
        size = _SIZES[body.what](row[0], number)
    except (DamagedError, sqlite3.DatabaseError, TypeError) as error:
        return f"body {number}: {error}"
    if size < body.size:
        return f"body {number} holds {size} of at least {body.size}"
    return None
