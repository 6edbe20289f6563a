"""JoinedTable: two tables that are read as one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.media import Read, WBValue
from wanllmdb.media.sheet import put
from wanllmdb.media.shelf import Shelf
from wanllmdb.media.table import Table


class JoinedTable(WBValue):
    """Two tables, row by row, where a column of both is equal.

    Args:
        table1: the one.
        table2: the other.
        join_key: the column of both, or the column of each.

    Raises:
        TypeError: it is no table.
        ValueError: it has no such column.
    """

    _log_type = "joined-table"

    @guarded(raises=MISUSE)
    def __init__(self, table1: Table, table2: Table, join_key: Any) -> None:
        keys = join_key if isinstance(join_key, (list, tuple)) else (join_key, join_key)
        for table, key in zip((table1, table2), keys, strict=True):
            if not isinstance(table, Table):
                raise TypeError(
                    f"A joined table is of two tables, not of a {type(table).__name__}."
                )
            table._index(key)
        self._tables = (table1, table2)
        self._join_key = list(join_key) if isinstance(join_key, tuple) else join_key

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        document: dict[str, Any] = {"_type": self._log_type, "join_key": self._join_key}
        if shelf.is_artifact:
            for number, table in enumerate(self._tables, 1):
                content = table.said(shelf, key)
                document[f"table{number}"] = put(shelf, key, content).path
            return document
        parts = {
            f"table{number}": each.said(shelf, key) for number, each in enumerate(self._tables, 1)
        }
        document |= {name: part["path"] for name, part in parts.items()}
        file = put(shelf, key, document, ".joined-table.json")
        return file.said(self._log_type) | {"join_key": self._join_key} | parts

    @classmethod
    def from_artifact_files(cls, document: Mapping[str, Any], read: Read) -> JoinedTable:
        tables = [json.loads(read(document[f"table{number}"])) for number in (1, 2)]
        one, other = (Table.from_artifact_files(each, read) for each in tables)
        return cls(one, other, document["join_key"])
