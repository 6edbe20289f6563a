"""Where runs are kept on this machine until a server has them.

In order: what `spool_dir` says; `wanllmdb` in what `dir` says; the state directory of the
user; the working directory; the temporary directory. The first that can be written is taken.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path

from wanllmdb.naming import slug
from wanllmdb.settings import Settings


def spool_root(
    settings: Settings, *, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> tuple[Path, str | None]:
    """The directory of all runs, made if it is missing, and why it is not the first choice.

    Raises:
        OSError: nowhere can anything be written.
    """
    environ = os.environ if environ is None else environ
    reason: str | None = None
    last = OSError("There is no place to keep a run.")
    for place in places(settings, environ, cwd or Path.cwd()):
        fault = _fault(place)
        if fault is None:
            return place, reason
        last = fault
        reason = reason or f"{place} cannot be written ({fault.strerror})"
    raise last


def _fault(place: Path) -> OSError | None:
    """Why nothing can be written there; the directory is made if it is missing."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, probe = tempfile.mkstemp(dir=place, prefix=".probe-")
        os.close(descriptor)
        Path(probe).unlink()
    except OSError as error:
        return error
    return None


def places(settings: Settings, environ: Mapping[str, str], cwd: Path) -> Iterator[Path]:
    """Where runs may be kept, best first."""
    if settings.spool_dir:
        yield Path(settings.spool_dir).expanduser().absolute()
    if settings.dir:
        yield Path(settings.dir).expanduser().absolute() / "wanllmdb"
    state = environ.get("XDG_STATE_HOME") or "~/.local/state"
    yield Path(state).expanduser() / "wanllmdb" / "spool"
    yield cwd / ".wanllmdb" / "spool"
    yield Path(tempfile.gettempdir()) / f"wanllmdb-{os.getuid()}" / "spool"


def run_directory(root: Path, run_id: str, started_ns: int) -> Path:
    """The directory of one run, by the time it began and its id."""
    started = datetime.fromtimestamp(started_ns / 1e9, tz=timezone.utc)
    return root / f"{started:%Y%m%d_%H%M%S}-{slug(run_id)}"
