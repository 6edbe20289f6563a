"""System body: readings of a machine as JSON, one figure an item or a whole reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from wanllmdb_server.domain.errors import InvalidError
from wanllmdb_server.domain.reading import reading_of, system_key
from wanllmdb_server.fronts.rest.metric_items import Int64, Item, Time, Told, gather, time_of

_HEAD = frozenset(["run_id", "step", "timestamp"])
_LONG = frozenset(["key", "metric_name", "value"])
_NESTED = ("values", "metrics")


class _Head(msgspec.Struct):
    """What every item says."""

    run_id: str
    step: Int64 | None = None
    timestamp: Time | str | None = None


def read_system_batch(content: bytes) -> Told:
    """The figures of a body, under the names of their series.

    Raises:
        MalformedError, TooLargeError, InvalidError: as `gather`.
    """
    return gather(content, _reading)


def _reading(item: object) -> Item:
    head = msgspec.convert(item, _Head)
    figures = _figures(cast("Mapping[str, Any]", item))
    return Item(head.run_id, figures, head.step, time_of(head.timestamp))


def _figures(item: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an item by key."""
    rest = {name: value for name, value in item.items() if name not in _HEAD}
    if rest.keys() & _LONG:
        return _figure(rest)
    for name in _NESTED:
        if isinstance(rest.get(name), dict):
            rest |= cast("dict[str, Any]", rest.pop(name))
    if not rest:
        raise InvalidError("A reading has figures.", code="missing-value")
    return reading_of(rest)


def _figure(said: Mapping[str, Any]) -> dict[str, Any]:
    """The one figure of an item: a name and a value."""
    name = said.get("key") or said.get("metric_name")
    if not isinstance(name, str):
        raise InvalidError("A figure says its `metric_name`.", code="missing-key")
    if "value" not in said:
        raise InvalidError("A figure says its value.", code="missing-value")
    value = said["value"]
    if system_key(name)[1] != 1.0 and isinstance(value, (int, float)):
        return reading_of({name: value})
    return {system_key(name)[0]: value}
