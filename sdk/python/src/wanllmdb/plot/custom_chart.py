"""CustomChart: a table, and what of it is drawn how.

Logged, the table is a value of the row under a key of its own, and the config of the run
describes the chart, once for each key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wanllmdb.errors import ArgumentError
from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.media import WBValue
from wanllmdb.media.shelf import Shelf
from wanllmdb.media.table import Table


@dataclass(frozen=True)
class CustomChartSpec:
    """What is drawn how.

    Attributes:
        spec_name: of the chart: "wandb/line/v0".
        fields: roles of the chart to columns of the table.
        string_fields: texts of the chart: its title, the names of its axes.
        key: that it is logged under.
        panel_type: who draws it.
        split_table: whether the table is kept apart from the user's own tables.
    """

    spec_name: str
    fields: dict[str, Any]
    string_fields: dict[str, Any] = field(default_factory=dict[str, Any])
    key: str = ""
    panel_type: str = "Vega2"
    split_table: bool = False

    @property
    def table_key(self) -> str:
        """The key that the row has the table under."""
        return f"{'Custom Chart Tables/' if self.split_table else ''}{self.key}_table"

    @property
    def config_key(self) -> tuple[str, str, str]:
        """Where the config describes it."""
        return ("_wandb", "visualize", self.key)

    @property
    def config_value(self) -> dict[str, Any]:
        """How the config describes it."""
        runs = [{"name": name, "fields": []} for name in ("id", "name", "_defaultColorIndex")]
        table = {
            "name": "summaryTable",
            "args": [{"name": "tableKey", "value": self.table_key}],
            "fields": [],
        }
        query = {
            "name": "runSets",
            "args": [{"name": "runSets", "value": "${runSets}"}],
            "fields": [*runs, table],
        }
        return {
            "panel_type": self.panel_type,
            "panel_config": {
                "panelDefId": self.spec_name,
                "fieldSettings": self.fields,
                "stringSettings": self.string_fields,
                "transform": {"name": "tableWithLeafColNames"},
                "userQuery": {"queryFields": [query]},
            },
        }


class CustomChart(WBValue):
    """A chart of a row: `log({"roc": plot.roc_curve(truth, scores)})`.

    Args:
        table: what is drawn.
        spec: how.

    Raises:
        ArgumentError: it is no table.
    """

    @guarded(raises=MISUSE)
    def __init__(self, table: Table, spec: CustomChartSpec) -> None:
        self.table = checked_table(table)
        self.spec = spec

    def set_key(self, key: str) -> None:
        """Say what it is logged under; whoever logs it knows better."""
        self.spec = replace(self.spec, key=key)

    def row_key(self, key: str) -> str:
        return replace(self.spec, key=key).table_key

    def description(self, key: str) -> tuple[str, dict[str, Any]]:
        return "visualize", replace(self.spec, key=key).config_value

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        return self.table.said(shelf, key)


@guarded(raises=MISUSE)
def plot_table(
    vega_spec_name: str,
    data_table: Table,
    fields: Mapping[str, Any],
    string_fields: Mapping[str, Any] | None = None,
    split_table: bool = False,
) -> CustomChart:
    """A chart of any name.

    Args:
        vega_spec_name: of the chart: "wandb/area-under-curve/v0".
        data_table: what is drawn.
        fields: roles of the chart to columns of the table.
        string_fields: texts of the chart.
        split_table: whether the table is kept apart from the user's own tables.
    """
    spec = CustomChartSpec(
        spec_name=str(vega_spec_name),
        fields=dict(fields),
        string_fields=dict(string_fields or {}),
        split_table=split_table,
    )
    return CustomChart(data_table, spec)


def checked_table(given: Any) -> Table:
    """The table; `ArgumentError` if it is none."""
    if not isinstance(given, Table):
        raise ArgumentError(f"A chart is of a wandb.Table, not of a {type(given).__name__}.")
    return given
