"""Alert: what a script wants people to hear: a title, a text, and how grave it is."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

MAX_TITLE: Final = 256  # characters
MAX_ALERT: Final = 65_536


class Level(enum.StrEnum):
    """How grave an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Alert:
    """A writer says something to people. Writer and position identify it.

    `time` is when, on the writer's clock in microseconds; None is when it was heard.
    """

    writer: str
    position: int
    title: str
    text: str
    level: Level = Level.INFO
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """An alert as the catalog holds it, with the run that it is of."""

    run: str
    run_name: str
    owner: str
    project: str
    writer: str
    position: int
    title: str
    text: str
    level: Level
    created_at: int
