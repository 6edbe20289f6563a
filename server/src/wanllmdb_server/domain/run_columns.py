"""RunColumns: what of runs is shown as a column, by its name, and values as they are shown."""

from __future__ import annotations

from typing import Final

from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.language import MAX_KEY, parse_field
from wanllmdb_server.domain.query import FIGURES, Field, Part

NAME: Final = Field("text", "name")
ID: Final = Field("text", "id")
STATE: Final = Field("text", "state")
COLOR: Final = Field("whole", "color")

Shown = float | int | str | bool | list[str] | None


def read_column(name: str, pointer: str) -> Field:
    """The field that a column shows; `name` is the one that people gave, as in filters' texts.

    Raises:
        InvalidError: there is none.
    """
    if name == "name":
        return NAME
    part, dot, key = name.partition(".")
    known: dict[str, Part] = {each: each for each in ("config", "summary", *FIGURES)}
    if dot and part in known and 0 < len(key) <= MAX_KEY:
        return Field(known[part], key)
    if dot:
        detail = "A column is a field of runs; or config, summary, min, max or mean, and .<key>."
        fault = Fault(pointer, "unknown-field", detail)
        raise InvalidError("There is no such column.", faults=[fault])
    return parse_field(name, pointer)


def shown(field: Field, value: float | str | None, *, boolean: bool = False) -> Shown:
    """A value as it is shown: durations in seconds, and whole numbers as such."""
    if value is None or isinstance(value, str):
        return value
    if boolean:
        return bool(value)
    if field.part == "duration":
        return value / 1e6
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if abs(value) < 1 << 53 and value == int(value) else value
