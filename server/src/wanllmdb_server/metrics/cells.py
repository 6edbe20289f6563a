"""Cells: rows of any kind taken apart value by value, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np

from wanllmdb.wire import MAX_DEPTH, MAX_KEY_BYTES, Kind, is_row
from wanllmdb_server.domain.console import console_key
from wanllmdb_server.domain.run import SYSTEM_PREFIX
from wanllmdb_server.metrics.chunk import Stretch
from wanllmdb_server.metrics.columns import Column, Columns, Object

EXACT: Final = 2.0**53  # integers beyond do not all fit a float64
TYPE_KEY: Final = "_type"


def from_rows(rows: Iterable[tuple[int, object]]) -> Columns:
    """Rows of any kind, value by value; None is no row."""
    positions: list[int] = []
    growing: dict[str, _Growing] = {}
    columns = Columns(np.empty(0, np.int64))
    for position, payload in rows:
        if payload is None:
            continue
        positions.append(position)
        if not is_row(payload):
            detail = "A row is [step, time, {key: value}] with integers of 64 bits."
            columns.rejected.append((position, "malformed-row", detail))
            continue
        step, time, values = cast("tuple[int, int, dict[str, Any]]", payload)
        for key, value, fault in _leaves("", values, 0):
            if fault is not None:
                columns.rejected.append((position, *fault))
            elif isinstance(value, (int, float)):
                column = growing.get(key)
                if column is None:
                    column = growing[key] = _Growing()
                _add(column, position, step, time, value)
            else:
                columns.objects.append(Object(position, step, time, key, value))
    columns.position = np.array(positions, np.int64)
    columns.numbers = {key: column.column() for key, column in growing.items()}
    return columns


def as_row(kind: int, payload: object, writer: str = "") -> object:
    """What a record says as a row of the store: None if it is none, an empty list if malformed.

    Each writer numbers the lines that it printed from 0: they are a series of its own.
    """
    if kind == Kind.ROW:
        return payload
    if kind == Kind.CONSOLE:
        match payload:
            case [("stdout" | "stderr") as stream, int(line), int(time), str(text)]:
                return [line, time, {console_key(stream, writer): text}]
            case _:
                return []
    if kind == Kind.SYSTEM:
        keys = payload[2] if is_row(payload) else {"": 0}  # type: ignore[index]
        return payload if all(str(key).startswith(SYSTEM_PREFIX) for key in keys) else []
    return None


def bad_key(key: str) -> tuple[str, str] | None:
    if len(key) * 4 > MAX_KEY_BYTES and len(key.encode()) > MAX_KEY_BYTES:
        return "bad-key", f"A key has at most {MAX_KEY_BYTES} bytes: {key[:40]}…"
    return None


@dataclass(slots=True)
class _Growing:
    position: list[int] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    extra: dict[int, int] = field(default_factory=dict)

    def column(self) -> Column:
        n = len(self.position)
        extra = None
        if self.extra:
            extra = np.zeros(n, np.int64)
            extra[list(self.extra)] = list(self.extra.values())
        points = Stretch(
            np.array(self.step, np.int64),
            np.array(self.time, np.int64),
            np.array(self.value, np.float64),
            extra,
        )
        return Column(np.array(self.position, np.int64), points)


def _add(column: _Growing, position: int, step: int, time: int, value: float) -> None:
    real = float(value)
    if isinstance(value, int) and abs(real) >= EXACT and int(real) != value:
        column.extra[len(column.value)] = value - int(real)
    column.position.append(position)
    column.step.append(step)
    column.time.append(time)
    column.value.append(real)


_Leaf = tuple[str, Any, tuple[str, str] | None]


def _leaves(prefix: str, values: dict[Any, Any], depth: int) -> Iterator[_Leaf]:
    """(key, value, fault) of each value, nested dicts flattened."""
    for name, value in values.items():
        if not isinstance(name, str):
            yield "", None, ("bad-key", f"A key is text, not {type(name).__name__}.")
            continue
        key = f"{prefix}{name}"
        if isinstance(value, dict) and value and TYPE_KEY not in value and depth < MAX_DEPTH:
            yield from _leaves(f"{key}.", value, depth + 1)
        else:
            scalar = value is None or isinstance(value, (float, int, str))
            fault = bad_key(key)
            yield key, value, fault or (None if scalar else _bad_value(key, value, depth))


def _bad_value(key: str, value: object, depth: int) -> tuple[str, str] | None:
    """Whether a value is nested deeper, or holds other things, than can be kept."""
    level = [value]
    while level:
        if any(not _is_known(each) for each in level):
            return "bad-value", f"The value of {key[:40]} holds what JSON has no word for."
        level = [inner for each in level for inner in _inside(each)]
        depth += bool(level)
        if depth > MAX_DEPTH:
            return "too-deep", f"The value of {key[:40]} is nested deeper than {MAX_DEPTH}."
    return None


def _is_known(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(name, str) for name in value)
    return value is None or isinstance(value, (float, int, str, list))


def _inside(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
