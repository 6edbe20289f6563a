"""Statements: what is said to the metric database in SQL, and how its answers are read.

Lists go in and out as one JSON text or one blob: a statement that steps through a thousand rows
gives up Python's lock a thousand times, and gets it back late on a busy server. What every commit
writes is bound instead (`bulk`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from wanllmdb.wire import Batch
from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.metrics import checks, contents
from wanllmdb_server.metrics.bulk import Insert
from wanllmdb_server.metrics.chunk import DamagedError
from wanllmdb_server.metrics.memtable import Kept, RunTable
from wanllmdb_server.metrics.segment import (
    NOTE,
    NUMBER,
    Notes,
    Segment,
    bodies_of,
    read_notes,
    whole_notes,
)

_encode: Final = msgspec.json.Encoder().encode
_BATCHES: Final = Insert(
    'INSERT INTO batch(id, run, low, first, last, records, body, attempt, "check")', 9
)
_WRITERS: Final = Insert(
    'INSERT INTO writer(run, name, position, rows, points, refused, "check")',
    7,
    " ON CONFLICT(run, name) DO UPDATE SET position = excluded.position, rows = excluded.rows,"
    ' points = excluded.points, refused = excluded.refused, "check" = excluded."check"',
)


def insert_segment(connection: sqlite3.Connection, segment: Segment) -> None:
    """Write the bodies and the notes of a segment, and enter them into the contents."""
    insert_bodies(connection, segment.bodies)
    written = segment.notes + segment.things
    if written:
        run = int(written[0]["run"][0])
        for generation, entry in contents.of_notes(np.concatenate(written)).items():
            contents.add(connection, run, generation, entry)
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
             note.tobytes(), None if last is None else checks.guarded(last))
            for note, last in zip(segment.things, segment.last, strict=True)
        ],
    )  # fmt: skip


def insert_names(connection: sqlite3.Connection, names: Sequence[tuple[int, str, int]]) -> None:
    """Write the names of series of one run, each (run, name, number)."""
    if names:
        connection.executemany(
            'INSERT INTO key(run, name, id, "check") VALUES(?, ?, ?, ?)',
            [(*each, checks.of_row(*each)) for each in names],
        )
        contents.add(connection, names[0][0], contents.NAMES, contents.of_names(names))


def delete_notes(connection: sqlite3.Connection, notes: Notes) -> bool:
    """Delete notes of one run; whether all of them were there."""
    if not len(notes):
        return True
    run = int(notes["run"][0])
    places = np.stack([notes[name] for name in ("key", "kind", "gen", "part")], axis=1)
    gone = connection.execute(
        "DELETE FROM chunk WHERE run = ? AND (key, kind, gen, part) IN (SELECT"
        " json_extract(value, '$[0]'), json_extract(value, '$[1]'),"
        " json_extract(value, '$[2]'), json_extract(value, '$[3]') FROM json_each(?))",
        (run, json.dumps(places.tolist())),
    ).rowcount
    for generation, entry in contents.of_notes(notes).items():
        contents.take(connection, run, generation, entry)
    return gone == len(notes)


def insert_bodies(connection: sqlite3.Connection, bodies: Sequence[tuple[int, bytes]]) -> None:
    """Write bodies in one statement."""
    places, content = _joined([body for _, body in bodies])
    rows = [(number, *place) for (number, _), place in zip(bodies, places, strict=True)]
    connection.execute(
        "INSERT INTO body(id, b) SELECT json_extract(e.value, '$[0]'),"
        " substr(?2, json_extract(e.value, '$[1]'), json_extract(e.value, '$[2]'))"
        " FROM json_each(?1) e",
        (_text(rows), content),
    )


def insert_batches(
    connection: sqlite3.Connection, batches: Sequence[tuple[int, int, int, int, Batch]]
) -> None:
    """Write (number, run, attempt, position known before, batch) into the log, all at once."""
    _BATCHES.run(connection, [
        (number, run, low, batch.start, batch.end, batch.count, batch.body, attempt,
         checks.of_batch(number, run, attempt, (low, batch.start, batch.end), batch.count,
                         batch.body))
        for number, run, attempt, low, batch in batches
    ])  # fmt: skip


def put_writers(
    connection: sqlite3.Connection, totals: Mapping[tuple[int, str], WriterTotals]
) -> None:
    """Write how far each (run, writer) is durable and what was taken of it."""
    _WRITERS.run(connection, [
        (run, name, each.position, each.rows, each.points, each.refused,
         checks.of_row(run, name, each.position, each.rows, each.points, each.refused))
        for (run, name), each in totals.items()
    ])  # fmt: skip


def fetch_writers(connection: sqlite3.Connection, run: int) -> dict[str, WriterTotals]:
    """The totals of each writer of a run.

    Raises:
        DamagedError: one of them is not what was written.
    """
    found: dict[str, WriterTotals] = {}
    for name, *totals, check in connection.execute(
        'SELECT name, position, rows, points, refused, "check" FROM writer WHERE run = ?', (run,)
    ).fetchall():
        if check != checks.of_row(run, name, *totals):
            raise DamagedError(f"What is known of a writer of run {run} is not what was written.")
        found[name] = WriterTotals(*totals)
    return found


def fetch_totals(connection: sqlite3.Connection, run: int, writer: str) -> WriterTotals | None:
    """What was taken of a writer of a run, None if nothing is known of it.

    Raises:
        DamagedError: what is known is not what was written.
    """
    row = connection.execute(
        'SELECT position, rows, points, refused, "check" FROM writer WHERE run = ? AND name = ?',
        (run, writer),
    ).fetchone()
    if row is None:
        return None
    if row[-1] != checks.of_row(run, writer, *row[:-1]):
        raise DamagedError(f"How far a writer of run {run} is kept is not what was written.")
    return WriterTotals(*row[:-1])


def _text(rows: Sequence[object]) -> str:
    """Rows of numbers as JSON, for SQL to take apart."""
    return _encode(rows).decode()


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
    places, names = fetch_named(connection, runs)
    run, number = places.T.tolist()
    return dict(zip(zip(run, number, strict=True), names, strict=True))


def fetch_named(
    connection: sqlite3.Connection, runs: Sequence[int]
) -> tuple[NDArray[np.int64], list[str]]:
    """(run, number) of the sealed series of runs, and their names."""
    columns = connection.execute(
        "SELECT json_group_array(k.run), json_group_array(k.id), json_group_array(k.name)"
        " FROM json_each(?) q CROSS JOIN key k ON k.run = q.value",
        (json.dumps(runs),),
    ).fetchone()
    run, number, name = map(msgspec.json.decode, columns)
    return np.array([run, number], np.int64).T, name


def fetch_numbers(connection: sqlite3.Connection, key: str, runs: Sequence[int]) -> dict[int, int]:
    """The number of one key in each of the runs that have sealed points of it."""
    (content,) = connection.execute(
        "SELECT json_group_array(json_array(k.run, k.id)) FROM json_each(?) q"
        " CROSS JOIN key k ON k.run = q.value AND k.name = ?",
        (json.dumps(runs), key),
    ).fetchone()
    return dict(json.loads(content))


def fetch_keys_named(
    connection: sqlite3.Connection, run: int, keys: Sequence[str]
) -> dict[str, int]:
    """The numbers of those keys of which a run has sealed points."""
    (content,) = connection.execute(
        "SELECT json_group_array(json_array(k.name, k.id)) FROM json_each(?) q"
        " CROSS JOIN key k ON k.run = ? AND k.name = q.value",
        (json.dumps(keys), run),
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
    found: list[bytes] = []
    for each in json.loads(content):
        last = checks.unguarded(bytes.fromhex(each)) if each else b""
        if last is None:
            raise DamagedError("The last value of a series is not what was written.")
        found.append(last)
    return found


def fetch_table(connection: sqlite3.Connection, run: int) -> RunTable:
    """What the memtable needs to know of the sealed points of a run."""
    notes = fetch_run_notes(connection, [run])
    sealed: dict[int, int] = {}
    segments: dict[int, int] = {}
    columns = (notes[name].tolist() for name in ("key", "kind", "gen", "n"))
    for key, kind, generation, n in zip(*columns, strict=True):
        segments[generation] = segments.get(generation, 0) + n
        if kind == NUMBER:
            sealed[key] = sealed.get(key, 0) + n
    names = sorted((number, name) for (_, number), name in fetch_keys(connection, [run]).items())
    keys = {name: Kept(number, sealed.get(number, 0)) for number, name in names}
    return RunTable(run, keys, segments)


def discard_bodies(connection: sqlite3.Connection, notes: Iterable[bytes]) -> None:
    """The bodies that these notes refer to become trash, if they are there.

    Of a note that is damaged nothing is believed: its bodies may be others'.
    """
    connection.execute(
        "INSERT OR IGNORE INTO trash SELECT b.id FROM json_each(?) q"
        " CROSS JOIN body b ON b.id = q.value",
        (json.dumps(bodies_of(whole_notes(notes))),),
    )


def delete_batches(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Delete batches of the log. There is no index of them by run, which each commit would pay."""
    connection.execute(
        "DELETE FROM batch WHERE id IN (SELECT value FROM json_each(?))", (_text(numbers),)
    )


def erase_run(connection: sqlite3.Connection, run: int, batches: Sequence[int]) -> None:
    """Delete all there is of a run, these batches among it; its bodies become trash."""
    delete_batches(connection, batches)
    for table in ("chunk", "lost"):
        rows = connection.execute(
            f"SELECT note FROM {table} WHERE run = ? AND note IS NOT NULL",  # noqa: S608
            (run,),
        ).fetchall()
        discard_bodies(connection, [note for (note,) in rows])
    for statement in (
        "DELETE FROM chunk WHERE run = ?",
        "DELETE FROM contents WHERE run = ?",
        "DELETE FROM lost WHERE run = ?",
        "DELETE FROM released WHERE run = ?",
        "DELETE FROM key WHERE run = ?",
        "DELETE FROM writer WHERE run = ?",
        "DELETE FROM damaged WHERE run = ?",
        "DELETE FROM attempt WHERE run = ?",
        "DELETE FROM attempt_writer WHERE run = ?",
    ):
        connection.execute(statement, (run,))
