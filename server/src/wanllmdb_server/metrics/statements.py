"""Statements: what is said to the metric database in SQL, and how its answers are read.

Lists go in and out as one JSON text or one blob: a statement that steps through a thousand rows
gives up Python's lock a thousand times, and gets it back late on a busy server.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from wanllmdb.wire import Batch
from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.metrics.memtable import Kept, RunTable
from wanllmdb_server.metrics.segment import (
    NOTE,
    NUMBER,
    Notes,
    Segment,
    bodies_of,
    read_notes,
)


def insert_segment(connection: sqlite3.Connection, segment: Segment) -> None:
    """Write the bodies and the notes of a segment."""
    insert_bodies(connection, segment.bodies)
    if segment.notes:
        notes = np.concatenate(segment.notes)
        heads = np.stack([notes[name] for name in ("key", "kind", "gen", "part", "n")], axis=1)
        connection.execute(
            "INSERT INTO chunk(run, key, kind, gen, part, n, note) SELECT ?1,"
            " json_extract(e.value, '$[0]'), json_extract(e.value, '$[1]'),"
            " json_extract(e.value, '$[2]'), json_extract(e.value, '$[3]'),"
            " json_extract(e.value, '$[4]'), substr(?3, e.key * ?4 + 1, ?4) FROM json_each(?2) e",
            (int(notes["run"][0]), json.dumps(heads.tolist()), notes.tobytes(), NOTE.itemsize),
        )
    connection.executemany(
        "INSERT INTO chunk(run, key, kind, gen, part, n, note, last) VALUES(?,?,?,?,?,?,?,?)",
        [
            (*(int(note[name][0]) for name in ("run", "key", "kind", "gen", "part", "n")),
             note.tobytes(), last)
            for note, last in zip(segment.things, segment.last, strict=True)
        ],
    )  # fmt: skip


def insert_bodies(connection: sqlite3.Connection, bodies: Sequence[tuple[int, bytes]]) -> None:
    """Write bodies in one statement."""
    places, content = _joined([body for _, body in bodies])
    rows = [(number, *place) for (number, _), place in zip(bodies, places, strict=True)]
    connection.execute(
        "INSERT INTO body(id, b) SELECT json_extract(e.value, '$[0]'),"
        " substr(?2, json_extract(e.value, '$[1]'), json_extract(e.value, '$[2]'))"
        " FROM json_each(?1) e",
        (json.dumps(rows), content),
    )


def insert_batches(
    connection: sqlite3.Connection, batches: Sequence[tuple[int, int, int, int, Batch]]
) -> None:
    """Write (number, run, attempt, position known before, batch) into the log, all at once."""
    places, content = _joined([batch.body for *_, batch in batches])
    rows = [
        (number, run, low, batch.start, batch.end, batch.count, *place, attempt)
        for (number, run, attempt, low, batch), place in zip(batches, places, strict=True)
    ]
    connection.execute(
        "INSERT INTO batch(id, run, low, first, last, records, body, attempt)"
        " SELECT json_extract(e.value, '$[0]'), json_extract(e.value, '$[1]'),"
        " json_extract(e.value, '$[2]'), json_extract(e.value, '$[3]'),"
        " json_extract(e.value, '$[4]'), json_extract(e.value, '$[5]'),"
        " substr(?2, json_extract(e.value, '$[6]'), json_extract(e.value, '$[7]')),"
        " json_extract(e.value, '$[8]') FROM json_each(?1) e",
        (json.dumps(rows), content),
    )


def add_to_writers(
    connection: sqlite3.Connection, more: Mapping[tuple[int, str], WriterTotals]
) -> None:
    """Write how far each (run, writer) is durable, and add what was taken, in one statement.

    What was not counted from the beginning is NULL, and stays so.
    """
    places, names = _joined([name.encode() for _, name in more])
    rows = [
        (run, *place, each.position, each.rows, each.points, each.refused)
        for ((run, _), each), place in zip(more.items(), places, strict=True)
    ]
    connection.execute(
        "INSERT INTO writer(run, name, position, rows, points, refused)"
        " SELECT json_extract(e.value, '$[0]'), CAST("
        " substr(?2, json_extract(e.value, '$[1]'), json_extract(e.value, '$[2]')) AS TEXT),"
        " json_extract(e.value, '$[3]'), json_extract(e.value, '$[4]'),"
        " json_extract(e.value, '$[5]'), json_extract(e.value, '$[6]')"
        " FROM json_each(?1) e WHERE true"
        " ON CONFLICT(run, name) DO UPDATE SET position = excluded.position,"
        " rows = writer.rows + excluded.rows, points = writer.points + excluded.points,"
        " refused = writer.refused + excluded.refused",
        (json.dumps(rows), names),
    )


def fetch_writers(connection: sqlite3.Connection, run: int) -> dict[str, WriterTotals]:
    """The totals of each writer of a run."""
    rows = connection.execute(
        "SELECT name, position, rows, points, refused FROM writer WHERE run = ?", (run,)
    ).fetchall()
    return {name: WriterTotals(*totals) for name, *totals in rows}


def _joined(parts: Sequence[bytes]) -> tuple[list[tuple[int, int]], bytes]:
    """Where (from 1) and how long each part is in all of them together, for SQL's `substr`."""
    places: list[tuple[int, int]] = []
    at = 1
    for part in parts:
        places.append((at, len(part)))
        at += len(part)
    return places, b"".join(parts)


def fetch_bodies(connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, memoryview]:
    """Bodies by number."""
    found: dict[int, memoryview] = {}
    wanted = sorted(numbers)
    if not wanted:
        return found
    ids, lengths, content = connection.execute(
        "SELECT group_concat(b.id), group_concat(length(b.b)), CAST(group_concat(b.b, '') AS BLOB)"
        " FROM json_each(?) q CROSS JOIN body b ON b.id = q.value",
        (json.dumps(wanted),),
    ).fetchone()
    if ids is None:
        return found
    view, at = memoryview(content), 0
    for number, length in zip(ids.split(","), lengths.split(","), strict=True):
        found[int(number)] = view[at : at + int(length)]
        at += int(length)
    return found


_NOTES: Final = (
    "SELECT CAST(group_concat(c.note, '') AS BLOB) FROM json_each(?) q CROSS JOIN chunk c"
)
_OF_SERIES: Final = (
    _NOTES + " ON c.run = json_extract(q.value, '$[0]') AND c.key = json_extract(q.value, '$[1]')"
)
_OF_RUNS: Final = _NOTES + " ON c.run = q.value"


def fetch_notes(connection: sqlite3.Connection, series: Sequence[tuple[int, int]]) -> Notes:
    """The notes about (run, key)s, in their order, oldest segment first."""
    return _fetch(connection, _OF_SERIES, series)


def fetch_run_notes(connection: sqlite3.Connection, runs: Sequence[int]) -> Notes:
    """All notes about runs, run after run, key after key, oldest segment first."""
    return _fetch(connection, _OF_RUNS, runs)


def _fetch(connection: sqlite3.Connection, statement: str, wanted: Sequence[object]) -> Notes:
    try:
        (content,) = connection.execute(statement, (json.dumps(wanted),)).fetchone()
    except sqlite3.DataError:  # beyond what SQLite holds in one value
        half = len(wanted) // 2
        if not half:
            raise
        parts = wanted[:half], wanted[half:]
        return np.concatenate([_fetch(connection, statement, part) for part in parts])
    return read_notes(content or b"")


def fetch_keys(connection: sqlite3.Connection, runs: Sequence[int]) -> dict[tuple[int, int], str]:
    """Names of the sealed series of runs, by run and number."""
    columns = connection.execute(
        "SELECT json_group_array(k.run), json_group_array(k.id), json_group_array(k.name)"
        " FROM json_each(?) q CROSS JOIN key k ON k.run = q.value",
        (json.dumps(runs),),
    ).fetchone()
    run, number, name = map(msgspec.json.decode, columns)
    return dict(zip(zip(run, number, strict=True), name, strict=True))


def fetch_numbers(connection: sqlite3.Connection, key: str, runs: Sequence[int]) -> dict[int, int]:
    """The number of one key in each of the runs that have sealed points of it."""
    (content,) = connection.execute(
        "SELECT json_group_array(json_array(k.run, k.id)) FROM json_each(?) q"
        " CROSS JOIN key k ON k.run = q.value AND k.name = ?",
        (json.dumps(runs), key),
    ).fetchone()
    return dict(json.loads(content))


def fetch_last(connection: sqlite3.Connection, notes: Notes) -> list[bytes]:
    """The last value of each chunk of objects; empty if it is too long to stand beside the note."""
    places = np.stack([notes[name] for name in ("run", "key", "kind", "gen", "part")], axis=1)
    (content,) = connection.execute(
        "SELECT json_group_array(hex(c.last)) FROM json_each(?) q CROSS JOIN chunk c"
        " ON c.run = json_extract(q.value, '$[0]') AND c.key = json_extract(q.value, '$[1]')"
        " AND c.kind = json_extract(q.value, '$[2]') AND c.gen = json_extract(q.value, '$[3]')"
        " AND c.part = json_extract(q.value, '$[4]')",
        (json.dumps(places.tolist()),),
    ).fetchone()
    return [bytes.fromhex(each) for each in json.loads(content)]


def fetch_table(connection: sqlite3.Connection, run: int) -> RunTable:
    """What the memtable needs to know of the sealed points of a run."""
    sealed: dict[int, int] = {}
    segments: dict[int, int] = {}
    (content,) = connection.execute(
        "SELECT json_group_array(json_array(key, kind, gen, n)) FROM chunk WHERE run = ?", (run,)
    ).fetchone()
    for key, kind, generation, n in json.loads(content):
        segments[generation] = segments.get(generation, 0) + n
        if kind == NUMBER:
            sealed[key] = sealed.get(key, 0) + n
    names = sorted((number, name) for (_, number), name in fetch_keys(connection, [run]).items())
    keys = {name: Kept(number, sealed.get(number, 0)) for number, name in names}
    return RunTable(run, keys, segments)


def erase_run(connection: sqlite3.Connection, run: int) -> None:
    """Delete all there is of a run; its bodies become trash."""
    bodies = bodies_of(fetch_run_notes(connection, [run]))
    connection.execute(
        "INSERT OR IGNORE INTO trash SELECT value FROM json_each(?)", (json.dumps(bodies),)
    )
    for statement in (
        "DELETE FROM chunk WHERE run = ?",
        "DELETE FROM key WHERE run = ?",
        "DELETE FROM writer WHERE run = ?",
        "DELETE FROM batch WHERE run = ?",
        "DELETE FROM damaged WHERE run = ?",
        "DELETE FROM attempt WHERE run = ?",
        "DELETE FROM attempt_writer WHERE run = ?",
    ):
        connection.execute(statement, (run,))
