"""Usual batch: points as JSON that all have the same fields, and nothing odd about them.

They are decoded in one go, by a decoder of just these fields. Equal names, which that decoder
would not notice, show in the number of quotes. Whatever is odd in any way is left to those who
read item by item (`metric_items`); the answers are the same.
"""

from __future__ import annotations

import functools
import keyword
import re
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from operator import attrgetter
from typing import Any, Final, Union

import msgspec
import numpy as np

from wanllmdb_server.domain.errors import InvalidError
from wanllmdb_server.domain.metric import MAX_METRICS, Sheet, number
from wanllmdb_server.fronts.rest.metric_items import (
    Int64,
    Time,
    Told,
    checked_id,
    key_fault,
    time_of,
)

USUAL_BYTES: Final = 256 * 1024
_QUOTE: Final = ord('"')
_Scalar = int | float | str | bool

_FIELDS: Final[Mapping[str, Any]] = {
    "run_id": str,
    "key": str | None,
    "metric_name": str | None,
    "value": _Scalar,
    "values": dict[str, _Scalar],
    "step": Union[Int64, None],  # noqa: UP007 - no `|` with what is annotated
    "timestamp": Union[Time, str, None],  # noqa: UP007
}
_OTHER: Final = _Scalar | None  # what else a point says is not ours
_NAMES: Final = 16  # fields of a point, at most
_names_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _OddError(Exception):
    """It needs a closer look."""


def read_usual(content: bytes) -> Told | None:
    """The points of a usual batch; None if it is not quite that."""
    if len(content) > USUAL_BYTES:
        return None
    try:
        names = _names(content)
        body = _decoder(names).decode(content)
        if not 1 <= len(body.metrics) <= MAX_METRICS:
            return None
        columns = {name: [*map(attrgetter(name), body.metrics)] for name in names}
        _must_have_no_more(content, columns, body.batch_id)
        return _from_columns(columns, checked_id(body.batch_id))
    except (_OddError, msgspec.DecodeError, RecursionError):
        return None


def _names(content: bytes) -> frozenset[str]:
    """The fields of the first point, which all others should have too."""
    begin = content.find(b"[", 0, 4096) + 1
    end = content.find(b"}", begin) + 1
    if content.find(b"{", begin + 1, end) >= 0:  # the values of a row
        end = content.find(b"}", end) + 1
    names = frozenset(_names_decoder.decode(content[begin:end]))
    if "run_id" not in names or len(names) > _NAMES or not all(map(_is_usual, names)):
        raise _OddError
    return names


def _is_usual(name: str) -> bool:
    """Whether a field can bear this name."""
    return re.fullmatch("[a-z][a-z0-9_]{,31}", name) is not None and not keyword.iskeyword(name)


@functools.lru_cache(maxsize=64)
def _decoder(names: frozenset[str]) -> msgspec.json.Decoder[Any]:
    """Of a batch whose points have these fields, all of them, and no others."""
    point = msgspec.defstruct(
        "Point",
        [(name, _FIELDS.get(name, _OTHER)) for name in sorted(names)],
        forbid_unknown_fields=True,
        gc=False,
    )
    body = msgspec.defstruct(
        "Body",
        [("metrics", list[point]), ("batch_id", str | None, None)],
        forbid_unknown_fields=True,
    )
    return msgspec.json.Decoder(body)


_Columns = Mapping[str, Sequence[Any]]


def _from_columns(columns: _Columns, batch_id: str | None) -> Told:
    runs = columns["run_id"]
    nothing: list[Any] = [None] * len(runs)
    steps = columns.get("step", nothing)
    times = _times(columns.get("timestamp", nothing))
    keys = columns.get("key") or columns.get("metric_name")
    if "values" not in columns:
        if keys is None or "value" not in columns or {"key", "metric_name"} <= columns.keys():
            raise _OddError
        values = _numbers(columns["value"])
        return Told(Sheet(range(len(runs)), runs, _keys(keys), values, steps, times), batch_id)
    rows: Sequence[dict[str, Any]] = columns["values"]
    width = [len(row) for row in rows]
    if keys is not None or "value" in columns or not all(width) or sum(width) > MAX_METRICS:
        raise _OddError
    sheet = Sheet(
        range(sum(width)),
        _spread(runs, width),
        _keys(list(chain.from_iterable(rows))),
        _numbers(list(chain.from_iterable(row.values() for row in rows))),
        _spread(steps, width),
        _spread(times, width),
    )
    return Told(sheet, batch_id, items=_spread(range(len(runs)), width))


def _spread(column: Sequence[Any], width: Sequence[int]) -> list[Any]:
    """Each of a column as often as its row has values."""
    return list(chain.from_iterable(map(repeat, column, width)))


def _keys(keys: Sequence[str | None]) -> Sequence[str]:
    if any(each is None or key_fault(each) for each in set(keys)):
        raise _OddError
    return keys  # type: ignore[return-value]


def _numbers(values: Sequence[Any]) -> Sequence[float]:
    if {*map(type, values)} == {float}:
        return values
    found = [each if type(each) is float else number(each) for each in values]
    if None in found:
        raise _OddError
    return found  # type: ignore[return-value]


def _times(said: Sequence[Any]) -> Sequence[int | None]:
    if str not in {*map(type, said)}:
        return said
    try:
        known = {each: time_of(each) for each in set(said)}
    except InvalidError:
        raise _OddError from None
    return [known[each] for each in said]


def _must_have_no_more(content: bytes, columns: _Columns, batch_id: str | None) -> None:
    """Raises if a name occurs twice: each text of the body, names too, stands in two quotes."""
    if b"\\" in content and b'\\"' in content:
        raise _OddError
    count = len(columns["run_id"])
    texts = 1 + (0 if batch_id is None else 2) + count * (len(columns) + 1)
    for name, column in columns.items():
        if name == "values":
            texts += sum(map(len, column))
            texts += _texts([*chain.from_iterable(row.values() for row in column)])
        elif name != "run_id":
            texts += _texts(column)
    if int(np.count_nonzero(np.frombuffer(content, np.uint8) == _QUOTE)) != 2 * texts:
        raise _OddError


def _texts(column: Sequence[object]) -> int:
    """How many of them are text: mostly all or none."""
    kinds = {*map(type, column)}
    if str not in kinds:
        return 0
    return len(column) if len(kinds) == 1 else [*map(type, column)].count(str)
