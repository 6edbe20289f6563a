"""Frames: data frames, arrays and lists as the rows of a table. No library is imported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wanllmdb.values import is_array


def is_frame(value: Any) -> bool:
    """Whether a value is a data frame of any library."""
    return hasattr(value, "columns") and hasattr(value, "to_numpy")


def opened(frame: Any) -> tuple[list[Any], list[Sequence[Any]]]:
    """Names of the columns, and the rows of a data frame. Each column keeps its own type."""
    if not is_frame(frame):
        raise TypeError(f"A {type(frame).__name__} is no data frame.")
    columns = [each if type(each) is int else str(each) for each in frame.columns]
    if hasattr(frame, "iloc"):
        values = [frame.iloc[:, index].tolist() for index in range(len(columns))]
        return columns, [list(row) for row in zip(*values, strict=True)]
    if callable(getattr(frame, "rows", None)):
        return columns, list(frame.rows())
    return columns, frame.to_numpy().tolist()


def rows_of(given: Any) -> Iterable[Sequence[Any]]:
    """The rows that a table is made of.

    Raises:
        TypeError: they are none.
    """
    if given is None:
        return ()
    if is_array(given):
        if len(given.shape) < 2:
            raise TypeError(f"The rows of a table are an array of 2 dimensions, not {given.shape}.")
        given = given.tolist() if len(given.shape) == 2 else list(given)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"The rows of a table are a list of lists, not a {type(given).__name__}.")
    return [_row(each) for each in given]


def values_of(given: Any) -> Iterable[Any]:
    """The values of a column."""
    return given.tolist() if is_array(given) and len(given.shape) == 1 else given


def _row(given: Any) -> Sequence[Any]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"A row of a table is a list, not a {type(given).__name__}.")
    return list(given)
