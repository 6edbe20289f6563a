"""Console: what a run printed, as the client reads it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wanllmdb_server.domain.run import Run
from wanllmdb_server.fronts.wandb.asked import Asked
from wanllmdb_server.services.console import MAX_LINES, Wanted


async def count(asked: Asked, run: Run) -> int:
    """How many lines there are."""
    of = (asked.actor, run.owner, run.project, run.id)
    return (await asked.services.console.read(*of, Wanted(limit=1))).total


async def lines(
    asked: Asked,
    run: Run,
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    **_: Any,
) -> dict[str, Any]:
    """A page of lines from `after` on, or the last ones."""
    of = (asked.actor, run.owner, run.project, run.id)
    start = int(after) if after and after.lstrip("-").isdigit() else None
    wanted = Wanted(after=start, limit=min(first or last or 1000, MAX_LINES))
    if last:
        total = (await asked.services.console.read(*of, Wanted(limit=1))).total
        wanted = Wanted(before=total, limit=min(last, MAX_LINES))
    page = await asked.services.console.read(*of, wanted)
    edges = [
        {
            "node": {
                "number": line.number,
                "timestamp": dt.datetime.fromtimestamp(line.time / 1e6, dt.UTC).isoformat(),
                "level": "error" if line.stream == "stderr" else "info",
                "label": "",
                "line": line.text,
            },
            "cursor": str(line.number),
        }
        for line in page.lines
    ]
    return {
        "edges": edges,
        "pageInfo": {
            "endCursor": None if page.after is None else str(page.after),
            "hasNextPage": page.after is not None,
        },
    }
