"""RunSets, as the API says them: runs by their ids or by a filter, and what becomes of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from wanllmdb_server.domain.run import MAX_TAGS, MAX_TEXT
from wanllmdb_server.fronts.rest.schemas.form import Answer, Body, Time
from wanllmdb_server.fronts.rest.schemas.runs import AskedRuns, RunLite

MAX_RUNS = 10_000
RunIds = Annotated[list[Annotated[str, Field(max_length=128)]], Field(max_length=MAX_RUNS)]


class RunSet(AskedRuns):
    """Runs by their ids; or, with `all`, every run that passes the filter."""

    runs: RunIds | None = None
    all: bool = False


class RunEdit(RunSet):
    """What becomes of each of the runs. What is not said stays; null takes a text away."""

    add_tags: list[str] = Field(default_factory=list, max_length=MAX_TAGS)
    remove_tags: list[str] = Field(default_factory=list, max_length=MAX_TAGS)
    group: str | None = None
    job_type: str | None = None
    notes: str | None = Field(default=None, max_length=MAX_TEXT)


class EditedRun(Answer):
    """What a run was like before."""

    id: str
    tags: list[str]
    group: str | None
    job_type: str | None
    notes: str | None


class EditedRuns(Answer):
    """How many runs are another now, and what the first thousand of them were."""

    changed: int
    before: list[EditedRun]


class RunMove(RunSet):
    """Where runs are moved to: `owner/project`."""

    to: str = Field(max_length=256)


class MovedRuns(Answer):
    """The runs that are there now."""

    moved: int
    runs: list[str]


class DeletedRuns(Answer):
    """The runs that lie in the bin now."""

    deleted: int
    runs: list[str]


class RestoredRunIds(Body):
    """Runs that shall come back."""

    runs: RunIds


class RestoredRuns(Answer):
    """How many runs came back."""

    restored: int


class BinnedRun(RunLite):
    """A run in the bin."""

    deleted_at: Time


class BinnedRuns(Answer):
    """The runs in the bin, the last one first; at most a thousand.

    They are removed for good when they have lain there for so many days.
    """

    items: list[BinnedRun]
    total: int
    days: float
