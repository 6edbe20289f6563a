"""Files of a run: where to put them, what there is."""

from __future__ import annotations

import re
from typing import Any, Final

from wanllmdb_server.domain.file import File
from wanllmdb_server.domain.run import Run
from wanllmdb_server.fronts.rest.routes import API
from wanllmdb_server.fronts.rest.tickets import put_path
from wanllmdb_server.fronts.wandb.asked import Asked
from wanllmdb_server.fronts.wandb.names import file_id, time_of

MAX_FILES: Final = 10_000  # that are named in one request


async def upload_url(asked: Asked, of: tuple[str, str, str], path: str) -> str:
    """Where to put a file; absolute, for the client takes no other."""
    ticket = await asked.services.files.ticket(asked.actor, *of, path, "put")
    return asked.base_url + put_path(API, ticket)


async def count(asked: Asked, run: Run) -> int:
    """How many files a run has."""
    page = await asked.services.files.find(asked.actor, run.owner, run.project, run.id, limit=1)
    return page.total or 0


async def page(
    asked: Asked,
    run: Run,
    *,
    names: list[str] | None = None,
    first: int | None = None,
    after: str | None = None,
    pattern: str | None = None,
) -> dict[str, Any]:
    """Files by name: those that are named, or that a pattern of SQL's LIKE fits."""
    of = (asked.actor, run.owner, run.project, run.id)
    items: list[File] = []
    cursor = after or None
    wanted = _like(pattern) if pattern else None
    while True:
        found = await asked.services.files.find(*of, limit=min(first or 100, 1000), cursor=cursor)
        items += [
            each
            for each in found.items
            if (not names or each.path in names) and (wanted is None or wanted.match(each.path))
        ]
        cursor = found.next
        if cursor is None or (names is None and wanted is None):
            break
    edges = [{"node": await _node(asked, run, each), "cursor": each.path} for each in items]
    if edges and cursor:
        edges[-1]["cursor"] = cursor
    return {
        "edges": edges,
        "pageInfo": {"endCursor": cursor, "hasNextPage": cursor is not None},
        "totalCount": found.total,
    }


async def _node(asked: Asked, run: Run, file: File) -> dict[str, Any]:
    of = (run.owner, run.project, run.id)

    async def direct(**_: Any) -> str:
        ticket = await asked.services.files.ticket(asked.actor, *of, file.path, "get")
        return asked.base_url + put_path(API, ticket)

    return {
        "__typename": "File",
        "id": file_id(run, file.path),
        "name": file.path,
        "url": direct,
        "directUrl": direct,
        "sizeBytes": file.size,
        "mimetype": file.mime,
        "updatedAt": time_of(file.created_at),
        "md5": None,
    }


def _like(pattern: str) -> re.Pattern[str]:
    """A pattern of SQL's LIKE: % is anything, _ one character."""
    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return re.compile("".join(parts) + r"\Z", re.DOTALL)
