"""Comparisons and analyses, as the API says them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wanllmdb_server.domain.comparison import Goal, Taken
from wanllmdb_server.domain.samples import TestKind
from wanllmdb_server.fronts.rest.schemas.form import Answer, Body
from wanllmdb_server.fronts.rest.schemas.runs import AskedRuns, ListedRun
from wanllmdb_server.services.analysis import MAX_COLUMNS, MAX_PARAMETERS, MAX_RUNS
from wanllmdb_server.services.comparison import (
    MAX_COMPARED,
    MAX_GROUPED,
    MAX_GROUPS,
    MAX_KEYS,
    MAX_LOOKUP,
    MAX_STEP_KEYS,
)

Ref = Annotated[str, Field(min_length=1, max_length=512, description="owner/project/id")]
Key = Annotated[str, Field(min_length=1, max_length=1100)]
Number = Annotated[
    float | Literal["NaN", "Infinity", "-Infinity"] | None,
    Field(description="null: there is none"),
]


class Lookup(Body):
    """Runs of any projects."""

    runs: list[Ref] = Field(max_length=MAX_LOOKUP)
    fields: Literal["all", "lite"] = "all"


class FoundRuns(Answer):
    """Runs in the order asked, each once."""

    items: list[ListedRun]
    missing: list[str] = Field(description="Not there, or not yours to see")


class CompareQuestion(Body):
    """Runs to be compared; all their keys of numbers, or those named."""

    runs: list[Ref] = Field(max_length=MAX_COMPARED)
    keys: list[Key] | None = Field(default=None, max_length=2000)
    step: int | None = Field(
        default=None,
        ge=0,
        le=2**53,
        description=f"Also what each key was there; at most {MAX_STEP_KEYS} keys, by name",
    )


class Spread(Answer):
    """What values come to. `std` is that of a sample (n - 1)."""

    n: int
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    median: float | None
    iqm: float | None = Field(description="Mean of the middle half")


class ComparedKey(Answer):
    """A key in each run, in the order of `found`."""

    key: str
    runs: int = Field(description="How many have it")
    values: list[Number] = Field(description="The last value of each run")
    low: list[float | None]
    high: list[float | None]
    mean: list[float | None]
    at: list[Number] | None = Field(
        default=None, description="The last value at the step that was asked for, or before it"
    )
    at_steps: list[int | None] | None = Field(
        default=None, description="Of which step that value is"
    )
    goal: Goal | None = Field(description="As `define_metric` said")
    statistics: Spread = Field(description="Over the last values that are finite")


class Comparison(Answer):
    """Runs beside each other."""

    runs: int
    found: list[str] = Field(description="Runs in the order asked, each once")
    missing: list[str]
    metrics: int = Field(description="How many keys of numbers any of them has")
    average_duration: float | None = Field(description="Seconds, of runs that ended")
    success_rate: float | None = Field(description="How many of those finished, 0 to 1")
    keys: list[ComparedKey]


class NamedGroup(Body):
    """Runs that are alike."""

    name: str = Field(min_length=1, max_length=256)
    runs: list[Ref] = Field(max_length=MAX_GROUPED)


class GroupsQuestion(Body):
    """Groups of runs to be compared. See the explanation for what each figure means."""

    groups: list[NamedGroup] = Field(min_length=2, max_length=MAX_GROUPS)
    keys: list[Key] = Field(max_length=MAX_KEYS)
    value: Taken = "last"
    paired_by: Key | None = Field(default=None, description="A key of config, config.seed say")
    confidence: float = Field(default=0.95, ge=0.5, le=0.999)


class GroupSpread(Spread):
    """What a key came to in a group; `ci` is where its mean lies (BCa bootstrap)."""

    name: str
    ci: tuple[float, float] | None


class GroupTest(Answer):
    """Whether two groups differ. What cannot be said is null."""

    a: str
    b: str
    kind: TestKind
    n: tuple[int, int]
    statistic: float | None
    p: float | None = Field(description="Two-sided, and of this one test")
    effect: float | None
    difference: float
    ci: tuple[float, float] | None = Field(description="Of the difference of means")


class GroupedKey(Answer):
    """A key in all groups."""

    key: str
    groups: list[GroupSpread]
    tests: list[GroupTest]
    note: str | None


class GroupComparison(Answer):
    """Groups of runs beside each other."""

    keys: list[GroupedKey]
    missing: list[str]


class ImportanceQuestion(AskedRuns):
    """What is to be explained, by which parameters, in which runs of the project."""

    runs: list[str] | None = Field(default=None, max_length=MAX_RUNS)
    target: Key
    parameters: list[Key] | None = Field(default=None, max_length=MAX_PARAMETERS)


class Parameter(Answer):
    """What a parameter says about the target."""

    key: str
    importance: float = Field(description="All together 1")
    std: float = Field(description="Standard error of the importance over the trees")
    correlation: float | None = Field(description="Spearman's; null for texts")
    pearson: float | None
    n: int


class Importance(Answer):
    """What parameters say about the target, the one that says most first."""

    runs: int
    used: int
    parameters: list[Parameter]
    score: float | None = Field(description="R² on runs that trees did not see")
    note: str | None


class CorrelationsQuestion(AskedRuns):
    """Columns that may go together, in which runs of the project."""

    runs: list[str] | None = Field(default=None, max_length=MAX_RUNS)
    columns: list[Key] = Field(max_length=MAX_COLUMNS)
    method: Literal["spearman", "pearson"] = "spearman"


class Correlations(Answer):
    """How each two columns go together."""

    columns: list[str]
    n: list[list[int]]
    r: list[list[float | None]]
