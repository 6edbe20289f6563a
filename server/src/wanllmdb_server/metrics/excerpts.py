"""Excerpts: what bytes of a spool's segment say of points.

A training logs the same keys again and again, so most frames of an excerpt are rows of one
form, one behind the other and of one length: a run of them is checked frame by frame and then
read as a table, and a column of it is one strided copy. Rows that stand alone are gathered by
form first. Everything else is handed to who reads value by value.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from wanllmdb import frame
from wanllmdb.frame import FRAME_BYTES, HEAD, HEAD_BYTES, RESIDUE, VALUES_KIND, Form
from wanllmdb.wire import Excerpt
from wanllmdb_server.metrics.pyramid import Floats, Ints

_Bytes = NDArray[np.uint8]

_RUN: Final = 8  # rows; fewer are not worth a table
_FIRST: Final = 64  # rows that a run is looked for in at first
_ALONE: Final = 64  # frames that are read one by one after a short run
_SIGN: Final = slice(13, 16)  # kind and number of the form
_PREFIX: Final = slice(0, 9)  # magic, version and length
_STEP: Final = HEAD_BYTES + 2
_TIME: Final = HEAD_BYTES + 10
_FIRST_VALUE: Final = HEAD_BYTES + 18


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one form, in order.

    Attributes:
        values: a row for each key, a column for each row of the form; integers are still
            integers where `form.types` says so (`Ints` seen as floats).
    """

    form: Form
    position: Ints
    step: Ints
    time: Ints
    values: Floats


@dataclass(slots=True)
class Contents:
    """What an excerpt holds.

    Attributes:
        tables: rows of known forms; several of one form are in order.
        others: (position, kind, payload) of all frames that are no rows of a form.
        nameless: positions of rows whose form nothing names.
        torn: positions up to which, from the frame before, bytes hold no whole frame.
    """

    tables: list[Table] = field(default_factory=list)
    others: list[tuple[int, int, bytes]] = field(default_factory=list)
    nameless: list[int] = field(default_factory=list)
    torn: list[int] = field(default_factory=list)


def read(excerpt: Excerpt) -> Contents:
    """Everything that an excerpt holds; nothing is raised for damage."""
    reading = _Reading(excerpt)
    reading.run()
    return reading.contents


class _Reading:
    def __init__(self, excerpt: Excerpt) -> None:
        self.contents = Contents()
        self._excerpt = excerpt
        self._content = excerpt.content
        self._view = memoryview(excerpt.content)
        self._sizes = {
            number: form.payload_bytes + FRAME_BYTES for number, form in excerpt.forms.items()
        }
        self._alone: dict[int, list[bytes]] = {}
        self._ends: dict[int, list[int]] = {}

    def run(self) -> None:
        """Go through the bytes once."""
        at, patience, limit = 0, 0, _FIRST
        while at < len(self._content):
            rows = 0
            if patience:
                patience -= 1
            else:
                rows, size = self._run_at(at, limit)
                if rows >= _RUN:
                    at += rows * size
                    limit = limit * 4 if rows == limit else _FIRST
                    continue
                patience = _ALONE
            at = self._single(at)
            if at < 0:
                break
        self._gather()

    def _run_at(self, at: int, limit: int) -> tuple[int, int]:
        """How many rows of one form begin at `at`, and the size of each; they are kept."""
        number = self._form_at(at)
        size = self._sizes.get(number, 0)
        count = min((len(self._content) - at) // size, limit) if size else 0
        if count < _RUN:
            return 0, 0
        table = np.frombuffer(self._content, np.uint8, count * size, at).reshape(count, size)
        like = (table[:, _PREFIX] == table[0, _PREFIX]).all(axis=1)
        like &= (table[:, _SIGN] == table[0, _SIGN]).all(axis=1)
        count = count if like.all() else int(np.argmin(like))
        count = self._whole(at, size, count)
        if count >= _RUN:
            ends = np.arange(1, count + 1, dtype=np.int64) * size + (at + self._excerpt.begin)
            self._keep(number, table[:count, _STEP:-4], ends)
        return count, size

    def _form_at(self, at: int) -> int:
        try:
            magic, version, length, _, kind = HEAD.unpack_from(self._content, at)
        except struct.error:
            return -1
        known = magic == frame.MAGIC and version == frame.VERSION and kind == VALUES_KIND
        number = int.from_bytes(self._content[at + HEAD_BYTES : at + HEAD_BYTES + 2], "little")
        return number if known and self._sizes.get(number) == length + FRAME_BYTES else -1

    def _whole(self, at: int, size: int, count: int) -> int:
        """How many of these frames, from the first on, are as they were written."""
        view = self._view
        checks = [crc32(view[b : b + size]) for b in range(at, at + count * size, size)]
        if checks.count(RESIDUE) == count:
            return count
        return next(n for n, check in enumerate(checks) if check != RESIDUE)

    def _single(self, at: int) -> int:
        """Take the frame at `at`, or pass over what is none; where to go on, -1 for nowhere."""
        content = self._content
        end = frame.whole(content, self._view, at)
        if end < 0:
            after = frame.next_whole(content, at + 1)
            if after >= 0:
                self.contents.torn.append(self._excerpt.begin + after)
            return after
        position, kind = self._excerpt.begin + end, content[at + frame.KIND_AT]
        payload = content[at + HEAD_BYTES : end - 4]
        if kind != VALUES_KIND:
            self.contents.others.append((position, kind, payload))
            return end
        number = int.from_bytes(payload[:2], "little")
        if self._sizes.get(number) != len(payload) + FRAME_BYTES:
            self.contents.nameless.append(position)
            return end
        self._alone.setdefault(number, []).append(payload[2:])
        self._ends.setdefault(number, []).append(position)
        return end

    def _gather(self) -> None:
        for number, payloads in self._alone.items():
            rows = np.frombuffer(b"".join(payloads), np.uint8).reshape(len(payloads), -1)
            self._keep(number, rows, np.array(self._ends[number], np.int64))

    def _keep(self, number: int, rows: _Bytes, position: Ints) -> None:
        """Keep rows given as bytes of step, time and values."""
        words = np.ascontiguousarray(rows).view("<i8").T.copy()
        form = self._excerpt.forms[number]
        table = Table(form, position, words[0], words[1], words[2:].view(np.float64))
        self.contents.tables.append(table)


def by_form(tables: list[Table]) -> Iterator[Table]:
    """The tables of each form as one, by position."""
    found: dict[Form, list[Table]] = {}
    for table in tables:
        found.setdefault(table.form, []).append(table)
    for form, parts in found.items():
        if len(parts) == 1:
            yield parts[0]
            continue
        position = np.concatenate([part.position for part in parts])
        order = np.argsort(position)
        step, time = (
            np.concatenate([getattr(part, name) for part in parts])[order]
            for name in ("step", "time")
        )
        values = np.concatenate([part.values for part in parts], axis=1)[:, order]
        yield Table(form, position[order], step, time, np.ascontiguousarray(values))
