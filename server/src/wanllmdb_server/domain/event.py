"""Event: "this moved", never the data. Whoever hears one asks the store what there is now.

An event carries positions and names, so to lose one is harmless: the next one, or the next
look, tells the same. Topics are text; every event about a run goes out on its project's topic.
A reader that draws the points of a run also listens on that run's own topic, and so
`EventBus.listeners(run_topic(run.number)) > 0` is what "this run is watched" means.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunMoved:
    """New rows of a run are durable, up to `position` of some writer of it."""

    project_id: int
    run_number: int
    run_id: str
    position: int


@dataclass(frozen=True, slots=True)
class RunChanged:
    """A run appeared, or its state, name, config, summary or tags are others than before."""

    project_id: int
    run_number: int
    run_id: str


@dataclass(frozen=True, slots=True)
class RunDeleted:
    """A run is gone, with its points."""

    project_id: int
    run_number: int
    run_id: str


Event = RunMoved | RunChanged | RunDeleted


def project_topic(project_id: int) -> str:
    """Where the events of a project's runs go out."""
    return f"project:{project_id}"


def run_topic(run_number: int) -> str:
    """Where whoever draws this run listens; its listeners say whether it is watched."""
    return f"run:{run_number}"
