"""Presets: the charts that need nothing but columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.table import Table
from wanllmdb.plot.custom_chart import CustomChart, plot_table
from wanllmdb.values import is_array


@guarded(raises=MISUSE)
def line(
    table: Table,
    x: str,
    y: str,
    stroke: str | None = None,
    title: str = "",
    split_table: bool = False,
) -> CustomChart:
    """A line of `y` over `x`; one for each value of the column `stroke`, if there is one."""
    fields = {"x": x, "y": y, "stroke": stroke}
    return plot_table("wandb/line/v0", table, fields, {"title": title}, split_table)


@guarded(raises=MISUSE)
def scatter(
    table: Table, x: str, y: str, title: str = "", split_table: bool = False
) -> CustomChart:
    """A point for each row."""
    fields = {"x": x, "y": y}
    return plot_table("wandb/scatter/v0", table, fields, {"title": title}, split_table)


@guarded(raises=MISUSE)
def bar(
    table: Table, label: str, value: str, title: str = "", split_table: bool = False
) -> CustomChart:
    """A bar for each row, as long as `value` says."""
    fields = {"label": label, "value": value}
    return plot_table("wandb/bar/v0", table, fields, {"title": title}, split_table)


@guarded(raises=MISUSE)
def histogram(table: Table, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """How often the values of a column occur."""
    fields = {"value": value}
    return plot_table("wandb/histogram/v0", table, fields, {"title": title}, split_table)


@guarded(raises=MISUSE)
def line_series(
    xs: Iterable[Any],
    ys: Iterable[Iterable[Any]],
    keys: Iterable[str] | None = None,
    title: str = "",
    xname: str = "x",
    split_table: bool = False,
) -> CustomChart:
    """Several lines.

    Args:
        xs: of all lines, or for each line its own.
        ys: for each line its own.
        keys: what the lines are called.
        title: of the chart.
        xname: of the axis.
        split_table: whether the table is kept apart from the user's own tables.

    Raises:
        ValueError: there are not as many of the ones as of the others.
        TypeError: `ys` has no lines.
    """
    lines = [_listed(each) for each in _listed(ys)]
    names = [f"line_{number}" for number in range(len(lines))] if keys is None else list(keys)
    if len(names) != len(lines):
        raise ValueError(f"{len(names)} keys for {len(lines)} lines.")
    table = Table(columns=["step", "lineKey", "lineVal"], allow_mixed_types=True)
    for places, name, heights in zip(_places(xs, len(lines)), names, lines, strict=True):
        for x, y in zip(places, heights, strict=False):
            table.add_data(x, name, y)
    fields = {"step": "step", "lineKey": "lineKey", "lineVal": "lineVal"}
    texts = {"title": title, "xname": xname}
    return plot_table("wandb/lineseries/v0", table, fields, texts, split_table)


def _places(xs: Iterable[Any], count: int) -> list[list[Any]]:
    """The x of each line."""
    given = _listed(xs)
    if not given or not _is_many(given[0]):
        return [given] * count
    if len(given) != count:
        raise ValueError(f"{len(given)} series of x for {count} lines.")
    return [_listed(each) for each in given]


def _is_many(value: Any) -> bool:
    return len(value.shape) > 0 if is_array(value) else isinstance(value, Iterable)


def _listed(values: Any) -> list[Any]:
    return values.tolist() if hasattr(values, "tolist") else list(values)
