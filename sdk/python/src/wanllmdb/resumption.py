"""Resumption: `resume="auto"` goes on with the run that a crash in this directory cut off.

The id of the run stands in `wandb/wandb-resume.json` until a run ends well.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from wanllmdb.naming import chance, new_id
from wanllmdb.run import Run, attach
from wanllmdb.settings import Settings


class Note:
    """The note that a run was begun here; removed when it ends well."""

    def __init__(self, path: Path, run: Run) -> None:
        self._path = path
        self._run = run

    def close(self) -> None:
        if self._run.exit_code == 0:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def abandon(self) -> None:
        """The child of a fork neither goes on with the run nor ends it."""


def begin(settings: Settings, begin_run: Callable[[Settings], Run]) -> Run:
    """A run that goes on where the last one was cut off, or a new one that may be gone on with."""
    path = Path(settings.dir or ".") / "wandb" / "wandb-resume.json"
    noted = settings.run_id or _noted(path)
    told = {**settings.chosen(), "resume": "allow" if noted else None}
    told["run_id"] = noted or new_id(chance())
    run = begin_run(Settings(**told))
    with contextlib.suppress(OSError):  # without a note the next start makes a new run
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"run_id": run.id}), encoding="utf-8")
    attach(run, companions=[Note(path, run)])
    return run


def _noted(path: Path) -> str | None:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))["run_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return noted if isinstance(noted, str) and noted else None
