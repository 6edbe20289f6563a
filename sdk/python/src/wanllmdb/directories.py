"""Where runs are kept on this machine until a server has them.

In order: what `spool_dir` says; the scratch of the job (`SLURM_TMPDIR`, `TMPDIR`), if that is a
local disk, the next one is not, and the server answers, so that rows leave it while the job goes
on; `wanllmdb` in what `dir` says; the state directory of the user; the working directory; the
temporary directory; memory that is mounted as a directory. The first that can be written is taken.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from wanllmdb import mounts
from wanllmdb.naming import folder
from wanllmdb.settings import Settings
from wanllmdb.surroundings import NOWHERE, expanded, temporary, working_directory

SCRATCHES: Final = ("SLURM_TMPDIR", "TMPDIR")
MEMORY: Final = Path("/dev/shm")  # noqa: S108  what is below is named for its user, and checked
PROBE_BYTES: Final = 4096
ANSWER_SECONDS: Final = 0.5
PROBE_SECONDS: Final = 0.5  # a server of files that has gone away never answers


def spool_root(
    settings: Settings,
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    mountinfo: Path = mounts.MOUNTINFO,
    answers: Callable[[Settings], bool] | None = None,
) -> tuple[Path, str | None]:
    """The directory of all runs, made if it is missing, and why it is not the usual one.

    `answers` says whether the server does; it is asked only where that matters.

    Raises:
        OSError: nowhere can anything be written.
    """
    environ = os.environ if environ is None else environ
    cwd = cwd or working_directory()
    scratch = _scratch(settings, environ, mountinfo)
    if scratch and not (answers or _answers)(settings):
        scratch = None
    reason: str | None = None
    last = OSError("There is no place to keep a run.")
    for place in places(settings, environ, cwd, scratch and scratch[0]):
        fault = _fault(place, mounts.is_remote(mounts.file_system(place, mountinfo)))
        if fault is None and MEMORY in place.parents:
            return (
                place,
                f"{reason}, nor can any other; a restart of the machine loses what is kept",
            )
        if fault is None:
            return place, reason or (scratch[1] if scratch and place == scratch[0] else None)
        last = fault
        reason = reason or f"{place} cannot be written ({fault.strerror})"
    raise last


def places(
    settings: Settings,
    environ: Mapping[str, str],
    cwd: Path,
    scratch: Path | None = None,
) -> Iterator[Path]:
    """Where runs may be kept, best first; in the scratch of a job only if it is given."""
    if settings.spool_dir:
        yield expanded(settings.spool_dir).absolute()
    if scratch:
        yield scratch
    yield from _lasting(settings, environ)
    if cwd.is_dir():  # one that was deleted is not made anew
        yield cwd / ".wanllmdb" / "spool"
    yield _own(temporary())
    yield _own(MEMORY)


def lasting(settings: Settings, environ: Mapping[str, str] | None = None) -> Path | None:
    """The usual place of runs, which outlives a job; None if there is none."""
    return next(_lasting(settings, os.environ if environ is None else environ), None)


def is_scratch(directory: Path, settings: Settings) -> bool:
    """Whether the directory of a run goes with the job: it lies in no place but its scratch."""
    named = settings.spool_dir and expanded(settings.spool_dir).absolute()
    scratches = (os.environ.get(name) for name in SCRATCHES)
    here = any(path and directory.parent == _own(Path(path)) for path in scratches)
    return here and directory.parent != named and settings.mode == "online"


def run_directory(root: Path, run_id: str, started_ns: int) -> Path:
    """The directory of one run, by the time it began and its id."""
    started = datetime.fromtimestamp(started_ns / 1e9, tz=timezone.utc)
    return root / f"{started:%Y%m%d_%H%M%S}-{folder(run_id)}"


def is_own(place: Path) -> bool:
    """Whether a place is one of those in a directory that everybody may write to."""
    return place.parent.name == _own_name()


def _lasting(settings: Settings, environ: Mapping[str, str]) -> Iterator[Path]:
    if settings.dir:
        yield expanded(settings.dir).absolute() / "wanllmdb"
    state = expanded(environ.get("XDG_STATE_HOME") or "~/.local/state")
    if NOWHERE not in state.parents:
        yield state / "wanllmdb" / "spool"


def _scratch(
    settings: Settings, environ: Mapping[str, str], mountinfo: Path
) -> tuple[Path, str] | None:
    """The job's own disk, and why it is taken.

    It ends with the job, so it is for runs whose rows leave while the job goes on.
    """
    usual = lasting(settings, environ)
    kind = usual and mounts.file_system(usual, mountinfo)
    if settings.mode != "online" or usual is None or not mounts.is_remote(kind):
        return None
    for name in SCRATCHES:
        path = Path(environ.get(name) or NOWHERE)
        if not mounts.is_remote(mounts.file_system(path, mountinfo)) and path.is_dir():
            return _own(path), f"{usual} is behind a network ({kind})"
    return None


def _answers(settings: Settings) -> bool:
    """Whether somebody answers where the server is to be."""
    parts = urlsplit(settings.api_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


def _own_name() -> str:
    return f"wanllmdb-{os.getuid()}"


def _own(shared: Path) -> Path:
    """The place of this user in a directory that everybody may write to."""
    return shared / _own_name() / "spool"


def _fault(place: Path, remote: bool) -> OSError | None:
    """Why nothing can be written there; the directory is made if it is missing."""
    found: list[OSError | None] = []
    if not remote:
        return _tried(place)
    asking = threading.Thread(target=lambda: found.append(_tried(place)), daemon=True)
    asking.start()
    asking.join(PROBE_SECONDS)
    return found[0] if found else TimeoutError(0, "it does not answer")


def _tried(place: Path) -> OSError | None:
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_own(place) and place.parent.lstat().st_uid != os.getuid():
            return PermissionError(0, "it belongs to somebody else")
        descriptor, probe = tempfile.mkstemp(dir=place, prefix=".probe-")
        try:
            if os.write(descriptor, bytes(PROBE_BYTES)) != PROBE_BYTES:
                return OSError(0, "it is full")
        finally:
            os.close(descriptor)
            Path(probe).unlink()
    except OSError as error:
        return error
    return None
