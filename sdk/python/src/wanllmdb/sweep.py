"""Sweeps: many runs of one script, each with other parameters, begun one after another.

A sweep is a file of this machine; `agent` takes its next parameters under a lock, so that any
number of agents here share the work. Every run gets its parameters as a config that nobody can
change, and its project from the sweep. Methods: grid and random; see `search`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from wanllmdb import naming, search, session
from wanllmdb.console import Voice
from wanllmdb.directories import spool_root
from wanllmdb.errors import UnsupportedError, UsageError
from wanllmdb.exits import exit_code_of
from wanllmdb.guard import guarded
from wanllmdb.settings import Settings, resolve

FAILURES: Final = 5  # so many at the beginning, one after another, and an agent gives up

ID: Final = "WANDB_SWEEP_ID"
PARAMETERS: Final = "WANDB_SWEEP_PARAM_PATH"


@guarded()
def sweep(
    sweep: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    entity: str | None = None,
    project: str | None = None,
    prior_runs: list[str] | None = None,
) -> str:
    """Begin a sweep; its id, for `agent`.

    Args:
        sweep: the configuration: `method`, `parameters`, and `metric`, `run_cap`, `name`,
            `program`, `command` if wanted; or a function that gives it.
        entity: the owner of its runs.
        project: where its runs go.
        prior_runs: of wandb; there is no method here that looks at them.

    Raises:
        UsageError: the configuration cannot be carried out.
        UnsupportedError: its method is not there yet.
    """
    settings = resolve({"entity": entity, "project": project})
    config = search.plain(search.checked(sweep() if callable(sweep) else sweep))
    voice = _voice(settings)
    for word in ("early_terminate",):
        if config.get(word):
            voice.warn(f"{word} means nothing here yet: every run of a sweep goes to its end")
    if prior_runs:
        voice.warn("prior_runs mean nothing to the methods grid and random")
    sweep_id = naming.new_id(naming.chance())
    path = _place(settings, sweep_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "config": config,
        "project": project or config.get("project") or settings.project,
        "entity": entity or config.get("entity") or settings.entity,
        "next": 0,
    }
    path.write_text(json.dumps(told))
    voice.say(f"sweep {sweep_id} begun; run it with wandb.agent({sweep_id!r}, function)")
    return sweep_id


@guarded()
def agent(
    sweep_id: str,
    function: Callable[[], Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
    count: int | None = None,
    forward_signals: bool = False,
) -> None:
    """Carry out runs of a sweep, one after another, until it or `count` is done.

    Args:
        sweep_id: what `sweep` gave; a path that ends in it will do.
        function: begins a run by `init` and trains; without one, the `program` of the sweep is
            started anew for every run.
        entity: of wandb; the sweep says so itself.
        project: the same.
        count: how many runs at most.
        forward_signals: of wandb; a program is in the terminal's group and hears Ctrl-C itself.

    Raises:
        UsageError: there is no such sweep here.
    """
    del entity, project, forward_signals
    settings = resolve({})
    sweep_id = str(sweep_id).rpartition("/")[2]
    path, voice = _place(settings, sweep_id), _voice(settings)
    work = _Work(sweep_id, path, function, voice)
    failed = 0
    for number in range(count if count is not None else sys.maxsize):
        parameters = work.take()
        if parameters is None:
            break
        failed = 0 if work.do(parameters) else failed + 1
        if failed == number + 1 == FAILURES:
            voice.warn(f"the first {FAILURES} runs of the sweep failed: the agent gives up")
            break


def controller(*_: Any, **__: Any) -> Any:
    """Of wandb, where a script chooses the parameters of a sweep itself.

    Raises:
        UnsupportedError: always.
    """
    raise UnsupportedError("wandb.controller() is not here; give sweep() a method instead.")


class _Work:
    """The runs of a sweep, as far as this agent does them."""

    def __init__(
        self, sweep_id: str, path: Path, function: Callable[[], Any] | None, voice: Voice
    ) -> None:
        if not path.is_file():
            raise UsageError(
                f"There is no sweep {sweep_id!r} on this machine; wandb.sweep(…) begins one."
            )
        self._id = sweep_id
        self._path = path
        self._function = function
        self._voice = voice
        self._told: dict[str, Any] = {}

    def take(self) -> dict[str, Any] | None:
        """The next parameters, which nobody else is given; None when there are none left."""
        with self._path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._told = json.load(file)
            number = self._told["next"]
            found = search.suggestion(self._told["config"], self._id, number)
            if found is not None:
                file.seek(0)
                json.dump({**self._told, "next": number + 1}, file)
                file.truncate()
        return found

    def do(self, parameters: Mapping[str, Any]) -> bool:
        """One run; says whether it ended well. Ctrl-C ends the agent, too."""
        self._voice.say(f"sweep {self._id}: {json.dumps(parameters, default=str)}")
        with tempfile.TemporaryDirectory(prefix="wanllmdb-sweep-") as folder:
            file = Path(folder) / "parameters.yaml"
            _write(file, parameters)
            environ = {ID: self._id, PARAMETERS: str(file)}
            for name, word in (("WANDB_PROJECT", "project"), ("WANDB_ENTITY", "entity")):
                if self._told.get(word):
                    environ[name] = self._told[word]
            if self._function is None:
                return self._start(parameters, environ)
            with _environment(environ):
                return self._call(self._function)

    def _call(self, function: Callable[[], Any]) -> bool:
        try:
            function()
        except KeyboardInterrupt:
            _finish(255)
            raise
        except SystemExit as error:
            code = exit_code_of(error)
            _finish(code)
            return code == 0
        except Exception:  # noqa: BLE001 - this run failed; the sweep goes on
            traceback.print_exc()
            _finish(1)
            return False
        _finish(0)
        return True

    def _start(self, parameters: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
        command = _command(self._told["config"], parameters)
        done = subprocess.run(  # noqa: S603 - what the user's own configuration says
            command, env={**os.environ, **environ}, check=False
        )
        return done.returncode == 0


def _finish(exit_code: int) -> None:
    """End the run that the function left open."""
    run = session.current()
    if run is not None and run.is_ours:
        run.finish(exit_code)


def _command(config: Mapping[str, Any], parameters: Mapping[str, Any]) -> list[str]:
    """The command of a run, with wandb's macros filled in."""
    program = config.get("program")
    if not program:
        raise UsageError("agent() wants a function, or a sweep whose configuration has a program.")
    words = config.get("command") or ["${env}", "${interpreter}", "${program}", "${args}"]
    flags = [f"--{name}={_shown(value)}" for name, value in parameters.items()]
    filled: dict[str, list[str]] = {
        "${env}": ["/usr/bin/env"],
        "${interpreter}": [sys.executable],
        "${program}": [str(program)],
        "${args}": flags,
        "${args_no_hyphens}": [flag[2:] for flag in flags],
        "${args_no_boolean_flags}": _without_flags(parameters),
        "${args_json}": [json.dumps(parameters)],
    }
    return [each for word in words for each in filled.get(word, [str(word)])]


def _without_flags(parameters: Mapping[str, Any]) -> list[str]:
    """True is a flag alone, false is none."""
    return [
        f"--{name}" if value is True else f"--{name}={_shown(value)}"
        for name, value in parameters.items()
        if value is not False
    ]


def _shown(value: Any) -> str:
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def _write(path: Path, parameters: Mapping[str, Any]) -> None:
    """The parameters in the form that wandb gives its runs."""
    import yaml

    said: dict[str, Any] = {"wandb_version": 1}
    said.update((name, {"value": value}) for name, value in parameters.items())
    path.write_text(yaml.safe_dump(said, sort_keys=False))


@contextlib.contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _place(settings: Settings, sweep_id: str) -> Path:
    root, _ = spool_root(settings)
    return root.parent / "sweeps" / f"{naming.checked_id(sweep_id)}.json"


def _voice(settings: Settings) -> Voice:
    return Voice(silent=settings.silent, quiet=settings.quiet)
