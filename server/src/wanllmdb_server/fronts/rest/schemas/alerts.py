"""Alerts, as the API says them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wanllmdb_server.fronts.rest.schemas.form import Answer, Time

Level = Literal["INFO", "WARN", "ERROR"]


class Alert(Answer):
    """What a script wants people to hear."""

    run: str = Field(description="The run's id")
    run_name: str
    title: str
    text: str
    level: Level
    created_at: Time
    url: str = Field(description="Path of the run's page")


class AlertPage(Answer):
    """A stretch of alerts, newest first."""

    items: list[Alert]
    next: str | None
    total: int
