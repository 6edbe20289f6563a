"""Histograms: how the values of a column are spread over chosen runs, as a header shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from wanllmdb_server.catalog.column import NO_TEXT, Column, Ints, Reals
from wanllmdb_server.domain.query import Field

BINS: Final = 24
MAX_VALUES: Final = 12  # texts that are counted each by itself
_DECADES: Final = 3.0  # numbers that are further apart are looked at by their logarithms
_DURATION_US: Final = 1e6


@dataclass(frozen=True, slots=True)
class Histogram:
    """The numbers of a column in bins, or its commonest texts.

    Attributes:
        runs: how many have a number, or a text where none has a number.
        edges: of the bins, one more than `counts`; durations in seconds.
        counts: runs by bin; the greatest number is in the last one.
        values: texts with their runs, the commonest first.
    """

    runs: int
    edges: list[float] = field(default_factory=list[float])
    counts: list[int] = field(default_factory=list[int])
    values: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])


def histogram(of: Field, column: Column, rows: Ints) -> Histogram:
    """How the column is spread over the rows."""
    number = column.number[rows]
    number = number[np.isfinite(number)]
    if len(number):
        edges = _edges(number)
        counts = np.histogram(number, edges)[0]
        scale = _DURATION_US if of.part == "duration" else 1.0
        return Histogram(len(number), (edges / scale).tolist(), counts.tolist())
    text = column.text[rows]
    text = text[text != NO_TEXT]
    counts = np.bincount(text, minlength=1)
    common = np.argsort(-counts, kind="stable")[:MAX_VALUES]
    values = [(column.texts.of[at], int(counts[at])) for at in common.tolist() if counts[at]]
    return Histogram(len(text), values=values)


def _edges(number: Reals) -> Reals:
    """Of equal width, or of equal ratio where all is positive and far apart."""
    low, high = float(number.min()), float(number.max())
    if low == high:
        return np.array([low, high])
    if low > 0 and np.log10(high) - np.log10(low) > _DECADES:
        edges = np.geomspace(low, high, BINS + 1)
    else:
        edges = np.linspace(low, high, BINS + 1)
    edges[0], edges[-1] = low, high  # not beside them by a rounding
    return edges
