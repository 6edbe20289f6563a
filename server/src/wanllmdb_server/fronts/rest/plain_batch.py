"""Plain batch: points as JSON of one run, that all say the same things in the same way.

Scripts and exporters send nothing else: numbers, each with its step, under a few keys that come
around in the same order, or rows with the same keys. Such a batch is read by a decoder of just
that, into arrays, and no point is looked at alone. A name that stands twice, which the decoder
would not notice, shows in the number of quotes. What is any different is left to those who look
closer (`usual_batch`, `metric_items`); what comes of it is the same.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Literal

import msgspec
import numpy as np

from wanllmdb_server.domain.block import Block, Floats, Ints
from wanllmdb_server.domain.errors import InvalidError
from wanllmdb_server.domain.metric import EXACT, MAX_METRICS
from wanllmdb_server.fronts.rest.metric_items import Int64, Time, Told, checked_id, key_fault

PLAIN_BYTES: Final = 256 * 1024
FEW_BYTES: Final = 2048  # of so little, arrays cost more than they save
_QUOTE: Final = ord('"')
_MAX_RUN: Final = 512  # characters of a name; nobody's is longer
_LIKE: Final = 8  # points of a key; with fewer, those that are alone are better off in a list

_Names = tuple[str, ...]
_POINTS: Final = {
    frozenset(["run_id", key, "value", "step", *more])
    for key in ("key", "metric_name")
    for more in ((), ("timestamp",))
}
_ROWS: Final = {frozenset(["run_id", "values", "step", *more]) for more in ((), ("timestamp",))}
_TYPES: Final = {"key": str, "value": float, "values": dict[str, float], "step": Int64}
_first_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text_decoder = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class PlainTold:
    """What a body says; `rows` if it says it in items of several points."""

    points: Block
    batch_id: str | None
    rows: bool

    def told(self) -> Told:
        """The same point by point."""
        sheet = self.points.sheet()
        width = self.points.width if self.rows else 1
        items = [item for item in range(len(sheet) // width) for _ in range(width)]
        return Told(sheet, self.batch_id, items=items)


class _OddError(Exception):
    """It needs a closer look."""


def read_plain(content: bytes) -> PlainTold | None:
    """The points of a plain batch; None if it is not quite that."""
    if not FEW_BYTES <= len(content) <= PLAIN_BYTES or b"\\" in content:
        return None
    try:
        run, names = _first(content)
        body = _decoder(run, names).decode(content)
        batch_id = checked_id(body.batch_id)
        if not 1 <= len(body.metrics) <= MAX_METRICS:
            return None
        rows = "values" in names
        texts = 1 + (0 if batch_id is None else 2) + len(body.metrics) * (len(names) + 1)
        texts += sum(len(each.values) for each in body.metrics) if rows else len(body.metrics)
        if int(np.count_nonzero(np.frombuffer(content, np.uint8) == _QUOTE)) != 2 * texts:
            return None
        return PlainTold((_rows if rows else _points)(run, names, body.metrics), batch_id, rows)
    except (_OddError, InvalidError, msgspec.DecodeError, RecursionError):
        return None


def _first(content: bytes) -> tuple[str, frozenset[str]]:
    """The run of the first item, and what it says: as all others should."""
    begin = content.find(b"[", 0, 4096) + 1
    end = content.find(b"}", begin) + 1
    if content.find(b"{", begin + 1, end) >= 0:  # the values of a row
        end = content.find(b"}", end) + 1
    said = _first_decoder.decode(content[begin:end])
    names = frozenset(said)
    if names not in _POINTS and names not in _ROWS:
        raise _OddError
    run = _text_decoder.decode(said["run_id"])
    if len(run) > _MAX_RUN:
        raise _OddError
    return run, names


@functools.lru_cache(maxsize=256)
def _decoder(run: str, names: frozenset[str]) -> msgspec.json.Decoder[Any]:
    """Of a batch whose items are of this run and say all of this, and nothing else."""
    fields: list[tuple[str, Any]] = [("run_id", Literal[run])]  # pyright: ignore[reportInvalidTypeForm]
    fields += [(name, of) for name, of in _TYPES.items() if name in names or name == "key"]
    if "values" in names:
        fields.remove(("key", str))
    if "timestamp" in names:
        fields.append(("timestamp", Time))
    renamed = {"key": "metric_name"} if "metric_name" in names else None
    item = msgspec.defstruct("Item", fields, rename=renamed, forbid_unknown_fields=True, gc=False)
    body = msgspec.defstruct(
        "Body",
        [("metrics", list[item]), ("batch_id", str | None, None)],
        forbid_unknown_fields=True,
    )
    return msgspec.json.Decoder(body)


def _points(run: str, names: frozenset[str], items: Sequence[Any]) -> Block:
    """Items of one point each."""
    said = [each.key for each in items]
    keys, number = _turns(said)
    value = _floats(array("d", [each.value for each in items]))
    step = _ints(array("q", [each.step for each in items]))
    time = None
    if "timestamp" in names:
        time = _ints(array("q", [each.timestamp for each in items]))
    if number is None:
        steps = _of_rows(step, len(keys))
        times = None if time is None else _of_rows(time, len(keys))
        if steps is not None and (time is None or times is not None):
            return Block(run, keys, None, steps, times, value)
    return _alone(Block(run, *_numbered(said), step, time, value))


def _alone(points: Block) -> Block:
    """Points that have moments of their own, if they do."""
    moves = points.step[1:] != points.step[:-1]
    if points.time is not None:
        moves |= points.time[1:] != points.time[:-1]
    if not moves.all() or len(points.keys) * _LIKE > len(points):
        raise _OddError
    return points


def _rows(run: str, names: frozenset[str], items: Sequence[Any]) -> Block:
    """Items of a row each."""
    rows: list[dict[str, float]] = [each.values for each in items]
    keys = tuple(rows[0])
    if not keys or len(keys) * len(rows) > MAX_METRICS:
        raise _OddError
    if any(tuple(row) != keys for row in rows):
        raise _OddError
    _must_be_keys(keys)
    value = _floats(array("d", chain.from_iterable([row.values() for row in rows])))
    step = _ints(array("q", [each.step for each in items]))
    time = None
    if "timestamp" in names:
        time = _ints(array("q", [each.timestamp for each in items]))
    return Block(run, keys, None, step, time, value)


def _turns(said: list[str]) -> tuple[tuple[str, ...], bool | None]:
    """The keys up to where the first one comes again; None if they go on like that."""
    try:
        width = said.index(said[0], 1)
    except ValueError:
        width = len(said)
    keys = said[:width]
    like = keys * (len(said) // width) == said and len(set(keys)) == width
    _must_be_keys(keys)
    return tuple(keys), None if like else True


def _numbered(said: list[str]) -> tuple[tuple[str, ...], Ints]:
    """The keys, and which of them each point has."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys(said))}
    _must_be_keys(numbers)
    number = np.fromiter(map(numbers.__getitem__, said), np.int64, len(said))
    return tuple(numbers), number


def _must_be_keys(keys: Sequence[str] | dict[str, int]) -> None:
    if any(map(key_fault, keys)):
        raise _OddError


def _of_rows(column: Ints, width: int) -> Ints | None:
    """What each row says, if all points of a row say the same."""
    rows = column.reshape(-1, width)
    first = rows[:, 0]
    return first if (rows == first[:, None]).all() else None


def _ints(said: array[int]) -> Ints:
    return np.frombuffer(said, np.int64)


def _floats(said: array[float]) -> Floats:
    """The values, if none may have been an integer that is no float64."""
    found = np.frombuffer(said, np.float64)
    if (np.abs(found) >= EXACT).any():
        raise _OddError
    return found
