"""Table: columns and rows that belong together, kept as one file of JSON.

An incremental table is kept in parts: each time it is logged, the rows that are new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary

from wanllmdb.errors import UsageError
from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media import cells, frames
from wanllmdb.media.cells import MIXED
from wanllmdb.media.media import Read, WBValue
from wanllmdb.media.sheet import MAX_ROWS, Logged, Sheet, check_length, kinds_of
from wanllmdb.media.shelf import Shelf

_MODES: Final = ("IMMUTABLE", "MUTABLE", "INCREMENTAL")


class Table(WBValue):
    """Rows under named columns: `Table(columns=["x", "y"], data=[[1, 2]])`.

    Args:
        columns: their names; those of the data frame if there is one.
        data: the rows, each as long as there are columns; or an array, or a data frame.
        rows: an older name of `data`.
        dataframe: of pandas or polars, instead of both.
        dtype: what every column holds, or each of them: `str`, `int`, `float`, `bool`.
        optional: whether a column may have None: for all of them, or for each.
        allow_mixed_types: whether a column may have values of several kinds.
        log_mode: "IMMUTABLE" or "MUTABLE": the whole table is kept whenever it is logged;
            "INCREMENTAL": the rows that were added since.

    Raises:
        TypeError: a row is none, or mixes kinds in a column.
        ValueError: a row has another length than there are columns, or the mode is unknown.
    """

    MAX_ROWS: ClassVar[int] = MAX_ROWS
    MAX_ARTIFACT_ROWS: ClassVar[int] = MAX_ROWS
    _log_type = "table-file"

    @guarded(raises=MISUSE)
    def __init__(
        self,
        columns: Sequence[Any] | None = None,
        data: Any = None,
        rows: Iterable[Sequence[Any]] | None = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: bool | Sequence[bool] = True,
        allow_mixed_types: bool = False,
        log_mode: str | None = "IMMUTABLE",
    ) -> None:
        self._mixed = allow_mixed_types
        self.log_mode = log_mode or "IMMUTABLE"
        if self.log_mode not in _MODES:
            raise ValueError(f"A table's log_mode is one of {', '.join(_MODES)}.")
        self._logged: WeakKeyDictionary[Any, dict[str, Logged]] = WeakKeyDictionary()
        self.data: list[list[Any]] = []
        given = data if data is not None else rows
        if dataframe is None and frames.is_frame(given):
            dataframe = given
        if dataframe is not None:
            columns, given = frames.opened(dataframe)
        self.columns: list[Any] = _columns(columns)
        self._kinds = [cells.kind_of_type(each) for each in self._per_column(dtype, "dtype")]
        self._known_rows = 0  # whose kinds are known
        self._optional = [bool(each) for each in self._per_column(optional, "optional")]
        for row in frames.rows_of(given):
            self.add_data(*row)

    def _per_column(self, given: Any, what: str) -> list[Any]:
        if not isinstance(given, (list, tuple)):
            return [given] * len(self.columns)
        if len(given) != len(self.columns):
            raise ValueError(f"{what}= has {len(given)} entries for {len(self.columns)} columns.")
        return list(given)

    # What it is told.

    @guarded(raises=MISUSE)
    def add_data(self, *data: Any) -> None:
        """Add a row at the end.

        Raises:
            ValueError: it has not a value for each column.
            TypeError: a value is of another kind than its column.
        """
        if len(data) != len(self.columns):
            raise ValueError(
                f"This table has {len(self.columns)} columns; the row has {len(data)} values."
            )
        kinds = [
            self._checked(*each)
            for each in zip(self.columns, self._kinds, self._optional, data, strict=True)
        ]
        self._kinds = kinds
        self.data.append(list(data))
        self._known_rows += 1

    def add_row(self, *row: Any) -> None:
        """An older name of `add_data`."""
        self.add_data(*row)

    @guarded(raises=MISUSE)
    def add_column(self, name: Any, data: Sequence[Any], optional: bool = False) -> None:
        """Add a column at the right.

        Raises:
            ValueError: it is not as long as the table.
            TypeError: its values are of several kinds.
        """
        del optional
        self._check_open("add_column")
        values = list(frames.values_of(data))
        if self.columns and self.data and len(values) != len(self.data):
            raise ValueError(f"This table has {len(self.data)} rows; the column has {len(values)}.")
        kind = ""
        for value in values:
            kind = self._checked(name, kind, True, value)
        self.columns.extend(_columns([name]))
        self._kinds.append(kind)
        self._optional.append(True)
        rows = self.data or [[] for _ in values]
        self.data = [[*row, value] for row, value in zip(rows, values, strict=True)]
        self._known_rows = self._known_rows or len(self.data)

    @guarded(raises=MISUSE)
    def add_computed_columns(self, fn: Callable[[int, dict[Any, Any]], Mapping[Any, Any]]) -> None:
        """Add the columns that `fn(number, row)` makes of every row, which it gets as a dict."""
        self._check_open("add_computed_columns")
        found: dict[Any, list[Any]] = {}
        for number, row in enumerate(self.data):
            made = fn(number, dict(zip(self.columns, row, strict=True)))
            for name, value in made.items():
                found.setdefault(name, [None] * number).append(value)
            for values in found.values():
                values.extend([None] * (number + 1 - len(values)))
        for name, values in found.items():
            self.add_column(name, values)

    @guarded(raises=MISUSE)
    def cast(self, col_name: Any, dtype: Any, optional: bool = False) -> Any:
        """Declare what a column holds; its values stay as they are.

        Raises:
            TypeError: it holds something else already.
        """
        index = self._index(col_name)
        kind = cells.kind_of_type(dtype)
        for row in self.data:
            self._checked(col_name, kind, True, row[index])
        self._kinds[index] = kind
        self._optional[index] = self._optional[index] or optional
        return dtype

    def set_pk(self, col_name: Any) -> None:
        """Of wandb; means nothing here."""
        self._index(col_name)

    def set_fk(self, col_name: Any, table: Table, table_col: Any) -> None:
        """Of wandb; means nothing here."""
        del table, table_col
        self._index(col_name)

    # What it is asked.

    @guarded(raises=MISUSE)
    def get_column(self, name: Any, convert_to: str | None = None) -> Any:
        """The values of a column, as a list, or an array with `convert_to="numpy"`.

        Raises:
            ValueError: there is no such column.
        """
        index = self._index(name)
        found = [row[index] for row in self.data]
        if convert_to == "numpy":
            import numpy

            return numpy.array(found)
        return found

    def get_index(self) -> list[int]:
        """The numbers of the rows."""
        return list(range(len(self.data)))

    def index_ref(self, index: int) -> int:
        """The number of a row."""
        return self.get_index()[index]

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """Number and values of each row."""
        return enumerate(self.data)

    def get_dataframe(self) -> Any:
        """The table as a pandas data frame."""
        import pandas  # pyright: ignore[reportMissingImports]

        return pandas.DataFrame(self.data, columns=self.columns)

    def has_been_logged(self) -> bool:
        """Whether a run that still goes on has it."""
        return bool(self._logged)

    # What is kept of it.

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        sheet = self._sheet()
        if shelf.is_artifact:
            return sheet.document(shelf, key)
        logged = self._logged.setdefault(shelf, {})
        if self.log_mode == "INCREMENTAL":
            return sheet.increment(shelf, key, logged.setdefault(key, Logged()))
        return sheet.kept(shelf, key)

    def _sheet(self) -> Sheet:
        """What it is now: `data` may have been changed behind our back."""
        if self._mixed or self._known_rows != len(self.data):
            check_length(len(self.data) if self.log_mode != "INCREMENTAL" else 0)
            kinds = kinds_of(self.data, len(self.columns))
        else:
            kinds = [kind or MIXED for kind in self._kinds]
        return Sheet(self.columns, self.data, kinds, self.log_mode)

    @classmethod
    def from_artifact_files(cls, document: Mapping[str, Any], read: Read) -> Table:
        columns = list(document["columns"])
        types = document.get("column_types", {}).get("params", {}).get("type_map", {})
        kinds = [str(types.get(str(name), {}).get("wb_type", MIXED)) for name in columns]
        made = cls(columns=columns, allow_mixed_types=True, log_mode=document.get("log_mode"))
        for row in document["data"]:
            made.add_data(
                *(cells.read(cell, kind, read) for cell, kind in zip(row, kinds, strict=True))
            )
        return made

    def __getstate__(self) -> dict[str, Any]:
        """In another process no run has it yet."""
        return {name: value for name, value in vars(self).items() if name != "_logged"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _logged=WeakKeyDictionary())

    def _index(self, name: Any) -> int:
        if name not in self.columns:
            raise ValueError(f"This table has no column {name!r}.")
        return self.columns.index(name)

    def _check_open(self, call: str) -> None:
        if self.log_mode == "INCREMENTAL" and self._logged:
            raise UsageError(f"{call}: an incremental table that is logged gets rows only.")

    def _checked(self, name: Any, known: str, optional: bool, value: Any) -> str:
        """What a column holds with this value; `TypeError` if they do not go together."""
        if self._mixed or known == MIXED:
            return known
        if value is None and not optional:
            raise TypeError(f"Column {name!r} was given None, and is not optional.")
        kind = cells.kind_of(value)
        if kind and known and kind != known:
            raise TypeError(
                f"Column {name!r} holds {known} and was given {kind}. "
                "Pass allow_mixed_types=True to mix them."
            )
        return known or kind


class EvalTable(Table):
    """A table of an evaluation. What tells its inputs, outputs and scores apart is not kept."""

    @guarded(raises=MISUSE)
    def __init__(
        self,
        *arguments: Any,
        input_columns: Sequence[str] | None = None,
        output_columns: Sequence[str] | None = None,
        score_columns: Sequence[str] | None = None,
        backend: Any = None,
        unsupported_media_mode: str = "stub",
        **keywords: Any,
    ) -> None:
        del input_columns, output_columns, score_columns, backend, unsupported_media_mode
        super().__init__(*arguments, **keywords)


def _columns(given: Any) -> list[Any]:
    """The names of columns: strings and whole numbers as they are, others as they are written."""
    found = ("Input", "Output", "Expected") if given is None else given
    return [each if type(each) in {str, int} else str(each) for each in found]
