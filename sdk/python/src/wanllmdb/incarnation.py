"""Incarnation: what this process says of itself to a run that others may log into, too.

Who goes on from whom is for the server to decide (decision 0015); what only this machine can
know is told here: the rank, the job and how often its scheduler began it anew, and which
earlier writers of the run have died here.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from wanllmdb import journal, segment
from wanllmdb.naming import folder
from wanllmdb.settings import Settings

MAX_GONE: Final = 100
MAX_LABEL: Final = 256

# Where launchers say which of the processes of a job this is.
_RANKS: Final = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK")
_SIZES: Final = {
    "RANK": "WORLD_SIZE",
    "SLURM_PROCID": "SLURM_NTASKS",
    "OMPI_COMM_WORLD_RANK": "OMPI_COMM_WORLD_SIZE",
    "PMIX_RANK": "PMIX_SIZE",
    "PMI_RANK": "PMI_SIZE",
}
_MAX_RESTARTS: Final = 1 << 40


def facts(
    settings: Settings,
    writer: str,
    *,
    spool_root: Path,
    run_id: str,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What stands in `writer_facts` when the run is opened."""
    environ = os.environ if environ is None else environ
    said: dict[str, Any] = {"opener": writer, "part": _part(settings)}
    if label := settings.label or rank(environ):
        said["label"] = label[:MAX_LABEL]
    said.update(job(environ))
    if settings.shared:
        said["shared"] = True
    if settings.run_id or settings.resume_from:
        said["gone"] = [name for name, alive in writers_here(spool_root, run_id) if not alive]
        said["gone"] = said["gone"][-MAX_GONE:]
    return said


def rank(environ: Mapping[str, str]) -> str | None:
    """Which of several processes of a job this is, as its launcher numbers them."""
    for name in _RANKS:
        number, size = environ.get(name, ""), environ.get(_SIZES[name], "")
        if number.isdecimal() and size not in {"", "0", "1"}:
            return number
    return None


def job(environ: Mapping[str, str]) -> dict[str, Any]:
    """Which job of a scheduler this is, and how often it was begun anew."""
    slurm, elastic = environ.get("SLURM_JOB_ID"), environ.get("TORCHELASTIC_RUN_ID")
    if slurm:
        name, count = f"slurm:{slurm}", "SLURM_RESTART_COUNT"
    elif elastic and elastic != "none":
        name, count = f"torchelastic:{elastic}", "TORCHELASTIC_RESTART_COUNT"
    else:
        return {}
    return {"job": name[:MAX_LABEL], "restarts": _number(environ, count)}


def writers_here(spool_root: Path, run_id: str) -> Iterator[tuple[str, bool]]:
    """Who of this machine has logged into the run and is not sent yet, and who of them lives."""
    here = socket.gethostname()
    for directory in directories(spool_root, run_id):
        for writer in journal.writers(directory):
            with contextlib.suppress(OSError):  # all of it was sent just now, and removed
                paths = journal.segments(directory, writer)
                header = segment.read_header(paths[0]) if paths else {}
                if header.get("run") == run_id and header.get("host") == here:
                    yield writer, journal.is_alive(directory, writer)


def directories(spool_root: Path, run_id: str) -> list[Path]:
    """Where writers of the run may have left something, oldest first."""
    return sorted(spool_root.glob(f"*-{folder(run_id)}"))


def _part(settings: Settings) -> str:
    """What the end of this process means for the run."""
    if not settings.update_finish_state:
        return "follower"
    return "primary" if settings.primary else "peer"


def _number(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name, "")
    return min(int(text), _MAX_RESTARTS) if text.isdecimal() else 0
