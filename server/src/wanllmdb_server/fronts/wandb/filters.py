"""Filters: which runs are asked for. Our filters are a mapping of the same kind already.

In the client's config each value stands in a mapping of its own: `config.lr.value`, or without.
"""

from __future__ import annotations

from typing import Any, cast

from wanllmdb_server.domain.language import parse_query
from wanllmdb_server.domain.query import Condition
from wanllmdb_server.fronts.wandb.asked import mapping


def query_of(filters: str | None) -> Condition | None:
    """The condition of a text of JSON; None for everything.

    Raises:
        InvalidError: it cannot be read.
    """
    said = mapping(filters)
    return parse_query(_named(said)) if said else None


def _named(said: Any) -> Any:
    """A filter with our names of fields."""
    if isinstance(said, list):
        return [_named(each) for each in cast("list[Any]", said)]
    if not isinstance(said, dict):
        return said
    return {_name(key): _named(each) for key, each in cast("dict[str, Any]", said).items()}


def _name(field: str) -> str:
    parts = field.split(".")
    if parts[0] == "config" and len(parts) > 2 and parts[2] == "value":
        del parts[2]
    return ".".join(parts)
