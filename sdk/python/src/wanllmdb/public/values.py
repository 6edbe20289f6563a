"""Values: what the server says in JSON, as it was logged.

NaN and the infinities have names in JSON. Numbers are doubles there: those that are whole come
back as integers, as they do from wandb.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final, cast

_SPECIAL: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_EXACT: Final = 2.0**53


def logged(value: Any) -> Any:
    """A value of a row or a summary."""
    if type(value) is float:
        whole = -_EXACT < value < _EXACT and value.is_integer()
        return int(value) if whole else value
    if type(value) is str:
        return _SPECIAL.get(value, value)
    return _inside(value, logged) if type(value) in (dict, list) else value


def told(value: Any) -> Any:
    """A value of a config: the types of its numbers are as they were set."""
    if type(value) is str:
        return _SPECIAL.get(value, value)
    return _inside(value, told) if type(value) in (dict, list) else value


def _inside(value: Any, read: Any) -> Any:
    if isinstance(value, dict):
        return {key: read(each) for key, each in cast("dict[str, Any]", value).items()}
    return [read(each) for each in cast("list[Any]", value)]


def row(said: Mapping[str, Any]) -> dict[str, Any]:
    """A row; its times stay numbers with a fraction."""
    found = {key: logged(value) for key, value in said.items()}
    for clock in ("_timestamp", "_runtime"):
        if clock in said:
            found[clock] = float(said[clock])
    return found


def iso(time_us: int | None) -> str | None:
    """A time of the server as ISO 8601, in UTC."""
    if time_us is None:
        return None
    moment = datetime.fromtimestamp(time_us / 1e6, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
