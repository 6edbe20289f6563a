"""Run: one execution, its states, and how they follow from what is heard of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Final

STALE_AFTER_S: Final = 90.0  # no sign of life for so long: crashed, until one comes


class RunState(enum.StrEnum):
    """How a run stands. Everything but `running` is left as soon as new data comes."""

    RUNNING = "running"
    FINISHED = "finished"  # exit code 0
    FAILED = "failed"  # another exit code
    CRASHED = "crashed"  # no sign of life


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the catalog holds it. Times are microseconds since the epoch.

    Attributes:
        number: the catalog's number, the key of the metric store.
        id: chosen by the client, unique in its project.
        owner, project: names.
        color: index into the ring of run colours, given at creation.
        config: what the user set; `environment` what was found (host, git, argv, versions).
        summary: what the user set explicitly; the last value of each key is in the store.
        logged, lost: what the SDK counted, None until it said so.
    """

    number: int
    id: str
    project_id: int
    owner: str
    project: str
    name: str
    state: RunState
    color: int
    created_at: int
    started_at: int
    heartbeat_at: int
    finished_at: int | None = None
    exit_code: int | None = None
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    user: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    stop_requested: bool = False
    logged: int | None = None
    lost: int | None = None


def state_after_finish(exit_code: int) -> RunState:
    """The state of a run whose script ended with this code."""
    return RunState.FINISHED if exit_code == 0 else RunState.FAILED


def is_stale(state: RunState, heartbeat_at: int, now: int) -> bool:
    """Whether a run that says it runs has been silent for too long (microseconds)."""
    return state is RunState.RUNNING and now - heartbeat_at > STALE_AFTER_S * 1_000_000
