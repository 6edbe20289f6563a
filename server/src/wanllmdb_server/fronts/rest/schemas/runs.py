"""Runs, as the API says them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from wanllmdb_server.domain.filter import DEFAULT_PAGE
from wanllmdb_server.domain.filter_text import MAX_TEXT as MAX_FILTER
from wanllmdb_server.domain.run import MAX_TAGS, MAX_TEXT
from wanllmdb_server.fronts.rest.schemas.form import MAX_INT64, Answer, Body, GivenTime, Time

State = Literal["running", "unreachable", "crashed", "preempted", "killed", "finished", "failed"]
Values = Annotated[
    dict[str, Any],
    Field(description='NaN and infinities stand as "NaN", "Infinity", "-Infinity"'),
]


class Moment(Body):
    """A run at a step. `run` is an id, or `owner/project/id`."""

    run: str = Field(min_length=1, max_length=512)
    step: int = Field(ge=0, le=MAX_INT64)


class WriterFacts(Body):
    """What a writer says of itself. See the reference of the API."""

    opener: str | None = Field(default=None, max_length=256)
    label: str | None = Field(default=None, max_length=256)
    job: str | None = Field(default=None, max_length=256)
    restarts: int = Field(default=0, ge=0, le=MAX_INT64)
    gone: list[Annotated[str, Field(max_length=256)]] = Field(default_factory=list, max_length=1000)
    shared: bool = False
    part: Literal["primary", "peer", "follower"] = "peer"
    deferred: bool = False


class ForkedFrom(Answer):
    """Where a run comes from. That run may be gone."""

    owner: str
    project: str
    id: str
    name: str
    step: int
    url: str = Field(description="Path of that run's page")


class RunLite(Answer):
    """A run without its config, summary and environment."""

    id: str
    name: str
    owner: str
    project: str
    state: State
    color: int = Field(description="Index into the ring of run colours")
    created_at: Time
    started_at: Time
    heartbeat_at: Time
    finished_at: Time | None
    exit_code: int | None
    group: str | None
    job_type: str | None
    notes: str | None
    tags: list[str]
    user: str | None
    stop_requested: bool
    preempting: str | None = Field(description="The signal by which its scheduler told it to go")
    logged: int | None
    lost: int | None
    forked_from: ForkedFrom | None
    alerts: int = Field(description="How many its script said")
    url: str = Field(description="Path of the run's page")


class Run(RunLite):
    """A run. `summary` is what the user set over the last value of every key."""

    config: Values
    summary: Values
    environment: Values


class ListedRun(RunLite):
    """A run in a list; with `fields=lite` the three mappings are left out."""

    config: Values | None = None
    summary: Values | None = None
    environment: Values | None = None


class RunPage(Answer):
    """A stretch of the runs of a project."""

    items: list[ListedRun]
    next: str | None
    total: int


class AskedRuns(Body):
    """Which runs are asked for: those of which all of this is true.

    See the reference of the API for filters, as a text and as a mapping.
    """

    filter: str = Field(default="", max_length=MAX_FILTER)
    filters: dict[str, Any] | None = None
    q: str = ""
    states: list[str] = Field(default_factory=list, max_length=100)


class RunSearch(AskedRuns):
    """Which runs are asked for, and in which order."""

    order: str | list[str] = "-created_at"
    limit: int = Field(default=DEFAULT_PAGE, ge=1, le=MAX_INT64)
    cursor: str | None = Field(default=None, max_length=4096)
    offset: int = Field(default=0, ge=0, le=MAX_INT64, description="Runs that are passed over")
    fields: Literal["all", "lite"] = "all"


class BegunRun(Answer):
    """A run that was begun; `resumed` when it was there. The writer begins with `first_step`.

    `summary_set` are the keys of its summary that were set, not logged. `metric_url` is where
    batches shall go; null: where this request went.
    """

    run: Run
    resumed: bool
    last_step: int | None
    first_step: int
    summary_set: list[str]
    metric_url: str | None


class NewRun(Body):
    """A run that begins or goes on. `writer` names the process that will log."""

    id: str
    project: str
    owner: str | None = None
    name: str | None = None
    config: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] | None = Field(default=None, max_length=MAX_TAGS)
    notes: str | None = Field(default=None, max_length=MAX_TEXT)
    group: str | None = None
    job_type: str | None = None
    resume: Literal["allow", "must", "never"] | None = None
    started_at: GivenTime | None = None
    environment: dict[str, Any] = Field(default_factory=dict)
    writer: str | None = None
    writer_facts: WriterFacts | None = None
    fork_from: Moment | None = None
    resume_from: Moment | None = None


class RunPatch(Body):
    """What is to be another than before. Named keys of config and summary are set."""

    name: str | None = None
    notes: str | None = Field(default=None, max_length=MAX_TEXT)
    tags: list[str] | None = Field(default=None, max_length=MAX_TAGS)
    group: str | None = None
    job_type: str | None = None
    config: dict[str, Any] = Field(default_factory=dict)
    summary: dict[str, Any] = Field(default_factory=dict)
    stop_requested: Literal[True] | None = None


class FinishedRun(Body):
    """How the script ended."""

    exit_code: int = Field(default=0, ge=-MAX_INT64, le=MAX_INT64)


class Sign(Body):
    """A sign of life, and whose it is."""

    writer: str | None = Field(default=None, max_length=256)


class Heartbeat(Answer):
    """What is wished of the script: to stop; and whether somebody looks at the run."""

    stop: bool
    watched: bool
