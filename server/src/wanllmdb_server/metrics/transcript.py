"""Transcript: what the writers of a run printed, as one text in the order of time.

Lines are kept in blocks as they were read: columns of numbers and one piece of UTF-8. Within
what one writer printed to one stream the order is that of its lines; between them it is that of
time. A line that was said again stands where it first stood, as it was said last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.console import Stream
from wanllmdb_server.domain.pattern import Pattern
from wanllmdb_server.domain.series import Points

Ints = NDArray[np.int64]

_NUMBER: Final = attrgetter("number")
_TOGETHER: Final = 64  # lines in which a pattern is looked for at once


@dataclass(slots=True)
class Block:
    """Consecutive lines of one writer and stream.

    Attributes:
        line, time: of each line.
        at: where each line begins in `text`, and where the last one ends.
        text: UTF-8, lines joined by line feeds; None when it is read again as needed.
        points: from which the lines were made, those that were replaced among them.
        again: how many of these said the last line.
    """

    line: Ints
    time: Ints
    at: Ints
    text: bytes | None
    points: int
    again: int

    def __len__(self) -> int:
        return len(self.line)


def block_of(points: Points) -> Block:
    """The lines of a page of points, of which there is at least one."""
    line = np.array(points.step, np.int64)
    again = points.step.count(points.step[-1])
    lines, times, values = line, np.array(points.time, np.int64), points.value
    if not (line[1:] > line[:-1]).all():
        last = np.append(line[1:] != line[:-1], True)
        lines, times = line[last], times[last]
        values = [value for value, kept in zip(values, last.tolist(), strict=True) if kept]
    at, text = _joined(values)
    return Block(lines, times, at, text, len(line), again)


def _joined(values: Sequence[Any]) -> tuple[Ints, bytes]:
    """Lines as one text, and where each of them begins and the last one ends."""
    texts = [value if isinstance(value, str) else str(value) for value in values]
    text = "\n".join(texts) + "\n"
    if text.isascii() and text.count("\n") == len(texts):  # the usual ones, all at once
        sizes = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
        return _starts(sizes), text.encode()
    encoded = [each.replace("\n", " ").encode("utf-8", "backslashreplace") for each in texts]
    sizes = np.fromiter(map(len, encoded), np.int64, len(encoded)) + 1
    return _starts(sizes), b"\n".join(encoded) + b"\n"


def _starts(sizes: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])


@dataclass(slots=True)
class Sheet:
    """What one writer printed to one stream."""

    key: str
    stream: Stream
    writer: str
    blocks: list[Block] = field(default_factory=list[Block])

    @property
    def points(self) -> int:
        """How many points it was made of."""
        return sum(block.points for block in self.blocks)

    def add(self, block: Block) -> None:
        """Go on with what was printed; a line that the last block had, too, is said anew."""
        before = self.blocks[-1] if self.blocks else None
        if before is not None and before.line[-1] == block.line[0]:
            block.points += before.again
            if len(block) == 1:
                block.again += before.again
            self.blocks[-1] = _without_last(before)
            if not len(self.blocks[-1]):
                self.blocks.pop()
        self.blocks.append(block)


def _without_last(block: Block) -> Block:
    text = None if block.text is None else block.text[: int(block.at[-2])]
    shorter = block.line[:-1], block.time[:-1], block.at[:-1]
    return Block(*shorter, text, block.points - block.again, 1)


@dataclass(slots=True)
class Line:
    """A line of a transcript: its number in it, and where it comes from."""

    number: int
    stream: Stream
    writer: str
    line: int
    time: int
    text: str


class Piece(NamedTuple):
    """A block in its place among those of all sheets."""

    sheet: int
    block: Block
    first: int  # the place of its first line among all lines, sheet by sheet


class Transcript:
    """Sheets as one text. `order[n]` is the place of line n, counted sheet by sheet."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self.sheets = list(sheets)
        self.pieces: list[Piece] = []
        times: list[Ints] = []
        first = 0
        for at, sheet in enumerate(self.sheets):
            known = -(1 << 63)
            for block in sheet.blocks:
                rising = np.maximum(np.maximum.accumulate(block.time), known)
                known = int(rising[-1])
                times.append(rising)
                self.pieces.append(Piece(at, block, first))
                first += len(block)
        time = np.concatenate(times) if times else np.empty(0, np.int64)
        self.order: Ints = np.argsort(time, kind="stable")
        self.number: Ints = np.empty_like(self.order)
        self.number[self.order] = np.arange(len(self.order))
        self._firsts = np.array([piece.first for piece in self.pieces], np.int64)

    def __len__(self) -> int:
        return len(self.order)

    def count(self, stream: Stream) -> int:
        """How many lines were printed to a stream."""
        return sum(
            len(block) for sheet in self.sheets if sheet.stream == stream for block in sheet.blocks
        )

    def chosen(self, stream: Stream | None, writer: str | None) -> Ints:
        """The numbers of the lines of a stream, of a writer, in order."""
        if stream is None and writer is None:
            return np.arange(len(self.order))
        wanted = np.zeros(len(self.order), bool)
        for piece in self.pieces:
            sheet = self.sheets[piece.sheet]
            if stream in (None, sheet.stream) and writer in (None, sheet.writer):
                wanted[piece.first : piece.first + len(piece.block)] = True
        return np.flatnonzero(wanted[self.order])

    def of(self, numbers: Ints) -> list[Piece]:
        """The pieces in which these lines stand."""
        which = np.searchsorted(self._firsts, self.order[numbers], "right") - 1
        return [self.pieces[at] for at in np.unique(which).tolist()]

    def lines(self, numbers: Ints, text_of: Callable[[Piece], bytes]) -> list[Line]:
        """Lines by their numbers, which rise; `text_of` gives the text of a piece."""
        found: list[Line] = []
        for piece, which, here in self._by_piece(numbers):
            block, sheet, text = piece.block, self.sheets[piece.sheet], text_of(piece)
            columns = (block.line[here], block.time[here], block.at[here], block.at[here + 1] - 1)
            rows = zip(numbers[which].tolist(), *(each.tolist() for each in columns), strict=True)
            found += [
                Line(
                    number,
                    sheet.stream,
                    sheet.writer,
                    line,
                    time,
                    text[start:end].decode("utf-8", "replace"),
                )
                for number, line, time, start, end in rows
            ]
        found.sort(key=_NUMBER)
        return found

    def text(self, numbers: Ints, text_of: Callable[[Piece], bytes]) -> bytes:
        """The same lines as one text, each with its line feed."""
        found = [b""] * len(numbers)
        for piece, which, here in self._by_piece(numbers):
            text = text_of(piece)
            ends = piece.block.at[here + 1].tolist()
            places = zip(which.tolist(), piece.block.at[here].tolist(), ends, strict=True)
            for place, start, end in places:
                found[place] = text[start:end]
        return b"".join(found)

    def _by_piece(self, numbers: Ints) -> Iterator[tuple[Piece, Ints, Ints]]:
        """The pieces in which lines stand: which of the lines, and where they stand there."""
        places = self.order[numbers]
        pieces = np.searchsorted(self._firsts, places, "right") - 1
        for at in np.unique(pieces).tolist():
            which = np.flatnonzero(pieces == at)
            yield self.pieces[at], which, places[which] - self.pieces[at].first

    def numbers_of(self, piece: Piece, lines: Iterable[int]) -> Ints:
        """The numbers of lines of a piece, in any order."""
        places = np.fromiter(lines, np.int64) + piece.first
        return self.number[places]


# What colours a line, moves its cursor or names its window: nobody searches for it.
_ESCAPES: Final = re.compile(
    rb"\x1b(?:\[[0-9;:?]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\-_])"
)


def as_read(block: Block, text: bytes) -> tuple[Block, bytes]:
    """A block as a terminal shows it, without what only a terminal reads."""
    if b"\x1b" not in text:
        return block, text
    plain = _ESCAPES.sub(b"", text)
    ends = np.flatnonzero(np.frombuffer(plain, np.uint8) == ord("\n")) + 1
    return replace(block, at=np.concatenate([np.zeros(1, np.int64), ends])), plain


def find_text(block: Block, text: bytes, wanted: str, *, case: bool) -> list[int]:
    """The lines of a block in which a text occurs."""
    if not case:
        if not wanted.isascii():
            folded = wanted.casefold()
            lines = text.decode("utf-8", "replace").split("\n")[:-1]
            return [at for at, line in enumerate(lines) if folded in line.casefold()]
        text, wanted = text.lower(), wanted.lower()
    return _lines_of(block, _occurrences(text, wanted.encode("utf-8", "replace")))


def find_pattern(text: bytes, pattern: Pattern, rough: Pattern | None) -> list[int]:
    """The lines of a block in which a pattern occurs.

    `rough` is the same pattern as it is looked for in many lines at once; it may find more.
    """
    lines = text.decode("utf-8", "replace").split("\n")[:-1]
    found: list[int] = []
    for first in range(0, len(lines), _TOGETHER):
        some = lines[first : first + _TOGETHER]
        if rough is None or rough.found_in("\n".join(some)):
            found += [first + at for at, line in enumerate(some) if pattern.found_in(line)]
    return found


def _occurrences(text: bytes, wanted: bytes) -> Iterator[int]:
    """Where the wanted occurs, at most once for each line."""
    at = text.find(wanted)
    while at >= 0:
        yield at
        line_end = text.find(b"\n", at)
        at = text.find(wanted, line_end + 1) if line_end >= 0 else -1


def _lines_of(block: Block, places: Iterator[int]) -> list[int]:
    found = np.fromiter(places, np.int64)
    return (np.searchsorted(block.at, found, "right") - 1).tolist()
