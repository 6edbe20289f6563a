"""Panels: curves as a panel of the page shows them, with the names that people know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wanllmdb_server.domain.series import Curve, GroupCurve, Overview

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class DrawnCurve:
    """A run's curve and its x axis: float64, one for each bucket, in steps, seconds or values.

    `dropped` and `unplaced` are points that have no place on it (`axes.Along`).
    """

    run: str
    x: NDArray[np.float64]
    curve: Curve
    dropped: int = 0
    unplaced: int = 0


@dataclass(frozen=True, slots=True)
class DrawnGroup:
    """The common curve of some runs: their common values, their ids, and the curve."""

    values: Sequence[Any]
    runs: Sequence[str]
    curve: GroupCurve


@dataclass(frozen=True, slots=True)
class Panel:
    """One key of all runs asked, on one grid of `width` steps.

    Of the runs that are `damaged` the curve lacks what can no longer be read.
    """

    key: str
    width: int
    curves: Sequence[DrawnCurve]
    damaged: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class GroupPanel:
    """One key of all runs asked, by group; `width` is in steps, or in units of the axis."""

    key: str
    width: float
    names: Sequence[str]
    groups: Sequence[DrawnGroup]
    damaged: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """An answer: the runs that are not there, or not the asker's, and the panels as they come."""

    missing: Sequence[str]
    panels: AsyncIterator[Panel | GroupPanel]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of runs (ids, and the catalog's numbers), and runs that are not there."""

    runs: Sequence[str]
    numbers: Sequence[int]
    missing: Sequence[str]
    found: Overview


@dataclass(frozen=True, slots=True)
class CommonKey:
    """A key, and how many runs have it."""

    key: str
    kind: str
    runs: int
