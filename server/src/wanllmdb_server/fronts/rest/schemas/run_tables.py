"""RunTables, as the API says them: runs as columns, their keys, and groups of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from wanllmdb_server.fronts.rest.schemas.form import Answer
from wanllmdb_server.fronts.rest.schemas.runs import AskedRuns

MAX_COLUMNS = 64
MAX_ROWS = 10_000
MAX_EXPORTED = 1000
Format = Literal["csv", "json", "jsonl", "parquet"]
ColumnName = Annotated[str, Field(min_length=1, max_length=1100)]


class AskedColumns(AskedRuns):
    """Which columns of which runs: `config.<key>`, `summary.<key>`, or a field of runs."""

    order: str | list[str] = "-created_at"
    columns: list[ColumnName] = Field(max_length=MAX_COLUMNS)
    limit: int = Field(default=1000, ge=1, le=MAX_ROWS)


class AskedHistograms(AskedRuns):
    """Which columns of which runs are looked at."""

    columns: list[ColumnName] = Field(max_length=MAX_COLUMNS)


class TextCount(Answer):
    """A text and how many runs have it."""

    value: str
    runs: int


class Histogram(Answer):
    """The numbers of a column in bins; where none has a number, its commonest texts."""

    runs: int = Field(description="How many have a number, or a text")
    edges: list[float] = Field(description="Of the bins, one more than counts")
    counts: list[int]
    values: list[TextCount]


class Histograms(Answer):
    """A histogram of each column."""

    columns: dict[str, Histogram]


class ExportedRuns(AskedRuns):
    """Which columns of which runs are taken away; null is all of them."""

    order: str | list[str] = "-created_at"
    columns: list[ColumnName] | None = Field(default=None, max_length=MAX_EXPORTED)
    format: Format = "csv"


class RunColumns(Answer):
    """The first runs in the order; each list has an item for each of them."""

    total: int = Field(description="How many runs pass")
    runs: list[str]
    names: list[str]
    colors: list[int]
    states: list[str]
    columns: dict[str, list[Any]]


class RunKey(Answer):
    """A key of runs. `differs` unless all runs asked have the same value."""

    key: str
    kind: Literal["number", "text", "boolean", "mixed", "other"]
    runs: int = Field(description="How many have it")
    differs: bool


class RunFields(Answer):
    """The keys of configs and summaries of runs, by name."""

    runs: int
    config: list[RunKey]
    summary: list[RunKey]


class AskedGroups(AskedRuns):
    """By what runs are put together, and columns of which figures are wanted."""

    by: list[ColumnName] = Field(min_length=1, max_length=4)
    columns: list[ColumnName] = Field(default_factory=list, max_length=32)
    order: str = Field(default="-count", max_length=1200)
    limit: int = Field(default=200, ge=1, le=1000)
    cursor: str | None = Field(default=None, max_length=4096)


class Figures(Answer):
    """Figures of a column over the runs of a group; `std` is that of a sample."""

    count: int
    mean: float | None
    min: float | None
    max: float | None
    std: float | None


class RunGroup(Answer):
    """Runs that are alike. `filter` finds them, and those who asked for a filter in it, too."""

    values: list[Any]
    runs: int
    states: dict[str, int]
    columns: dict[str, Figures]
    filter: str


class RunGroups(Answer):
    """A stretch of groups."""

    items: list[RunGroup]
    total: int
    next: str | None
