"""What `log()` leaves on the disk, written without a run, and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wanllmdb import journal, segment
from wanllmdb.run import Run
from wanllmdb.spool import Spool
from wanllmdb.wire import Kind, encode


def kept(run: Run, kind: Kind | None = None) -> list[Any]:
    """The payloads of a run that is kept on this machine, writer by writer, in order."""
    return kept_in(Path(run.dir).parent, kind)


def kept_in(directory: Path, kind: Kind | None = None) -> list[Any]:
    """The payloads in the directory of a run, but of the tally that ends a journal."""
    return [
        payload
        for writer in journal.writers(directory)
        for path in journal.segments(directory, writer)
        for _, found, payload in segment.records(path)
        if (found == kind if kind is not None else found != Kind.TALLY)
    ]


def rows(run: Run) -> list[tuple[int, dict[str, Any]]]:
    """Step and values of each row, in order."""
    return [(step, values) for step, _, values in kept(run, Kind.ROW)]


def keep(spool: Spool, step: int, values: dict[str, Any]) -> bool:
    """A row as `log()` keeps it: the second of its like, and all that follow, as VALUES."""
    mould = spool.mould(values)
    if mould is None:
        return spool.append(Kind.ROW, encode([step, 0, values]))
    return spool.append_values(mould, step, 0, values.values())
