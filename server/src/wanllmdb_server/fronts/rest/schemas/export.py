"""Exports, as the API is asked for them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wanllmdb_server.catalog.access import MAX_RUNS
from wanllmdb_server.fronts.rest.schemas.form import Body

Step = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)]


class ExportQuestion(Body):
    """Which points of a project are taken away, and as what."""

    runs: list[str] | None = Field(None, max_length=MAX_RUNS, description="all of the project")
    keys: list[str] | None = Field(None, description="all of the stream")
    format: Literal["parquet", "arrow", "csv", "jsonl"] = "parquet"
    shape: Literal["long", "wide"] = Field(
        "long", description="a point a row, or a step a row with a column for each key"
    )
    stream: Literal["default", "system", "all"] = Field(
        "default", description="what the user logged, what was measured of the machine, or both"
    )
    first: Step | None = None
    last: Step | None = None
