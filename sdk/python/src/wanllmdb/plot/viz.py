"""Visualize: a table, and the name of somebody's chart that draws it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.media import WBValue
from wanllmdb.media.shelf import Shelf
from wanllmdb.media.table import Table
from wanllmdb.plot.custom_chart import checked_table


@dataclass(frozen=True)
class VisualizeSpec:
    """Which chart, under which key."""

    name: str
    key: str = ""

    @property
    def config_key(self) -> tuple[str, str, str]:
        """Where the config describes it."""
        return ("_wandb", "viz", self.key)

    @property
    def config_value(self) -> dict[str, Any]:
        """How the config describes it."""
        return {"id": self.name, "historyFieldSettings": {"x-axis": "_step", "key": self.key}}


class Visualize(WBValue):
    """A table that a chart of this name draws; it stands in the row as a table."""

    @guarded(raises=MISUSE)
    def __init__(self, table: Table, spec: VisualizeSpec) -> None:
        self.table = checked_table(table)
        self.spec = spec

    def set_key(self, key: str) -> None:
        """Say what it is logged under; whoever logs it knows better."""
        self.spec = replace(self.spec, key=key)

    def description(self, key: str) -> tuple[str, dict[str, Any]]:
        return "viz", replace(self.spec, key=key).config_value

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        return self.table.said(shelf, key)


@guarded(raises=MISUSE)
def visualize(id: str, value: Table) -> Visualize:  # noqa: A002 - wandb's word
    """The table, drawn by the chart of this name."""
    return Visualize(value, VisualizeSpec(str(id)))
