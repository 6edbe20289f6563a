"""History: the rows of a run, some of them as a table, or every one of them in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from wanllmdb.errors import ArgumentError
from wanllmdb.public import values
from wanllmdb.public.server import Server

ROWS_AT_ONCE: Final = 25_000
SYSTEM: Final = "system/"
_CLOCKS: Final = ("_step", "_runtime", "_timestamp")


class HistoryScan:
    """Every row of a run, by step; an iterable and an iterator. Rows are read as they are used.

    Args:
        server: that has the run.
        path: of the run there.
        keys: rows have these alone, and only those with all of them are given; None is all.
        page_size: rows of the first page; those behind it are larger.
        min_step: the first step.
        max_step: the step behind the last one.
    """

    def __init__(
        self,
        server: Server,
        path: str,
        keys: Sequence[str] | None,
        *,
        page_size: int,
        min_step: int | None,
        max_step: int | None,
    ) -> None:
        self._server = server
        self._path = path
        self.keys = key_list(keys)
        self.page_size = max(1, min(page_size, ROWS_AT_ONCE))
        self._first = min_step
        self._last = None if max_step is None else max_step - 1
        self._rows: Iterator[dict[str, Any]] | None = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self._rows = self._read()
        return self._rows

    def __next__(self) -> dict[str, Any]:
        if self._rows is None:
            self._rows = self._read()
        return next(self._rows)

    next = __next__

    def _read(self) -> Iterator[dict[str, Any]]:
        keys, limit, cursor = self.keys, self.page_size, None
        while True:
            page = self._server.get(
                f"{self._path}/history",
                {
                    "keys": keys or (),
                    "first": self._first,
                    "last": self._last,
                    "limit": limit,
                    "cursor": cursor,
                },
            )
            for said in page["rows"]:
                row = values.row(said)
                yield row if keys is None else {key: row[key] for key in keys if key in row}
            cursor, limit = page["next"], ROWS_AT_ONCE
            if cursor is None:
                return


def sampled(
    server: Server,
    path: str,
    *,
    samples: int,
    keys: Sequence[str] | None,
    x_axis: str,
    stream: str,
) -> list[dict[str, Any]]:
    """At most so many rows, spread over the steps."""
    if stream not in {"default", "system"}:
        raise ArgumentError(f"stream is 'default' or 'system', not {stream!r:.80}.")
    named = key_list(keys)
    asked = () if named is None else tuple(dict.fromkeys([x_axis, *named]))
    if stream == "system":
        asked = tuple(_system_key(key) for key in asked)
    page = server.get(
        f"{path}/history",
        {"keys": asked, "samples": max(1, min(samples, 10_000)), "stream": stream},
    )
    rows = [values.row(said) for said in page["rows"]]
    if stream == "system":
        return [_system_row(row) for row in rows]
    return rows if named is None else [{key: row[key] for key in asked} for row in rows]


def table(rows: list[dict[str, Any]]) -> Any:
    """The rows as a `pandas.DataFrame`; as they are where pandas is not installed."""
    try:
        import pandas  # pyright: ignore[reportMissingImports, reportMissingModuleSource]
    except ImportError:
        return rows
    columns = dict.fromkeys(key for row in rows for key in row)
    ordered = [key for key in columns if key not in _CLOCKS]
    clocks = [key for key in _CLOCKS if key in columns]
    first = clocks[:1] if "_step" in columns else []
    return pandas.DataFrame.from_records(  # pyright: ignore[reportUnknownMemberType]
        rows, columns=[*first, *ordered, *(key for key in clocks if key not in first)]
    )


def key_list(keys: Sequence[str] | None) -> list[str] | None:
    """The keys, of whatever kind the sequence of them is; one by itself is a text.

    Raises:
        ArgumentError: they are no keys.
    """
    if keys is None or isinstance(keys, str):
        return None if keys is None else [keys]
    found = list(keys)
    if not all(isinstance(key, str) for key in found):
        raise ArgumentError("keys are texts in a list.")
    return found or None


def system_name(key: str) -> str:
    """A key of what was measured of the machine, as wandb calls it."""
    return f"system.{key.removeprefix(SYSTEM)}" if key.startswith(SYSTEM) else key


def _system_key(key: str) -> str:
    return SYSTEM + key.removeprefix("system.") if key.startswith("system.") else key


def _system_row(row: dict[str, Any]) -> dict[str, Any]:
    return {system_name(key): value for key, value in row.items() if key != "_step"}
