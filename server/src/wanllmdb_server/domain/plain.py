"""Plain values: what JSON can say, so that stores, fronts and pages agree on every value.

NaN and the infinities become the strings "NaN", "Infinity" and "-Infinity"; what JSON has no
word for becomes text. A plain value made plain again is the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

MAX_DEPTH: Final = 64
MAX_INTEGER: Final = 1 << 63


def plain(value: object, depth: int = 0) -> Any:
    """The value as JSON can say it; what is nested too deep becomes text."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if -MAX_INTEGER <= value < MAX_INTEGER else float_or_text(value)
        case float():
            return value if math.isfinite(value) else special(value)
        case _ if depth >= MAX_DEPTH:
            return "..."
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            return {str(key): plain(each, depth + 1) for key, each in items}
        case list() | tuple() | set() | frozenset():
            return [plain(each, depth + 1) for each in cast("list[object]", value)]
        case _:
            return str(value)


def special(value: float) -> str:
    """The name of a float that is not finite."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def float_or_text(value: int) -> float | str:
    """An integer beyond 64 bits: the nearest float, or its hexadecimal digits if there is none."""
    try:
        return float(value)
    except OverflowError:
        return hex(value)[:1024]


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of nested mappings, their keys joined with '.'; lists are leaves."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from flat(cast("Mapping[str, Any]", value), f"{prefix}{key}.")
        else:
            yield prefix + key, value
