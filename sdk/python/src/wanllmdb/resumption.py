"""Resumption: runs that go on, or begin with what another has logged.

`resume="auto"` goes on with the run that a crash in this directory cut off: its id stands in
`wandb/wandb-resume.json` until it ends well. `fork_from` and `resume_from` name a moment of a
run; what they say is told to the server when the run is opened.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wanllmdb import incarnation
from wanllmdb.console import Voice
from wanllmdb.directories import spool_root
from wanllmdb.errors import UsageError
from wanllmdb.moment import parse_moment
from wanllmdb.naming import chance, new_id
from wanllmdb.run import Run, attach
from wanllmdb.settings import Settings


class Note:
    """The note that a run was begun here; removed when it ends well."""

    def __init__(self, path: Path, run: Run) -> None:
        self._path = path
        self._run = run

    def close(self) -> None:
        if self._run.exit_code == 0 and _noted(self._path) == self._run.id:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def abandon(self) -> None:
        """The child of a fork neither goes on with the run nor ends it."""


def checked(settings: Settings) -> Settings:
    """The settings, if what they say of other runs can be meant together.

    Raises:
        UsageError: it cannot.
    """
    fork, back = settings.fork_from, settings.resume_from
    if fork and back:
        raise UsageError(
            "fork_from and resume_from exclude each other: to begin a new run with the history "
            "of another, give fork_from; to go back in a run, give resume_from."
        )
    spec = fork or back
    if spec is None:
        return settings
    name = "fork_from" if fork else "resume_from"
    moment = parse_moment(name, spec)
    if settings.resume:
        raise UsageError(
            f"{name} and resume exclude each other. Leave resume (or the variable WANDB_RESUME, "
            f"WANLLMDB_RESUME) away: {name} says already with what the run begins."
        )
    if fork and settings.run_id == moment.run:
        raise UsageError(
            f"A run cannot be forked from itself. To go back in {moment.id!r}, give "
            f"resume_from={fork!r}; to fork it, give another id or none."
        )
    if back and settings.run_id not in {None, moment.id}:
        raise UsageError(
            f"id={settings.run_id!r} is another run than that of resume_from={back!r}. "
            "Leave id away, or fork the run with fork_from."
        )
    return settings


def moments(settings: Settings) -> dict[str, Any]:
    """What the server is told of other runs."""
    said = {"fork_from": settings.fork_from, "resume_from": settings.resume_from}
    return {name: parse_moment(name, spec).body() for name, spec in said.items() if spec}


def first_step(settings: Settings) -> int:
    """Where the run begins, as far as that can be known without a server."""
    spec = settings.fork_from or settings.resume_from
    return parse_moment("fork_from", spec).step + 1 if spec else 0


def begin(settings: Settings, begin_run: Callable[[Settings], Run], voice: Voice) -> Run:
    """A run that goes on where the last one was cut off, or a new one that may be gone on with."""
    path = Path(settings.dir or ".") / "wandb" / "wandb-resume.json"
    noted = settings.run_id or _noted(path)
    ranked = settings.label or incarnation.rank(os.environ)
    if noted and noted != settings.run_id and not ranked and _lives(settings, noted):
        voice.warn(f"the run {noted} of this directory still goes on; this is another")
        noted = None
    run_id = noted or new_id(chance())
    if noted is None and ranked:
        run_id = _first_noted(path, run_id)
    run = begin_run(Settings(**{**settings.chosen(), "resume": "allow", "run_id": run_id}))
    with contextlib.suppress(OSError):  # without a note the next start makes a new run
        _write(path, run.id).replace(path)
    attach(run, companions=[Note(path, run)])
    return run


def _lives(settings: Settings, run_id: str) -> bool:
    """Whether a process of this machine logs into the run just now."""
    try:
        root, _ = spool_root(settings)
    except OSError:
        return False
    return any(alive for _, alive in incarnation.writers_here(root, run_id))


def _first_noted(path: Path, run_id: str) -> str:
    """The id of whichever rank comes first: that of this one, or what another has noted."""
    with contextlib.suppress(OSError):
        draft = _write(path, run_id)
        try:
            os.link(draft, path)
        except FileExistsError:
            return _noted(path) or run_id
        finally:
            draft.unlink()
    return run_id


def _write(path: Path, run_id: str) -> Path:
    """A draft of the note, beside it. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps({"run_id": run_id}), encoding="utf-8")
    return draft


def _noted(path: Path) -> str | None:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))["run_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return noted if isinstance(noted, str) and noted else None
