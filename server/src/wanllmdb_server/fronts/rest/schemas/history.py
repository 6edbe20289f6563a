"""Rows of a run, as the API says them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from wanllmdb_server.fronts.rest.schemas.form import Answer


class HistoryPage(Answer):
    """Rows, by step."""

    rows: list[dict[str, Any]] = Field(
        description="`_step`, `_timestamp` and `_runtime` in seconds, and the keys logged there"
    )
    next: str | None
