"""Backup of the catalog: one consistent copy, while others write to it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path


def copy(source: Path, target: Path) -> None:
    """Copy the catalog as of one moment into a new file."""
    target.unlink(missing_ok=True)
    with (
        contextlib.closing(_open(source)) as connection,
        contextlib.closing(sqlite3.connect(target)) as made,
    ):
        connection.backup(made)  # in one step: a reader of a WAL database holds nobody up
        made.execute("PRAGMA journal_mode=DELETE").fetchall()


def blobs(catalog: Path) -> Iterator[tuple[str, int]]:
    """(digest, bytes) of each blob that a copy of the catalog knows."""
    with contextlib.closing(_open(catalog)) as connection:
        yield from connection.execute("SELECT digest, size FROM blobs ORDER BY digest")


def counts(catalog: Path) -> dict[str, int]:
    """How many runs and projects there are in a copy of the catalog."""
    with contextlib.closing(_open(catalog)) as connection:
        runs, projects = connection.execute(
            "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM projects)"
        ).fetchone()
    return {"runs": runs, "projects": projects}


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=30
    )
