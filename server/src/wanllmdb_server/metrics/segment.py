"""Segments: what one sealing makes of a run's points: chunks, and a note about each series.

A note (`NOTE`, 264 bytes) says of one series in one segment: how many points, from which step,
all statistics (one bin), and where its axis, its values and the bins of its pyramid lie: a body
and an offset in it. Small series share bodies; a big one has its own, and beyond `PIECE` points
several. Notes are read by the thousand as one array; the last word of each is its check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.metrics import chunk, pyramid
from wanllmdb_server.metrics.chunk import DamagedError, Stretch, Thing
from wanllmdb_server.metrics.pyramid import Bins, Ints

PIECE: Final = 1 << 18  # points of a series in one chunk, at most
PACK_POINTS: Final = 4096  # small series share a body up to so many points
PACK_BINS: Final = 1024
PACK_BYTES: Final = 64 * 1024  # of objects
_LAST_BYTES: Final = 4096  # an object's last value up to this size stands beside its note

NUMBER, OBJECT = 0, 1

_ATTEMPT_BITS: Final = 40  # of a generation; what is above is the number of the attempt

NOTE: Final = np.dtype(
    [
        ("run", "<i8"),
        ("key", "<i8"),
        ("kind", "<i8"),
        ("gen", "<i8"),
        ("part", "<i8"),
        ("n", "<i8"),
        ("first", "<i8"),  # lowest step; the highest is the bin's
        ("axis", "<i8"),  # body
        ("axis_at", "<i8"),
        ("body", "<i8"),
        ("at", "<i8"),
        ("bin", "<i8", pyramid.FIELDS),
        ("level_body", "<i8", len(pyramid.LEVELS)),  # 0: this level is not kept
        ("level_at", "<i8", len(pyramid.LEVELS)),
        ("level_n", "<i8", len(pyramid.LEVELS)),
        ("check", "<i8"),
    ]
)
_WORDS: Final = NOTE.itemsize // 8

# What each word of a note counts in its check. They are odd, so that no change of one word goes
# unseen, and otherwise any numbers, so that changes of several do not make up for each other.
_WEIGHTS: Final = np.frombuffer(
    b"".join(hashlib.sha256(b"%d" % word).digest()[:8] for word in range(_WORDS - 1)), "<i8"
) | np.int64(1)
_SALT: Final = 0x2545F4914F6CDD1D  # lest a note of nothing but zeros has the check zero

Notes = NDArray[Any]  # of NOTE


@dataclass(slots=True)
class Segment:
    """Notes and bodies, ready to be written. `last` is the last value of each object note."""

    bodies: list[tuple[int, bytes]] = field(default_factory=list)
    notes: list[Notes] = field(default_factory=list)
    last: list[bytes | None] = field(default_factory=list)
    things: list[Notes] = field(default_factory=list)

    @property
    def points(self) -> int:
        """How many points there are in all."""
        return sum(int(notes["n"].sum()) for notes in self.notes + self.things)


class Builder:
    """Makes a segment of one generation of one run; series come in ascending order of key."""

    def __init__(self, run: int, generation: int, body_ids: Iterator[int]) -> None:
        self.generation = generation
        self._run = run
        self._ids = body_ids
        self.segment = Segment()

    def add_numbers(self, keys: Sequence[int], series: Sequence[Stretch]) -> None:
        """Add the points of some series, each in order of arrival."""
        sizes = np.array([len(each) for each in series], np.int64)
        points = in_order(np.repeat(np.arange(len(keys)), sizes), chunk.join(list(series)))
        pieces = _pieces(sizes)
        notes = np.zeros(len(pieces), NOTE)
        whose, part, sizes = pieces.T
        notes["run"], notes["gen"] = self._run, self.generation
        notes["key"], notes["part"], notes["n"] = np.array(keys)[whose], part, sizes
        starts = np.cumsum(sizes) - sizes
        notes["first"] = points.step[starts]
        bins = pyramid.of_points(points.step, points.time, points.value)
        notes["bin"] = pyramid.fold(bins, starts).T
        self._put_values(notes, points, starts, sizes)
        self._put_axes(notes, points, starts, sizes)
        owner = np.repeat(np.arange(len(pieces)), sizes)
        for level, (binned, owners) in enumerate(pyramid.levels(bins, owner)):
            self._put_level(notes, level, binned, owners)
        self.segment.notes.append(sign(notes))

    def add_objects(self, key: int, things: Sequence[Thing]) -> None:
        """Add the objects of a series, in order of arrival."""
        ordered = sorted(things, key=lambda thing: thing[0])
        for part, piece in enumerate(_in_pieces(ordered)):
            note = np.zeros(1, NOTE)
            step, time, value = piece[-1]
            note["run"], note["gen"], note["key"] = self._run, self.generation, key
            note["kind"], note["part"], note["n"] = OBJECT, part, len(piece)
            note["first"], note["body"] = piece[0][0], self._put(chunk.encode_objects(piece))
            note["bin"][0, pyramid.STEP], note["bin"][0, pyramid.TIME] = step, time
            last = msgspec.msgpack.encode(value)
            self.segment.things.append(sign(note))
            self.segment.last.append(last if len(last) <= _LAST_BYTES else None)

    def _put(self, body: bytes) -> int:
        number = next(self._ids)
        self.segment.bodies.append((number, chunk.bind(number, body)))
        return number

    def _put_values(self, notes: Notes, points: Stretch, starts: Ints, sizes: Ints) -> None:
        for a, b in _packs(sizes, PACK_POINTS):
            span = slice(int(starts[a]), int(starts[b - 1] + sizes[b - 1]))
            extra = None if points.extra is None else points.extra[span]
            notes["body"][a:b] = self._put(chunk.encode_values(points.value[span], extra))
            notes["at"][a:b] = starts[a:b] - starts[a]

    def _put_axes(self, notes: Notes, points: Stretch, starts: Ints, sizes: Ints) -> None:
        """Write each axis once, however many series have it."""
        which, axes = _shared_axes(points, starts, sizes)
        n = sizes[axes]
        body, at = np.empty(len(axes), np.int64), np.empty(len(axes), np.int64)
        for a, b in _packs(n, PACK_POINTS):
            spans = [slice(int(starts[p]), int(starts[p] + sizes[p])) for p in axes[a:b]]
            step = np.concatenate([points.step[span] for span in spans])
            time = np.concatenate([points.time[span] for span in spans])
            body[a:b] = self._put(chunk.encode_axis(step, time))
            at[a:b] = np.cumsum(n[a:b]) - n[a:b]
        notes["axis"], notes["axis_at"] = body[which], at[which]

    def _put_level(self, notes: Notes, level: int, bins: Bins, owners: Ints) -> None:
        owned, first, n = np.unique(owners, return_index=True, return_counts=True)
        for a, b in _packs(n, PACK_BINS):
            span = slice(int(first[a]), int(first[b - 1] + n[b - 1]))
            body = self._put(chunk.encode_bins(np.ascontiguousarray(bins[:, span])))
            notes["level_body"][owned[a:b], level] = body
            notes["level_at"][owned[a:b], level] = first[a:b] - first[a]
        notes["level_n"][owned, level] = n


def attempt_of(generation: Any) -> Any:
    """The number of the attempt whose points a generation holds; of an array, one for each."""
    return generation >> _ATTEMPT_BITS


def next_generation(known: Iterable[int], attempt: int) -> int:
    """The generation of what is sealed next of an attempt: an odd number.

    The even one behind it is for those of its points that a later attempt supersedes.
    """
    newest = max((each for each in known if attempt_of(each) == attempt), default=-1)
    return (attempt << _ATTEMPT_BITS) + 1 if newest < 0 else (newest + 1) // 2 * 2 + 1


def generation_apart(generation: int) -> int:
    """The generation for what of this one is superseded."""
    return generation + 1


def is_apart(generation: int) -> bool:
    """Whether a generation holds what was set apart as superseded."""
    return generation % 2 == 0


def in_order(owner: Ints, points: Stretch) -> Stretch:
    """The points of many series, series after series, each by step; equal steps as they came."""
    falls = (points.step[1:] < points.step[:-1]) & (owner[1:] == owner[:-1])
    return points[np.lexsort((points.step, owner))] if falls.any() else points


def sign(notes: Notes) -> Notes:
    """The notes with their checks."""
    notes["check"] = _check(notes)
    return notes


def read_notes(content: bytes) -> Notes:
    """Notes as they were written, one after another."""
    if len(content) % NOTE.itemsize:
        raise DamagedError("A note about a series is shorter than it was.")
    notes = np.frombuffer(content, NOTE)
    if (notes["check"] != _check(notes)).any():
        raise DamagedError("A note about a series is not what was written.")
    return notes


def whole_notes(contents: Iterable[bytes]) -> Notes:
    """Those of the notes that are what was written."""
    found = np.frombuffer(b"".join(each for each in contents if len(each) == NOTE.itemsize), NOTE)
    return found[found["check"] == _check(found)]


def total_of(notes: Notes) -> int:
    """The sum of the checks of notes, whatever their order."""
    return int(notes["check"].sum())


def bodies_of(notes: Notes) -> list[int]:
    """The numbers of all bodies that notes refer to."""
    named = (notes["axis"], notes["body"], notes["level_body"].reshape(-1))
    return [number for number in np.unique(np.concatenate(named)).tolist() if number]


def _check(notes: Notes) -> Ints:
    """The checks of notes."""
    return notes.view(np.int64).reshape(-1, _WORDS)[:, :-1] @ _WEIGHTS + _SALT


def _pieces(sizes: Ints) -> NDArray[np.int64]:
    """(series, part, points) of every piece."""
    if (sizes <= PIECE).all():
        return np.stack([np.arange(len(sizes)), np.zeros_like(sizes), sizes], axis=1)
    return np.array(
        [
            (series, part, min(PIECE, size - part * PIECE))
            for series, size in enumerate(sizes.tolist())
            for part in range(-(-size // PIECE))
        ]
    )


def _packs(sizes: Ints, target: int) -> Iterable[tuple[int, int]]:
    """Ranges of neighbours that share a body."""
    first, room = 0, target
    for at, size in enumerate(sizes.tolist()):
        if size > room and at > first:
            yield first, at
            first, room = at, target
        room -= size
    if first < len(sizes):
        yield first, len(sizes)


def _shared_axes(points: Stretch, starts: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """For every piece the number of its axis, and for every axis a piece that has it."""
    ends = starts + sizes
    marks = zip(
        sizes.tolist(),
        points.step[starts].tolist(),
        points.time[starts].tolist(),
        points.time[ends - 1].tolist(),
        starts.tolist(),
        ends.tolist(),
        strict=True,
    )
    known: dict[tuple[int, ...], list[int]] = {}
    which: list[int] = []
    axes: list[int] = []
    for piece, (*mark, start, end) in enumerate(marks):
        step, time = points.step[start:end], points.time[start:end]
        alike = known.setdefault(tuple(mark), [])
        for number in alike:
            other = slice(int(starts[axes[number]]), int(ends[axes[number]]))
            if np.array_equal(points.time[other], time) and np.array_equal(
                points.step[other], step
            ):
                which.append(number)
                break
        else:
            alike.append(len(axes))
            which.append(len(axes))
            axes.append(piece)
    return np.array(which, np.int64), np.array(axes, np.int64)


def _in_pieces(things: list[Thing]) -> Iterable[list[Thing]]:
    piece: list[Thing] = []
    room = PACK_BYTES
    for thing in things:
        size = len(msgspec.msgpack.encode(thing[2])) + 16
        if piece and size > room:
            yield piece
            piece, room = [], PACK_BYTES
        piece.append(thing)
        room -= size
    if piece:
        yield piece
