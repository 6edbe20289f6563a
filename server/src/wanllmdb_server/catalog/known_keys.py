"""KnownKeys: which keys the runs of a project have in config and summary, found once.

Only runs that changed since are looked at again, so a key that no run has any more is still named:
whoever asks looks at the runs themselves before saying anything of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from sqlalchemy import Connection, func, select

from wanllmdb_server.catalog import roster_rows
from wanllmdb_server.catalog.tables import runs

MAX_PROJECTS: Final = 64


class KnownKeys:
    """Remembers them, by project."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[int, tuple[int, frozenset[tuple[str, str]]]] = OrderedDict()

    def look(self, connection: Connection, project_id: int) -> list[tuple[str, str]]:
        """Every part and key under which any run has something, and maybe some that none has."""
        with self._lock:
            since, known = self._known.get(project_id, (0, frozenset[tuple[str, str]]()))
        newest = select(func.max(runs.c.revision)).where(runs.c.project_id == project_id)
        until = int(connection.scalar(newest) or 0)
        if until != since:
            known |= frozenset(roster_rows.keys(connection, project_id, since=since))
        with self._lock:
            self._known[project_id] = (until, known)
            self._known.move_to_end(project_id)
            while len(self._known) > MAX_PROJECTS:
                self._known.popitem(last=False)
        return sorted(known)
