"""Table: columns and rows that belong together, kept as one file of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.media import SavedFile, saved
from wanllmdb.values import LOGGED, Unloggable

MAX_ROWS: Final = 200_000
_MIME: Final = "application/json"


class Table:
    """Rows under named columns: `Table(columns=["x", "y"], data=[[1, 2]])`.

    Args:
        columns: their names; those of the data frame if there is one.
        data: the rows, each as long as there are columns.
        rows: an older name of `data`.
        dataframe: a pandas data frame, instead of both.
        dtype, optional, allow_mixed_types, log_mode: of wandb. Only a column whose values are
            of mixed kinds is refused, and only unless `allow_mixed_types` is true.

    Raises:
        TypeError: a row has another length, or mixes kinds in a column.
    """

    @guarded(raises=MISUSE)
    def __init__(
        self,
        columns: Sequence[Any] | None = None,
        data: Iterable[Sequence[Any]] | None = None,
        rows: Iterable[Sequence[Any]] | None = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: Any = True,
        allow_mixed_types: bool = False,
        log_mode: str | None = None,
    ) -> None:
        del dtype, optional, log_mode
        self._mixed = allow_mixed_types
        self._kinds: dict[int, str] = {}
        self.data: list[list[Any]] = []
        if dataframe is None and hasattr(data, "columns") and hasattr(data, "to_numpy"):
            dataframe = data
        if dataframe is not None:
            columns = [str(each) for each in dataframe.columns]
            data = dataframe.to_numpy().tolist()
        given = data if data is not None else rows
        self.columns: list[Any] = list(columns or ("Input", "Output", "Expected"))
        for row in given if given is not None else ():
            self.add_data(*row)

    @guarded(raises=MISUSE)
    def add_data(self, *row: Any) -> None:
        """Add a row at the end."""
        if len(row) != len(self.columns):
            raise ValueError(
                f"This table has {len(self.columns)} columns; the row has {len(row)} values."
            )
        if not self._mixed:
            for index, value in enumerate(row):
                self._check_kind(index, value)
        self.data.append(list(row))

    def add_column(self, name: str, data: Sequence[Any]) -> None:
        """Add a column at the right."""
        if self.data and len(data) != len(self.data):
            raise ValueError(f"This table has {len(self.data)} rows; the column has {len(data)}.")
        self.columns.append(name)
        rows = self.data or [[] for _ in data]
        self.data = [[*row, value] for row, value in zip(rows, data, strict=True)]

    def get_column(self, name: str, convert_to: str | None = None) -> Any:
        """The values of a column, as a list, or an array with `convert_to="numpy"`."""
        index = self.columns.index(name)
        found = [row[index] for row in self.data]
        if convert_to == "numpy":
            import numpy

            return numpy.array(found)
        return found

    def get_dataframe(self) -> Any:
        """The table as a pandas data frame."""
        import pandas  # pyright: ignore[reportMissingImports]

        return pandas.DataFrame(self.data, columns=self.columns)

    def save(self, folder: Path, key: str) -> tuple[dict[str, Any], SavedFile]:
        """Write the table below `folder`."""
        if len(self.data) > MAX_ROWS:
            raise Unloggable(f"a table of {len(self.data):,} rows; at most {MAX_ROWS:,} are kept")
        content = {
            "columns": self.columns,
            "data": [[_cell(value) for value in row] for row in self.data],
        }
        packed = json.dumps(content, default=str, allow_nan=False).encode()
        file = saved(folder, "table", key, ".table.json", _MIME, packed)
        said = file.said("table-file") | {"ncols": len(self.columns), "nrows": len(self.data)}
        return said, file

    def _check_kind(self, index: int, value: Any) -> None:
        kind = _kind(value)
        known = self._kinds.setdefault(index, kind) if kind else kind
        if kind and known != kind:
            raise TypeError(
                f"Column {self.columns[index]!r} holds {known} and was given {kind}. "
                "Pass allow_mixed_types=True to mix them."
            )


def _kind(value: Any) -> str:
    """What a column may hold together; "" fits everywhere."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)) or getattr(getattr(value, "dtype", None), "kind", "") in (
        "i",
        "u",
        "f",
    ):
        return "number"
    return "string" if isinstance(value, str) else type(value).__name__


def _cell(value: Any) -> Any:
    """A cell as JSON holds it: what is not finite is written as a word."""
    try:
        found = LOGGED.convert(value)
    except Unloggable:
        return f"[a value of type {type(value).__name__}]"
    if isinstance(found, float) and not math.isfinite(found):
        return str(found).replace("nan", "NaN").replace("inf", "Infinity")
    return found
