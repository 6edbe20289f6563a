"""The session: which run is the current one, how one begins, and that each one ends.

The only state of the module. A run begins without waiting for a server longer than two
seconds and without failing for one that cannot be reached; it ends with the script at the
latest, with the script's exit code. What a fork copies is left to the parent.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any, cast

from wanllmdb import attachment, opening
from wanllmdb.config import Config
from wanllmdb.errors import Error, LateError, UsageError
from wanllmdb.exits import ExitWatch
from wanllmdb.guard import NoRun, guarded, say
from wanllmdb.metric import Metric
from wanllmdb.opening import Request
from wanllmdb.run import Run
from wanllmdb.settings import Settings
from wanllmdb.summary import Summary
from wanllmdb.surroundings import in_notebook


class _Session:
    """The runs of this process that are not over, the current one last in line."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.current: Run | None = None
        self.open: list[Run] = []
        self.exit = ExitWatch()
        self.hooked = False
        self.is_over = False  # the process is ending
        self.pid = os.getpid()

    @guarded()
    def hook(self) -> None:
        """Take care that every run ends with the process; the first run asks for it."""
        self.exit.install()
        if not self.hooked:
            self.hooked = True
            atexit.register(self.end)
            os.register_at_fork(after_in_child=self.forked)

    @guarded()
    def end(self) -> None:
        """The process ends: so does every run that is open. Ctrl-C ends the waiting for it."""
        self.is_over = True
        for run in list(self.open):
            run._late = True
            with contextlib.suppress(KeyboardInterrupt):
                run._finish(self.exit.code, self.exit.traceback)
        self.exit.leave()

    def forked(self) -> None:
        """In the child: its runs are its own; the parent's may be logged to, and no more."""
        self.lock = threading.RLock()
        self.pid = os.getpid()
        for run in self.open:
            run._forked()
        self.open = []

    def ended(self, run: Run) -> None:
        """Forget a run that is over."""
        with self.lock, contextlib.suppress(ValueError):
            self.open.remove(run)
        if self.current is run:
            self.current = None


_session = _Session()


def init(  # noqa: D417 - the arguments are those of wandb, told in the README
    project: str | None = None,
    entity: str | None = None,
    name: str | None = None,
    config: Any = None,
    *,
    tags: Any = None,
    notes: str | None = None,
    group: str | None = None,
    job_type: str | None = None,
    id: str | None = None,  # noqa: A002 - wandb's word
    resume: str | bool | None = None,
    fork_from: str | None = None,
    resume_from: str | None = None,
    dir: Any = None,  # noqa: A002 - wandb's word
    mode: str | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    reinit: str | bool | None = None,
    config_include_keys: Any = None,
    config_exclude_keys: Any = None,
    allow_val_change: bool | None = None,
    monitor_system: bool | None = None,
    monitor_interval: float | None = None,
    git_tracking: bool | None = None,
    preemption: bool | str | Sequence[str] | None = None,
    sync_tensorboard: bool | None = None,
    monitor_gym: bool | None = None,
    save_code: bool | None = None,
    **foreign: Any,
) -> Run:
    """Begin a run and make it the current one; return the current one if there is one.

    Waits at most two seconds for a server. If none answers, the run is kept on this machine
    and sent as soon as one does.

    Args:
        id: of the run; one that is there is gone on with, or logged to beside others.
        resume: what if there is such a run: `"allow"` and no word go on with it or begin it,
            `"must"` wants it to be there, `"never"` not; `"auto"` and true go on with what was
            cut off in this directory.
        fork_from: `"<run>?_step=<n>"`: begin with what that run shows up to the step.
        resume_from: `"<run>?_step=<n>"`: go on with that run behind the step.
        mode: `online`, `offline`, `disabled`, or `shared`: one of many that log to one run.
        reinit: what to do when a run is open: `"return_previous"` (by default in a script),
            `"finish_previous"` (in a notebook), or `"create_new"` beside it.
        preemption: tell the server when the scheduler ends the script: true for SIGTERM, or
            the names of the signals. Nothing watches signals unless this is given.

    Raises:
        UsageError: an argument cannot be meant.
        AuthenticationError: the server does not know the key.
    """
    given = {
        "project": project,
        "entity": entity,
        "name": name,
        "tags": tags,
        "notes": notes,
        "group": group,
        "job_type": job_type,
        "run_id": id,
        "resume": resume,
        "fork_from": fork_from,
        "resume_from": resume_from,
        "dir": dir,
        "mode": mode,
        "reinit": reinit,
        "allow_val_change": allow_val_change,
        "monitor_system": monitor_system,
        "monitor_interval": monitor_interval,
        "git_tracking": git_tracking,
        "preemption": preemption,
        "sync_tensorboard": sync_tensorboard,
        "monitor_gym": monitor_gym,
        "save_code": save_code,
    }
    request = Request(
        given={key: value for key, value in given.items() if value is not None},
        settings=settings,
        config=config,
        include=config_include_keys,
        exclude=config_exclude_keys,
        foreign=foreign,
    )
    try:
        with _session.lock:
            return _next(request)
    except Error:
        raise
    except Exception as error:  # noqa: BLE001 - the training goes on
        return _instead(opening.UNKNOWN, error)


def _next(request: Request) -> Run:
    """The run that is open, or another that is the current one from now on."""
    resolved = opening.resolved(request)
    previous, reinit = _active(), resolved.reinit
    if reinit in {None, False, "default"} and in_notebook():
        reinit = "finish_previous"  # a cell was run again
    if previous is not None and reinit in {True, "finish_previous"}:
        previous.finish()
    elif previous is not None and reinit != "create_new":
        opening.say_active(previous)
        return previous
    _session.hook()
    run = _begun(request, resolved)
    _session.open.append(run)
    if previous is None or previous.is_over or reinit != "create_new":
        _session.current = run
    return run


def attach(
    attach_id: str | None = None, run_id: str | None = None, *, run: Run | None = None
) -> Run:
    """Log to a run that another process of the script began; it becomes the current one.

    Args:
        attach_id: what `run._attach_id` was there, or the id of a run of the usual project.
        run_id: the same, by its older name.
        run: a run of this process becomes the current one again.

    Raises:
        UsageError: nothing is named, or what is named is no run.
    """
    if run is not None:
        _session.current = run
        return run
    named = attach_id or run_id
    if not named:
        raise UsageError("attach() wants the _attach_id of a run.")
    told = attachment.arguments(named)
    mine = [each for each in _session.open if each.is_ours and each.id == told["id"]]
    if mine:
        _session.current = mine[0]
        return mine[0]
    identity = {name: told.pop(name, None) for name in ("id", "project", "entity")}
    return init(**identity, settings=told, reinit="create_new" if _active() else None)


def _begun(request: Request, resolved: Settings) -> Run:
    """A run; one that records nothing if a mistake of ours keeps it from beginning."""
    try:
        return opening.begin(request, resolved, _session.ended)
    except Error:
        raise
    except Exception as error:  # noqa: BLE001 - the training goes on
        return _instead(resolved, error)


def _instead(settings: Settings, error: Exception) -> Run:
    """What `init` returns when it failed inside: the script goes on, and nothing is recorded."""
    try:
        run = opening.unrecorded(settings, error, _session.ended)
    except Exception:  # noqa: BLE001 - not even that can begin
        say("init", error)
        run = cast("Run", NoRun())
    _session.current = run
    return run


def _active() -> Run | None:
    """The current run, unless it is another process's."""
    run = _session.current
    return run if run is not None and run.is_ours and not run.is_over else None


def current() -> Run | None:
    """The run that `wandb.run` is: in the child of a fork, that of the parent."""
    return _session.current


def needed(call: str) -> Run:
    """The current run, or an `Error` that says what is missing."""
    run = _session.current
    if run is None and _session.is_over:
        raise LateError(f"{call} after the run has ended with the process; it is not kept")
    if run is None:
        raise Error(f"You must call wandb.init() before {call}")
    return run


def log(
    data: Mapping[str, Any],
    step: int | None = None,
    commit: bool | None = None,
    sync: bool | None = None,
) -> None:
    """Keep one row of the current run; see `Run.log`."""
    run = _session.current
    if run is None:
        _log_to_nobody()
        return
    run.log(data, step, commit, sync)


@guarded()
def _log_to_nobody() -> None:
    needed("wandb.log()")


@guarded()
def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """End the current run; without one, nothing happens."""
    run = _session.current
    if run is not None:
        run.finish(exit_code, quiet)


@guarded()
def define_metric(name: Any, *arguments: Any, **keywords: Any) -> Metric:
    """Say how a metric of the current run is meant; see `Run.define_metric`."""
    return needed("wandb.define_metric()").define_metric(name, *arguments, **keywords)


@guarded()
def mark_preempting() -> None:
    """Say that the scheduler is about to end the script; see `Run.mark_preempting`."""
    needed("wandb.mark_preempting()").mark_preempting()


def config() -> Config:
    """The config of the current run."""
    return needed("wandb.config").config


def summary() -> Summary:
    """The summary of the current run."""
    return needed("wandb.summary").summary


def setup(*_: Any, **__: Any) -> None:
    """Of wandb, where it starts a process. There is none here."""


@guarded()
def teardown(exit_code: int | None = None) -> None:
    """End every run of this process."""
    for run in list(_session.open):
        run.finish(exit_code)


def require(*_: Any, **__: Any) -> None:
    """Of wandb, where it turns features on. All of them are on."""
