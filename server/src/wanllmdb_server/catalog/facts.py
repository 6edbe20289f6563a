"""Facts: the leaves of a run's config and summary, for sorting, and its text, for searching.

They are drawn from the mappings and can be drawn again at any time; long ones are cut, for
the mapping itself holds them in full.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, Literal

from sqlalchemy import Connection, delete, insert

from wanllmdb_server.catalog.tables import run_facts
from wanllmdb_server.domain.plain import flat

Part = Literal["config", "summary"]

MAX_FACTS: Final = 2000  # leaves of one mapping that can be sorted by
MAX_KEY: Final = 1024
MAX_VALUE: Final = 256
MAX_SEARCH: Final = 65_536  # characters of a run that words are looked for in


def refresh_facts(connection: Connection, run: int, part: Part, values: Mapping[str, Any]) -> None:
    """Draw the facts of one mapping of a run anew."""
    connection.execute(delete(run_facts).where(run_facts.c.run == run, run_facts.c.part == part))
    rows = {
        key: {"run": run, "part": part, "key": key, **fact(value)}
        for key, value in islice(flat(values), MAX_FACTS)
        if len(key) <= MAX_KEY
    }
    if rows:
        connection.execute(insert(run_facts), list(rows.values()))


def fact(value: object) -> dict[str, float | str | None]:
    """A leaf as it is sorted: a number, the beginning of a text, or neither."""
    match value:
        case bool() | int() | float():
            number = float(value)
            return {"number": number if math.isfinite(number) else None, "text": None}
        case str():
            return {"number": None, "text": value[:MAX_VALUE]}
        case _:
            return {"number": None, "text": None}


def search_text(row: Mapping[str, Any]) -> str:
    """The text of a run in which the words of a search are looked for, folded."""
    text = "\n".join(_texts(row)).replace("\x00", " ")[:MAX_SEARCH]
    return text.casefold()


def _texts(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (row["name"], row["id"], *row["tags"])
    yield from (row[column] for column in ("group", "job_type") if row[column])
    for _, value in islice(flat(row["config"]), MAX_FACTS):
        if value is not None:
            yield str(value)[:1024]
    yield row["notes"] or ""
