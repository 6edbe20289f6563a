"""Metric body: a batch of points as JSON, read into columns."""

from __future__ import annotations

from typing import Any

import msgspec

from wanllmdb_server.domain.errors import InvalidError
from wanllmdb_server.fronts.rest.metric_items import Int64, Item, Time, Told, gather, time_of
from wanllmdb_server.fronts.rest.usual_batch import read_usual


def read_batch(content: bytes) -> Told:
    """The points of a body.

    Raises:
        MalformedError, TooLargeError, InvalidError: as `gather`.
    """
    return read_usual(content) or gather(content, point_or_row)


class _Point(msgspec.Struct):
    """One item as it comes; what else it says is not ours."""

    run_id: str
    value: Any = msgspec.UNSET
    values: dict[str, Any] | None = None
    key: str | None = None
    metric_name: str | None = None
    step: Int64 | None = None
    timestamp: Time | str | None = None


def point_or_row(item: object) -> Item:
    """What an item says; raises if it says nothing that can be kept."""
    said = msgspec.convert(item, _Point)
    values = _values(said)
    return Item(said.run_id, values, said.step, time_of(said.timestamp))


def _values(said: _Point) -> dict[str, Any]:
    """The points of an item: one, or a row of them."""
    key = said.key or said.metric_name
    if said.values is None:
        if not key:
            raise InvalidError("A point says its key.", code="missing-key")
        if said.value is msgspec.UNSET:
            raise InvalidError("A point says its value.", code="missing-value")
        return {key: said.value}
    if key or said.value is not msgspec.UNSET:
        raise InvalidError("Either `key` and `value`, or `values`.", code="ambiguous-point")
    if not said.values:
        raise InvalidError("A row has values.", code="missing-value")
    return said.values
