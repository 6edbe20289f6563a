"""Language: how runs are asked for from outside: filters as in wandb's Api, and orders.

A filter is a mapping of fields to values or operators, as in MongoDB:
`{"config.lr": {"$gte": 0.1}, "$or": [{"state": "running"}, {"tags": "best"}]}`. A run that lacks
a field passes `$ne`, `$nin` and `$not` of it, and nothing else but `{"$exists": false}`. An order
is `-summary_metrics.loss`, or several joined with commas; `-` is descending.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.filter import COLUMNS, MAX_SORT, Sort
from wanllmdb_server.domain.filter import Part as SortPart
from wanllmdb_server.domain.pattern import compiled
from wanllmdb_server.domain.query import (
    FIGURES,
    Ago,
    All,
    AnyOf,
    Compare,
    Condition,
    Contains,
    Exists,
    Field,
    Matches,
    Not,
    OneOf,
    Order,
    Part,
    Scalar,
)
from wanllmdb_server.domain.span import read_span

MAX_DEPTH: Final = 16
MAX_CONDITIONS: Final = 200
MAX_VALUES: Final = 1000  # of one $in
MAX_VALUE: Final = 1024
MAX_KEY: Final = 1024
MAX_SORTS: Final = 8

# What fields are called, by wandb and by us, and what they are here.
_TEXTS: Final = {
    "state": "state",
    "name": "id",
    "id": "id",
    "display_name": "name",
    "displayName": "name",
    "user": "user",
    "username": "user",
    "user.username": "user",
    "group": "group",
    "job_type": "job_type",
    "jobType": "job_type",
    "notes": "notes",
    "host": "host",
}
_TIMES: Final = {
    "created_at": "created_at",
    "createdAt": "created_at",
    "started_at": "started_at",
    "startedAt": "started_at",
    "heartbeat_at": "heartbeat_at",
    "heartbeatAt": "heartbeat_at",
    "finished_at": "finished_at",
    "finishedAt": "finished_at",
}
_MAPPINGS: Final[Mapping[str, Part]] = {
    "config": "config",
    "summary": "summary",
    "summary_metrics": "summary",
    "summaryMetrics": "summary",
    **{figure: figure for figure in FIGURES},
}
_ORDERS: Final[Mapping[str, Order]] = {
    "$gt": "gt",
    "$gte": "gte",
    "$lt": "lt",
    "$lte": "lte",
}
_SORTED_BY: Final = {
    "createdAt": "created_at",
    "startedAt": "started_at",
    "heartbeatAt": "heartbeat_at",
    "display_name": "name",
    "displayName": "name",
    "username": "user",
}
# wandb has no word for a run whose network is away.
_STATES: Final = {"running": ("running", "unreachable")}


def parse_query(said: object) -> Condition:
    """The condition that a filter from outside means; None and {} are true of every run.

    Raises:
        InvalidError: it is none; each fault points below `/filters`.
    """
    return _Parser().mapping(said if said is not None else {}, "/filters", 0)


def parse_order(said: str | Sequence[str]) -> tuple[Sort, ...]:
    """The order that a text, or a list of them, means.

    Raises:
        InvalidError: there is nothing to order by under such a name; it points at `/order`.
    """
    texts = said.split(",") if isinstance(said, str) else said
    if len(texts) > MAX_SORTS:
        raise _fault("/order", "too-many-items", f"At most {MAX_SORTS} keys.")
    return tuple(_sort(text.strip()) for text in texts if text.strip()) or (Sort(),)


def _sort(text: str) -> Sort:
    descending, name = text.startswith("-"), text.lstrip("+-")
    name = _SORTED_BY.get(name, name)
    if name in COLUMNS:
        return Sort("column", name, descending)
    part, dot, key = name.partition(".")
    if dot and key and part in _MAPPINGS and len(text) <= MAX_SORT:
        key = key.removesuffix(".value") if part == "config" else key
        return Sort(cast("SortPart", _MAPPINGS[part]), key, descending)
    detail = f"Order by one of {', '.join(COLUMNS)}, config.<key> or summary_metrics.<key>."
    raise _fault("/order", "unknown-column", detail)


def parse_field(name: str, pointer: str) -> Field:
    """The field of a name.

    Raises:
        InvalidError: there is none.
    """
    if name in _TEXTS:
        return Field("text", _TEXTS[name])
    if name in _TIMES:
        return Field("time", _TIMES[name])
    if name in ("duration", "tags"):
        return Field(cast("Part", name))
    part, dot, key = name.partition(".")
    if dot and key and part in _MAPPINGS:
        key = key.removesuffix(".value") if part == "config" else key
        if len(key) > MAX_KEY:
            raise _fault(pointer, "too-long", f"A key has at most {MAX_KEY} characters.")
        return Field(_MAPPINGS[part], key)
    known = ", ".join([*_TEXTS, *_TIMES, "duration", "tags"])
    detail = f"A field is one of {known}, config.<key> or summary_metrics.<key>."
    raise _fault(pointer, "unknown-field", detail)


class _Parser:
    """Reads one filter; counts what it holds."""

    def __init__(self) -> None:
        self._conditions = 0

    def mapping(self, said: object, at: str, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise _fault(at, "too-deep", f"A filter is nested at most {MAX_DEPTH} deep.")
        if not isinstance(said, Mapping):
            raise _fault(at, "invalid", "A filter is an object of fields and operators.")
        items = cast("Mapping[str, object]", said).items()
        return _all([self._item(name, value, _below(at, name), depth) for name, value in items])

    def _item(self, name: str, value: object, at: str, depth: int) -> Condition:
        match name:
            case "$and":
                return _all(self._list(value, at, depth))
            case "$or":
                return AnyOf(tuple(self._list(value, at, depth)))
            case "$nor":
                return Not(AnyOf(tuple(self._list(value, at, depth))))
            case "$not":
                return Not(self.mapping(value, at, depth + 1))
            case _ if name.startswith("$"):
                detail = "Here stands a field, or $and, $or, $nor or $not."
                raise _fault(at, "unknown-operator", detail)
            case _:
                return self._field(parse_field(name, at), value, at, depth)

    def _list(self, value: object, at: str, depth: int) -> list[Condition]:
        if not isinstance(value, list) or not value:
            raise _fault(at, "invalid", "This operator takes a list of filters.")
        return [
            self.mapping(each, f"{at}/{n}", depth + 1)
            for n, each in enumerate(cast("list[object]", value))
        ]

    def _field(self, field: Field, value: object, at: str, depth: int) -> Condition:
        """What is said of one field: a value, or operators."""
        if depth > MAX_DEPTH:
            raise _fault(at, "too-deep", f"A filter is nested at most {MAX_DEPTH} deep.")
        if not isinstance(value, Mapping):
            return self._operator(field, "$eq", value, at, depth)
        said = cast("Mapping[str, object]", value)
        if not said:
            raise _fault(at, "invalid", "An object here holds operators, such as $gt.")
        return _all([self._operator(field, n, v, _below(at, n), depth) for n, v in said.items()])

    def _operator(self, field: Field, name: str, value: object, at: str, depth: int) -> Condition:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise _fault(at, "too-many-items", f"A filter has at most {MAX_CONDITIONS} conditions.")
        if name == "$not":
            return Not(self._field(field, value, at, depth + 1))
        if (order := _ORDERS.get(name)) is not None:
            return Compare(field, order, _scalar(field, value, at))
        read = _READERS.get(name)
        if read is None:
            known = " ".join(["$not", *_ORDERS, *_READERS])
            raise _fault(at, "unknown-operator", f"An operator of a field is one of {known}.")
        return read(field, value, at)


def _all(of: Sequence[Condition]) -> Condition:
    return of[0] if len(of) == 1 else All(tuple(of))


def _equal(field: Field, value: object, at: str) -> Condition:
    if value is None:
        return Not(Exists(field))
    if field.part == "tags" and isinstance(value, list):
        each = [OneOf(field, (tag,)) for tag in _values(field, cast("list[object]", value), at)]
        return _all(each)
    said = _scalar(field, value, at)
    states = _STATES.get(str(said)) if field == Field("text", "state") else None
    if states is not None:
        return OneOf(field, states)
    if field.part == "tags":
        return OneOf(field, (said,))
    return Compare(field, "eq", said)


def _one_of(field: Field, value: object, at: str) -> Condition:
    if not isinstance(value, list):
        raise _fault(at, "invalid", "This operator takes a list of values.")
    given = cast("list[object]", value)
    values = _values(field, [each for each in given if each is not None], at)
    if field == Field("text", "state"):
        values = [state for each in values for state in _STATES.get(str(each), (each,))]
    found: Condition = OneOf(field, tuple(values))
    return AnyOf((found, Not(Exists(field)))) if None in given else found


def _values(field: Field, said: Sequence[object], at: str) -> list[Scalar | Ago]:
    if len(said) > MAX_VALUES:
        raise _fault(at, "too-many-items", f"At most {MAX_VALUES} values.")
    return [_scalar(field, each, f"{at}/{n}") for n, each in enumerate(said)]


def _exists(field: Field, value: object, at: str) -> Condition:
    if not isinstance(value, (bool, int)):
        raise _fault(at, "invalid", "$exists is true or false.")
    return Exists(field) if value else Not(Exists(field))


def _contains(field: Field, value: object, at: str) -> Condition:
    text = _text(field, value, at)
    return OneOf(field, (text,)) if field.part == "tags" else Contains(field, text)


def _matches(field: Field, value: object, at: str) -> Condition:
    pattern = _text(field, value, at)
    try:
        compiled(pattern)
    except ValueError as error:
        raise _fault(at, "bad-pattern", str(error)) from None
    return Matches(field, pattern)


def _text(field: Field, value: object, at: str) -> str:
    if field.part in ("time", "duration"):
        raise _fault(at, "bad-value", "This field is no text.")
    if not isinstance(value, str) or len(value) > MAX_VALUE or "\x00" in value:
        raise _fault(at, "bad-value", f"A text of at most {MAX_VALUE} characters.")
    return value


_READERS: Final[Mapping[str, Callable[[Field, object, str], Condition]]] = {
    "$eq": _equal,
    "$ne": lambda field, value, at: Not(_equal(field, value, at)),
    "$in": _one_of,
    "$nin": lambda field, value, at: Not(_one_of(field, value, at)),
    "$exists": _exists,
    "$regex": _matches,
    "$contains": _contains,
}


def _scalar(field: Field, value: object, at: str) -> Scalar | Ago:
    """A value that the field can be compared with; times and durations in microseconds."""
    if field.part == "time":
        return _time(value, at)
    if field.part == "duration":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _fault(at, "bad-value", "A duration is a number of seconds.")
        return _bounded(value * 1e6, at)
    if isinstance(value, str):
        if len(value) > MAX_VALUE or "\x00" in value:
            raise _fault(at, "bad-value", f"A text of at most {MAX_VALUE} characters.")
        return value
    if isinstance(value, (bool, int, float)):
        return value if isinstance(value, bool) else _bounded(value, at)
    raise _fault(at, "bad-value", "A value is a text, a number, true, false or null.")


_LONGEST: Final = 100 * 366 * 86_400.0
_DIGITS: Final = re.compile(r"(\.\d{6})\d+")


def _time(value: object, at: str) -> int | Ago:
    """Microseconds since the epoch, of ISO 8601, or of a number of seconds or microseconds."""
    detail = "A time is ISO 8601, a span such as -7d, or a number of seconds since the epoch."
    if isinstance(value, str) and value.startswith("-"):
        span = read_span(value[1:])
        if span is None or span > _LONGEST:
            raise _fault(at, "bad-value", detail)
        return Ago(round(span * 1e6))
    if isinstance(value, str) and len(value) <= 64:
        try:
            time = datetime.fromisoformat(_DIGITS.sub(r"\1", value))
        except ValueError:
            raise _fault(at, "bad-value", detail) from None
        return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1e6)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _fault(at, "bad-value", detail)
    return int(_bounded(value if abs(value) >= 1e14 else value * 1e6, at))


def _bounded(value: float, at: str) -> int | float:
    """The number, if a database can compare with it."""
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise _fault(at, "bad-value", "An integer here has at most 64 bits.")
    if value != value or abs(value) >= 1e300:
        raise _fault(at, "bad-value", "A number here is finite.")
    return value


def _below(at: str, name: Any) -> str:
    return f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}"


def _fault(pointer: str, code: str, detail: str) -> InvalidError:
    return InvalidError("The filter is wrong.", faults=[Fault(pointer, code, detail)])
