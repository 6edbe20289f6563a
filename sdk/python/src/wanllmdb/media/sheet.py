"""Sheet: what is kept of a table: all rows, those that are new, or an artifact's document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wanllmdb.media import cells
from wanllmdb.media.cells import MIXED, Cells
from wanllmdb.media.shelf import SavedFile, Shelf
from wanllmdb.values import Unloggable

MAX_ROWS: Final = 200_000
_MAX_PREVIOUS: Final = 100  # increments that a row names besides its own
_ENCODER: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


@dataclass
class Logged:
    """What a run has of an incremental table under one key."""

    rows: int = 0
    paths: list[str] = field(default_factory=list[str])
    said: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Sheet:
    """A table at the moment when it is kept.

    Attributes:
        columns: their names.
        rows: of as many values.
        kinds: what each column holds.
        mode: the table's `log_mode`.
    """

    columns: Sequence[Any]
    rows: Sequence[Sequence[Any]]
    kinds: Sequence[str]
    mode: str

    def kept(self, shelf: Shelf, key: str) -> dict[str, Any]:
        """What a row says of the whole table, once it is a file."""
        file = put(shelf, key, self._content(shelf, key, first=0))
        return file.said("table-file") | self._measure()

    def increment(self, shelf: Shelf, key: str, logged: Logged) -> dict[str, Any]:
        """What a row says of the rows that are new, once they are a file.

        Raises:
            Unloggable: there are fewer rows than there were.
        """
        first = logged.rows
        if len(self.rows) < first:
            raise Unloggable("an incremental table that has fewer rows than when it was logged")
        if len(self.rows) == first and logged.said:
            return dict(logged.said)
        part = {
            "increment_num": len(logged.paths),
            "previous": logged.paths[-1] if logged.paths else None,
        }
        file = put(shelf, key, self._content(shelf, key, first=first) | part)
        said = file.said("incremental-table-file") | self._measure()
        said |= {
            "increment_num": len(logged.paths),
            "first": first,
            "previous_increments_paths": logged.paths[-_MAX_PREVIOUS:],
        }
        logged.paths.append(file.path)
        logged.rows, logged.said = len(self.rows), said
        return dict(said)

    def document(self, shelf: Shelf, key: str) -> dict[str, Any]:
        """As an artifact has it: the document itself holds the rows."""
        types = {
            str(name): {"wb_type": kind}
            for name, kind in zip(self.columns, self.kinds, strict=True)
        }
        return {
            "_type": "table",
            "columns": list(self.columns),
            "data": self._cells(shelf, key, first=0),
            "column_types": {"wb_type": "typedDict", "params": {"type_map": types}},
            **self._measure(),
        }

    def _content(self, shelf: Shelf, key: str, *, first: int) -> dict[str, Any]:
        data = self._cells(shelf, key, first=first)
        return {"columns": list(self.columns), "data": data, "types": list(self.kinds)}

    def _cells(self, shelf: Shelf, key: str, *, first: int) -> list[list[Any]]:
        check_length(len(self.rows) - first)
        cell = Cells(shelf, key)
        return [
            [cell(value, kind) for value, kind in zip(row, self.kinds, strict=True)]
            for row in (self.rows[first:] if first else self.rows)
        ]

    def _measure(self) -> dict[str, Any]:
        return {"ncols": len(self.columns), "nrows": len(self.rows), "log_mode": self.mode}


def check_length(count: int) -> None:
    """Raise `Unloggable` if so many rows are too many for a file."""
    if count > MAX_ROWS:
        raise Unloggable(f"a table of {count:,} rows; at most {MAX_ROWS:,} are kept")


def kinds_of(rows: Sequence[Sequence[Any]], width: int) -> list[str]:
    """What each of so many columns holds.

    Raises:
        Unloggable: a row has not a value for each of them.
    """
    if any(len(row) != width for row in rows):
        raise Unloggable("a table with a row that has not a value for each column")
    return [_common(row[index] for row in rows) for index in range(width)]


def _common(values: Iterable[Any]) -> str:
    found = {kind for value in values if (kind := cells.kind_of(value))}
    return found.pop() if len(found) == 1 else MIXED


def put(
    shelf: Shelf, key: str, content: Mapping[str, Any], suffix: str = ".table.json"
) -> SavedFile:
    """Put a document on a shelf."""
    return shelf.put(_ENCODER.encode(content).encode(), folder="table", key=key, suffix=suffix)
