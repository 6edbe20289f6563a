"""Console: what the writers of a run printed, by page, searched, and as one text.

Lines are read from the store once and held for a while, as one block of text for some thousand
of them; what was printed since is read behind them. Of a run that printed more than can be held,
the texts are read again as they are asked for. Searching and sorting happen in threads, for at
most a second or two: what was not searched by then is told.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from wanllmdb_server.catalog.access import locate_run
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.tables import run_writers
from wanllmdb_server.domain.access import Actor, Resource, Verb
from wanllmdb_server.domain.console import STREAMS, Stream, printed_by
from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.pattern import Pattern, compiled, parse_pattern
from wanllmdb_server.domain.run import Run
from wanllmdb_server.domain.series import KeyStats, Series, Window
from wanllmdb_server.metrics.store import MetricStore
from wanllmdb_server.metrics.transcript import (
    Block,
    Line,
    Piece,
    Sheet,
    Transcript,
    as_read,
    block_of,
    find_pattern,
    find_text,
)

MAX_LINES: Final = 10_000  # of a page
MAX_WANTED: Final = 1024  # characters of what is searched for
SEARCH_S: Final = 1.5  # how long a search takes at most
AT_ONCE: Final = 10_000  # lines read from the store, and written to a download, at once
HELD_BYTES: Final = 256 * 1024 * 1024  # of texts, of all runs together
HELD_OF_RUN: Final = 128 * 1024 * 1024
HELD_RUNS: Final = 64

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines are asked for.

    Attributes:
        stream, writer: lines of these alone; None is all.
        after, before: only lines whose number is higher, or lower. With `before` alone the
            page ends there, else it begins behind `after`.
        search: what must occur in a line; empty is anything.
        case: whether upper and lower case are told apart.
        pattern: whether `search` is a regular expression.
    """

    stream: Stream | None = None
    writer: str | None = None
    after: int | None = None
    before: int | None = None
    limit: int = 1000
    search: str = ""
    case: bool = False
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, in order, and what there is besides.

    Attributes:
        lines: of the page.
        total: lines of the run; `streams` says how many of each stream.
        matches: lines that pass the question, on every page, among those searched.
        searched: how many lines were looked at; fewer than `total` when time was over.
        after, before: with which the next page, and the one before, are asked for; None when
            there is none.
        writers: everybody who printed, with the label that they gave themselves.
    """

    lines: list[Line]
    total: int
    streams: Mapping[Stream, int]
    matches: int
    searched: int
    after: int | None
    before: int | None
    writers: Mapping[str, str | None]


@dataclass(slots=True)
class _Held:
    """What is held of a run."""

    transcript: Transcript
    logged: dict[str, int]
    bytes: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Console:
    """Reads what was printed."""

    def __init__(self, catalog: Catalog, store: MetricStore, *, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never go back."""
        self._catalog = catalog
        self._store = store
        self._clock = clock
        self._held: OrderedDict[int, _Held] = OrderedDict()

    async def read(
        self, actor: Actor, owner: str, project: str, run_id: str, wanted: Wanted
    ) -> Page:
        """A page of lines.

        Raises:
            InvalidError: the pattern is none; codes `bad-pattern`, `too-long`.
        """
        patterns = _patterns(wanted)
        run = await self._locate(actor, owner, project, run_id)
        transcript = await self._transcript(run)
        found = await asyncio.to_thread(transcript.chosen, wanted.stream, wanted.writer)
        searched = len(transcript)
        if wanted.search:
            hits, searched = await self._search(run, transcript, wanted, patterns)
            found = np.intersect1d(found, hits, assume_unique=True)
        shown, after, before = _cut(found, wanted, searched, len(transcript))
        texts = await self._texts(run, transcript.of(shown)) if len(shown) else {}
        lines = await asyncio.to_thread(_lines, transcript, shown, texts)
        streams: dict[Stream, int] = {name: transcript.count(name) for name in STREAMS}
        labels = await asyncio.to_thread(self._labels, run, transcript)
        return Page(lines, len(transcript), streams, len(found), searched, after, before, labels)

    async def text(
        self, actor: Actor, owner: str, project: str, run_id: str, stream: Stream | None = None
    ) -> AsyncIterator[bytes]:
        """All lines as one text, piece by piece; what can be refused is refused at once."""
        run = await self._locate(actor, owner, project, run_id)
        transcript = await self._transcript(run)
        chosen = await asyncio.to_thread(transcript.chosen, stream, None)
        return self._pieces(run, transcript, chosen)

    async def _pieces(self, run: Run, transcript: Transcript, chosen: Ints) -> AsyncIterator[bytes]:
        for first in range(0, len(chosen), AT_ONCE):
            some = chosen[first : first + AT_ONCE]
            texts = await self._texts(run, transcript.of(some))
            yield await asyncio.to_thread(_text, transcript, some, texts)

    # -- what is held

    async def _transcript(self, run: Run) -> Transcript:
        """What the run has printed until now."""
        held = self._held.get(run.number)
        if held is None:
            held = self._held[run.number] = _Held(Transcript([]), {})
        self._held.move_to_end(run.number)
        async with held.lock:
            keys = (await self._store.keys([run.number])).get(run.number, [])
            logged = {each.key: each.logged for each in keys if printed_by(each.key)}
            if logged != held.logged:
                await self._refresh(run, held, keys, logged)
        self._let_go(run.number)
        return held.transcript

    async def _refresh(
        self, run: Run, held: _Held, keys: Sequence[KeyStats], logged: dict[str, int]
    ) -> None:
        known = {sheet.key: sheet for sheet in held.transcript.sheets}
        sheets: list[Sheet] = []
        for each in keys:
            if (by := printed_by(each.key)) is None:
                continue
            sheet = known.get(each.key)
            if sheet is None or held.logged.get(each.key) != each.logged:
                sheet = await self._read(run, each, sheet or Sheet(each.key, *by))
            sheets.append(sheet)
        size = sum(len(block.text or b"") for sheet in sheets for block in sheet.blocks)
        if size > HELD_OF_RUN:
            size = 0
            for block in (block for sheet in sheets for block in sheet.blocks):
                block.text = None
        held.transcript = await asyncio.to_thread(Transcript, sheets)
        held.logged, held.bytes = logged, size

    async def _read(self, run: Run, stats: KeyStats, known: Sheet) -> Sheet:
        """The sheet with what was printed since; from its beginning, if old lines were said anew.

        The last block is read once more: a line that moves, as progress bars do, is among the
        last ones.
        """
        sheet = Sheet(known.key, known.stream, known.writer, known.blocks[:-1])
        first = int(known.blocks[-1].line[0]) if known.blocks else None
        await self._read_behind(run, sheet, first)
        if known.blocks and sheet.points < stats.logged:
            sheet = Sheet(known.key, known.stream, known.writer)
            await self._read_behind(run, sheet, None)
        return sheet

    async def _read_behind(self, run: Run, sheet: Sheet, first: int | None) -> None:
        cursor: str | None = None
        size = sum(len(block.text or b"") for block in sheet.blocks)
        while True:
            points = await self._store.points(
                Series(run.number, sheet.key), Window(first), limit=AT_ONCE, cursor=cursor
            )
            if points.step:
                block = await asyncio.to_thread(block_of, points)
                size += len(block.text or b"")
                if size > HELD_OF_RUN:
                    block.text = None
                sheet.add(block)
            cursor = points.cursor
            if cursor is None:
                return

    async def _texts(self, run: Run, pieces: Sequence[Piece]) -> dict[int, bytes]:
        """The texts of pieces, by where they begin."""
        texts: dict[int, bytes] = {}
        for piece in pieces:
            text = piece.block.text
            if text is None:
                text = await self._text_again(run, self._key_of(run, piece), piece.block)
            texts[piece.first] = text
        return texts

    def _key_of(self, run: Run, piece: Piece) -> str:
        return self._held[run.number].transcript.sheets[piece.sheet].key

    async def _text_again(self, run: Run, key: str, block: Block) -> bytes:
        """The text of a block as it was read first."""
        window = Window(int(block.line[0]), int(block.line[-1]))
        sheet = Sheet(key, "stdout", "")
        cursor: str | None = None
        while True:
            points = await self._store.points(
                Series(run.number, key), window, limit=AT_ONCE, cursor=cursor
            )
            if points.step:
                sheet.add(await asyncio.to_thread(block_of, points))
            cursor = points.cursor
            if cursor is None:
                break
        text = b"".join(each.text or b"" for each in sheet.blocks)
        # What was said anew meanwhile has another length: the lines as they were laid out win.
        wanted = int(block.at[-1])
        return text[:wanted].ljust(wanted)

    def _let_go(self, newest: int) -> None:
        total = sum(held.bytes for held in self._held.values())
        while (total > HELD_BYTES or len(self._held) > HELD_RUNS) and len(self._held) > 1:
            number = next(iter(self._held))
            if number == newest:
                return
            total -= self._held.pop(number).bytes

    # -- searching

    async def _search(
        self,
        run: Run,
        transcript: Transcript,
        wanted: Wanted,
        patterns: tuple[Pattern, Pattern | None] | None,
    ) -> tuple[Ints, int]:
        """The numbers of the lines that pass, and how many lines were looked at, from the first."""
        end = self._clock() + SEARCH_S
        pieces = sorted(transcript.pieces, key=lambda piece: int(transcript.number[piece.first]))
        found: list[Ints] = []
        searched = len(transcript)
        for piece in pieces:
            if self._clock() > end:
                searched = int(transcript.number[piece.first])
                break
            text = (await self._texts(run, [piece]))[piece.first]
            hits = await asyncio.to_thread(_hits, piece.block, text, wanted, patterns)
            if hits:
                found.append(transcript.numbers_of(piece, hits))
        numbers = np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)
        return numbers[numbers < searched], searched

    # -- names

    async def _locate(self, actor: Actor, owner: str, project: str, run_id: str) -> Run:
        of = (actor, owner, project, run_id, Resource.POINTS, Verb.READ)
        return await asyncio.to_thread(locate_run, self._catalog, *of)

    def _labels(self, run: Run, transcript: Transcript) -> dict[str, str | None]:
        query = select(run_writers.c.writer, run_writers.c.label).where(
            run_writers.c.run == run.number
        )
        with self._catalog.reading() as connection:
            known = dict(iter(connection.execute(query)))
        return {sheet.writer: known.get(sheet.writer) for sheet in transcript.sheets}


def _patterns(wanted: Wanted) -> tuple[Pattern, Pattern | None] | None:
    """The pattern that is searched for, and as it is looked for in many lines at once."""
    if len(wanted.search) > MAX_WANTED:
        fault = Fault("/q", "too-long", f"At most {MAX_WANTED} characters.")
        raise InvalidError("The search is too long.", faults=[fault])
    if not (wanted.pattern and wanted.search):
        return None
    fold = "" if wanted.case else "(?i)"
    pattern = parse_pattern(fold + wanted.search, "/q")
    # A pattern that says itself where a text begins means each line by itself.
    alone = any(mark in wanted.search for mark in ("\\A", "\\z", "(?"))
    return pattern, None if alone else compiled(f"(?m){fold}{wanted.search}")


def _hits(
    block: Block, text: bytes, wanted: Wanted, patterns: tuple[Pattern, Pattern | None] | None
) -> list[int]:
    block, text = as_read(block, text)
    if patterns is not None:
        return find_pattern(text, *patterns)
    if "\n" in wanted.search:  # a line has none
        return []
    return find_text(block, text, wanted.search, case=wanted.case)


def _cut(
    found: Ints, wanted: Wanted, searched: int, total: int
) -> tuple[Ints, int | None, int | None]:
    """The numbers on the page, and how to go on behind it and before it."""
    low = 0 if wanted.after is None else int(np.searchsorted(found, wanted.after, "right"))
    high = len(found) if wanted.before is None else int(np.searchsorted(found, wanted.before))
    high = max(low, high)
    if wanted.before is not None and wanted.after is None:
        first, last = max(low, high - wanted.limit), high
    else:
        first, last = low, min(high, low + wanted.limit)
    shown = found[first:last]
    before = int(found[first - 1]) + 1 if first else None
    if last < len(found):
        return shown, int(found[last - 1]) if last else -1, before
    return shown, (searched - 1 if searched < total else None), before


def _lines(transcript: Transcript, numbers: Ints, texts: Mapping[int, bytes]) -> list[Line]:
    return transcript.lines(numbers, lambda piece: texts[piece.first])


def _text(transcript: Transcript, numbers: Ints, texts: Mapping[int, bytes]) -> bytes:
    return transcript.text(numbers, lambda piece: texts[piece.first])
