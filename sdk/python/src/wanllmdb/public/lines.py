"""Lines: what a run printed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, Final, NamedTuple

from wanllmdb.public.pages import Page, Pages
from wanllmdb.public.server import Query, Server

AT_ONCE: Final = 10_000


class Line(NamedTuple):
    """A line that a run printed. `stream` is stdout or stderr, `time` microseconds."""

    number: int
    stream: str
    writer: str
    line: int
    time: int
    text: str


class ConsoleLogLine(NamedTuple):
    """A line, as wandb's Api says it. The level is "error" for stderr."""

    number: int
    timestamp: datetime | None
    level: str
    label: str
    content: str


def read_lines(server: Server, run: str, asked: Query) -> Iterator[Line]:
    """Lines of the run at a path, in the order of time."""
    after: int | None = -1
    while after is not None:
        page = server.get(f"{run}/console", {**asked, "limit": AT_ONCE, "after": after})
        for said in page["lines"]:
            yield Line(**said)
        after = page["after"]


def log_lines(
    server: Server, run: str, *, per_page: int, last: int | None
) -> Pages[ConsoleLogLine]:
    """The lines as wandb's Api gives them; the last so many, or all."""

    def fetch(cursor: str | None) -> Page:
        asked: dict[str, Any] = {"limit": max(1, min(per_page, AT_ONCE)), "after": cursor}
        if cursor is None and last is not None:
            total = server.get(f"{run}/console", {"limit": 1})["total"]
            asked["after"] = max(-1, total - last - 1)
        page = server.get(f"{run}/console", asked)
        labels = {each["writer"]: each["label"] or "" for each in page["writers"]}
        lines = [_log_line(said, labels) for said in page["lines"]]
        behind = page["after"]
        total = page["total"] if last is None else min(last, page["total"])
        return Page(lines, None if behind is None else str(behind), total)

    return Pages(fetch)


def _log_line(said: dict[str, Any], labels: dict[str, str]) -> ConsoleLogLine:
    return ConsoleLogLine(
        number=said["number"],
        timestamp=datetime.fromtimestamp(said["time"] / 1e6, timezone.utc),
        level="error" if said["stream"] == "stderr" else "info",
        label=labels.get(said["writer"], ""),
        content=said["text"],
    )
