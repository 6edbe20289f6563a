"""What was printed, as the API says it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wanllmdb_server.fronts.rest.schemas.form import Answer, Time


class ConsoleLine(Answer):
    """A line that a writer printed. `number` is its place among all lines of the run."""

    number: int
    stream: Literal["stdout", "stderr"]
    writer: str
    line: int = Field(description="Its place among the lines of its writer and stream")
    time: Time
    text: str


class ConsoleStreams(Answer):
    """How many lines each stream has."""

    stdout: int
    stderr: int


class ConsoleWriter(Answer):
    """Somebody who printed, and the label that they gave themselves."""

    writer: str
    label: str | None


class ConsolePage(Answer):
    """A stretch of what a run printed, in the order of time."""

    lines: list[ConsoleLine]
    total: int = Field(description="Lines of the run")
    streams: ConsoleStreams
    matches: int = Field(description="Lines that pass the question, on all pages")
    searched: int = Field(description="Lines that were looked at; fewer than total: time was over")
    after: int | None = Field(description="Ask with it for the page behind this one")
    before: int | None = Field(description="Ask with it for the page before this one")
    writers: list[ConsoleWriter]
