"""Metric: points that came as JSON, as columns, and the steps they get when they say none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

MAX_METRICS: Final = 1000  # points in one JSON batch
EXACT: Final = 1 << 53  # integers beyond do not all fit a float64
_INT64: Final = 1 << 63

Value = TypeVar("Value")

# Numbers that JSON has no word for.
SPECIAL: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Points of a batch: parallel columns, for there are many and each is small.

    Attributes:
        place: of each in its batch, from 0; ascending.
        run: "owner/project/id" or a bare id.
        key: its series.
        value: a finite or special number.
        step: None goes on from the last one of its series.
        time: in microseconds since the epoch; None is now.
    """

    place: Sequence[int]
    run: Sequence[str]
    key: Sequence[str]
    value: Sequence[float]
    step: Sequence[int | None]
    time: Sequence[int | None]

    def __len__(self) -> int:
        return len(self.place)

    def at(self, rows: Sequence[int]) -> Sheet:
        """Some of the points, by their row here."""
        return Sheet(
            _picked(self.place, rows),
            _picked(self.run, rows),
            _picked(self.key, rows),
            _picked(self.value, rows),
            _picked(self.step, rows),
            _picked(self.time, rows),
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sender calls a batch, and what tells its content from that of another."""

    id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Rejection:
    """A point of a JSON batch that was not kept, by its place in the batch.

    `key` names it where several points stand at one place.
    """

    index: int
    code: str
    detail: str
    key: str | None = None


# What was logged at one moment, points that stand together in a batch: the first one's row in
# the sheet, the last one's place in the batch, step, time and values. There are many: a tuple.
Row = tuple[int, int, int, int, dict[str, float]]


class Steps:
    """The steps of points that do not say theirs: each key goes on from its last one."""

    def __init__(self, last: Mapping[str, int]) -> None:
        self._last = dict(last)

    def of(self, key: str, said: int | None) -> int:
        """The step of the next point."""
        step = self._last.get(key, -1) + 1 if said is None else said
        self._last[key] = max(step, self._last.get(key, step))
        return step


def rows_of(sheet: Sheet, steps: Sequence[int], times: Sequence[int]) -> list[Row]:
    """The points as rows: those that follow each other with one step and one time are one row."""
    rows: list[Row] = []
    values: dict[str, float] = {}
    first, place, step, time = 0, 0, 0, -1
    columns = zip(sheet.place, sheet.key, sheet.value, steps, times, strict=True)
    for at, (here, key, value, its_step, its_time) in enumerate(columns):
        if its_time != time or its_step != step or key in values:
            if values:
                rows.append((first, place, step, time, values))
            first, step, time, values = at, its_step, its_time, {}
        values[key] = value
        place = here
    if values:
        rows.append((first, place, step, time, values))
    return rows


def number(value: object) -> float | None:
    """The value as a store keeps numbers, None if it is none.

    Integers that a float64 may not hold stay integers while they fit 64 bits.
    """
    match value:
        case float():
            return value
        case int():
            if -EXACT < value < EXACT or not -_INT64 <= value < _INT64:
                return _as_float(value)
            return value
        case str():
            return SPECIAL.get(value)
        case _:
            return None


def _picked(column: Sequence[Value], rows: Sequence[int]) -> list[Value]:
    return [column[row] for row in rows]


def _as_float(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None
