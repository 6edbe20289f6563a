"""Metric items: a batch of points as JSON, read strictly and item by item.

Each fault is named by its item, and by its key where an item has several points; the other
points of the batch are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from wanllmdb import wire
from wanllmdb_server.domain.errors import Fault, InvalidError, ServerError
from wanllmdb_server.domain.metric import MAX_METRICS, Rejection, Sheet, number
from wanllmdb_server.fronts.rest.json_body import strict_json

MAX_BATCH_ID: Final = 64
_INT64: Final = 1 << 63
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Int64 = Annotated[int, msgspec.Meta(ge=-_INT64, le=_INT64 - 1)]
Time = Annotated[int, msgspec.Meta(ge=0, le=_INT64 - 1)]


@dataclass(frozen=True, slots=True)
class Told:
    """What a body says.

    Attributes:
        sheet: the points that can be kept, as far as the body tells.
        batch_id: None if it has none.
        rejected: those that cannot.
        items: where several points stand in one item, the item of each place.
    """

    sheet: Sheet
    batch_id: str | None
    rejected: list[Rejection] = field(default_factory=list)
    items: Sequence[int] | None = None


class Item(NamedTuple):
    """What an item says: the points of one moment, by key."""

    run: str
    values: Mapping[str, object]
    step: int | None
    time: int | None


class _Body(msgspec.Struct):
    metrics: list[Any]
    batch_id: str | None = None


@dataclass(slots=True)
class _Gathering:
    """Points and refusals, gathered item by item."""

    points: list[tuple[int, str, str, float, int | None, int | None]] = field(
        default_factory=list[Any]
    )
    rejected: list[Rejection] = field(default_factory=list[Rejection])
    items: list[int] = field(default_factory=list[int])

    def take(self, index: int, item: object, read: Callable[[Any], Item]) -> None:
        """The points of an item; or that nothing is kept of it, and why."""
        try:
            self._add(index, read(item))
        except (msgspec.ValidationError, ServerError) as error:
            code = error.code if isinstance(error, ServerError) else "invalid"
            self.items.append(index)
            self.rejected.append(Rejection(index, code, str(error)))

    def _add(self, index: int, item: Item) -> None:
        for key, value in item.values.items():
            place = len(self.items)
            self.items.append(index)
            fault = key_fault(key) or _value_fault(value)
            if fault is not None:
                named = key if len(item.values) > 1 else None
                self.rejected.append(Rejection(index, *fault, named))
            else:
                found = number(value)
                assert found is not None  # noqa: S101 - as `_value_fault` said
                self.points.append((place, item.run, key, found, item.step, item.time))

    def told(self, batch_id: str | None) -> Told:
        """What was gathered."""
        if len(self.items) > MAX_METRICS:
            raise refusal("/metrics", "too-many-items", f"At most {MAX_METRICS} points in all.")
        columns = zip(*self.points, strict=True) if self.points else ((),) * 6
        return Told(Sheet(*columns), batch_id, self.rejected, self.items)


def gather(content: bytes, read: Callable[[Any], Item]) -> Told:
    """The points of any batch, read strictly and item by item.

    Raises:
        MalformedError, TooLargeError: it is no JSON as this API takes it.
        InvalidError: it is no batch of 1 to 1000 points.
    """
    try:
        body = msgspec.convert(strict_json(content), _Body)
    except msgspec.ValidationError as error:
        raise refusal(_pointer(error), "invalid", str(error)) from error
    if not 1 <= len(body.metrics) <= MAX_METRICS:
        raise refusal("/metrics", "too-many-items", f"From 1 to {MAX_METRICS} metrics.")
    gathering = _Gathering()
    for index, item in enumerate(body.metrics):
        gathering.take(index, item, read)
    return gathering.told(checked_id(body.batch_id))


def refusal(pointer: str, code: str, detail: str) -> InvalidError:
    """The whole batch is refused."""
    return InvalidError(detail, faults=[Fault(pointer, code, detail)])


def key_fault(key: str) -> tuple[str, str] | None:
    """Why this is the key of no series: code and detail."""
    if not key:
        return "missing-key", "A point says its key."
    if len(key) * 4 > wire.MAX_KEY_BYTES and len(key.encode()) > wire.MAX_KEY_BYTES:
        return "key-too-long", f"A key has at most {wire.MAX_KEY_BYTES} bytes."
    return None


def _value_fault(value: object) -> tuple[str, str] | None:
    if number(value) is not None:
        return None
    return "bad-value", 'A value is a number, "NaN", "Infinity" or "-Infinity".'


def time_of(said: int | str | None) -> int | None:
    """Microseconds since the epoch."""
    if not isinstance(said, str):
        return said
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidError(
            "A timestamp is RFC 3339 with its zone, or microseconds since the epoch.",
            code="bad-timestamp",
        )
    return max(0, round((moment - _EPOCH) / _MICROSECOND))


def checked_id(said: str | None) -> str | None:
    """The id of a batch, if it can be one."""
    if said is not None and not 1 <= len(said) <= MAX_BATCH_ID:
        raise refusal("/batch_id", "too-long", f"From 1 to {MAX_BATCH_ID} characters.")
    return said


def _pointer(error: msgspec.ValidationError) -> str:
    """Where msgspec found the fault: it says `$.metrics` at the end of its message."""
    _, _, path = str(error).rpartition("`$")
    return "/".join(_parts(path.rstrip("`")))


def _parts(path: str) -> Iterator[str]:
    yield ""
    yield from (part for part in path.split(".") if part)
