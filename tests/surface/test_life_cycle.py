"""How a run begins, is shared and ends: each row of the table of its life cycle."""

from __future__ import annotations

import functools
import json
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.bad.user import QUIET, User
from tests.sdk.journals import kept_in
from tests.surface.rows import Check, Rows

import wanllmdb as wandb
from wanllmdb.wire import Kind

ROWS = Rows()


def script(body: str) -> tuple[int, list[Any], str]:
    """Run a script in the user's home; its exit status, the run's ends, and what it said."""
    begin = f"import os, sys, signal, wanllmdb as wandb\nQUIET = {QUIET!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + textwrap.dedent(body)],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "WANDB_MODE": "offline"},
    )  # fmt: skip
    spool = Path(os.environ["HOME"]) / ".local/state/wanllmdb/spool"
    ends = [each for run in sorted(spool.iterdir()) for each in kept_in(run, Kind.FINISH)]
    return done.returncode, ends, done.stdout + done.stderr


def rows_left() -> int:
    spool = Path(os.environ["HOME"]) / ".local/state/wanllmdb/spool"
    return sum(len(kept_in(run, Kind.ROW)) for run in spool.iterdir())


@ROWS.row("before init: log save define_metric alert watch ... 'You must call wandb.init()'")
def _(user: User) -> None:
    del user
    functions: dict[str, tuple[Any, ...]] = {
        "log": ({"a": 1},),
        "save": ("x",),
        "define_metric": ("a",),
        "alert": ("a", "b"),
        "watch": (object(),),
        "unwatch": (),
        "log_artifact": ("x",),
        "use_artifact": ("x",),
        "mark_preempting": (),
    }
    calls: list[Callable[[], Any]] = [
        *(functools.partial(getattr(wandb, name), *given) for name, given in functions.items()),
        lambda: wandb.config.update({"a": 1}),
        lambda: wandb.config.x,
        lambda: wandb.summary["x"],
        lambda: hasattr(wandb.config, "x"),
    ]
    for call in calls:
        with pytest.raises(wandb.Error, match=r"You must call wandb.init\(\) before"):
            call()


@ROWS.row("before init: finish() is a no-op; wandb.run is None")
def _(user: User) -> None:
    del user
    wandb.finish()
    wandb.finish(0)
    wandb.finish(exit_code=1)
    wandb.join()
    assert wandb.run is None


@ROWS.row("second init: the active run is returned, its config untouched, an info line printed")
def _(user: User) -> None:
    run = user.begin(config={"a": 1})
    user.said()
    assert wandb.init(project="other", config={"a": 2, "b": 3}, settings=QUIET) is run
    assert (dict(run.config), run.project) == ({"a": 1}, "p")
    assert "is active" in user.said()


@ROWS.row('reinit=True and "finish_previous" end it first')
def _(user: User) -> None:
    for reinit in (True, "finish_previous"):
        first = user.begin()
        second = user.begin(reinit=reinit)
        assert (first.is_over, second is wandb.run) == (True, True)
        second.finish()


@ROWS.row('"create_new" gives a second run and leaves wandb.run alone')
def _(user: User) -> None:
    first = user.begin()
    second = user.begin(reinit="create_new")
    second.log({"a": 1})
    assert (second is not first, wandb.run is first, first.is_over) == (True, True, False)
    second.finish()
    assert wandb.run is first


@ROWS.row("resume offline: every mode accepted, no error, resumed False, a fresh local file")
def _(user: User) -> None:
    for resume in ("allow", "must", "never", "auto", True, False):
        run = user.begin(id=f"as-{resume}", resume=resume)
        assert (run.id, run.resumed) == (f"as-{resume}", False)
        user.finish()


@ROWS.row('"auto" keeps the id in wandb/wandb-resume.json, reused after a crash')
def _(user: User) -> None:
    body = "run = wandb.init(project='p', resume='auto', settings=QUIET); print('ID', run.id)"
    _, _, said = script(f"{body}; os._exit(1)")
    noted = json.loads(Path("wandb/wandb-resume.json").read_text())["run_id"]
    assert f"ID {noted}" in said
    assert f"ID {noted}" in script(body)[2]
    assert user.runs == []


@ROWS.row("fork_from / resume_from: <run>?_step=<n>; exclusive with resume")
def _(user: User) -> None:
    run = user.begin(fork_from="abc?_step=7")
    assert run.starting_step == 8
    user.finish()
    refused: tuple[dict[str, Any], ...] = (
        {"fork_from": "abc?_step=7", "resume": "allow"},
        {"resume_from": "abc?_step=7", "resume": "must"},
        {"fork_from": "abc?_step=7", "resume_from": "abc?_step=7"},
        {"fork_from": "abc"},
        {"resume_from": "abc?_step=x"},
    )
    for given in refused:
        with pytest.raises(wandb.UsageError):
            user.begin(**given)


for words, last, code in (
    ("end of script", "pass", 0),
    ("sys.exit(3)", "sys.exit(3)", 3),
    ('sys.exit("m")', "sys.exit('m')", 1),
    ("uncaught", "raise ValueError('no')", 1),
    ("KeyboardInterrupt", "raise KeyboardInterrupt", 255),
):

    def _end(user: User, last: str = last, code: int = code) -> None:
        del user
        _, [end], _ = script(f"wandb.init(settings=QUIET).log({{'a': 1}})\n{last}")
        assert (end["exit_code"], rows_left()) == (code, 1)

    ROWS.row(f"{words}: exit code {code}")(_end)


@ROWS.row("with init() and any exception: exit code 1, exception propagates, wandb.run None")
def _(user: User) -> None:
    with pytest.raises(ValueError, match="mine"), user.begin():
        raise ValueError("mine")
    [end] = user.kept(Kind.FINISH)
    assert (end["exit_code"], wandb.run) == (1, None)
    assert "ValueError: mine" in end["traceback"]


@ROWS.row("finish(exit_code=7): state failed")
def _(user: User) -> None:
    user.run.finish(exit_code=7)
    [end] = user.kept(Kind.FINISH)
    assert (end["exit_code"], wandb.run) == (7, None)


for words, death in (
    ("SIGKILL", "os.kill(os.getpid(), signal.SIGKILL)"),
    ("SIGTERM", "os.kill(os.getpid(), signal.SIGTERM); signal.pause()"),
    ("os._exit", "os._exit(0)"),
):

    def _death(user: User, death: str = death) -> None:
        del user
        log = "[wandb.log({'a': n}) for n in range(50)]"
        _, ends, _ = script(f"wandb.init(settings=QUIET)\n{log}\n{death}")
        assert (ends, rows_left()) == ([], 50)

    ROWS.row(f"{words}: no exit record, and no row is gone", ours=True)(_death)


@ROWS.row("after finish: run.log UsageError, wandb.log wandb.Error, second finish a no-op")
def _(user: User) -> None:
    run = user.run
    run.finish()
    run.finish()
    wandb.finish()
    for call in (
        lambda: run.log({"a": 1}),
        lambda: run.define_metric("a"),
        lambda: run.save("x"),
        lambda: run.alert("a", "b"),
        lambda: run.config.update({"a": 1}),
        lambda: run.summary.update({"a": 1}),
    ):
        with pytest.raises(wandb.UsageError, match="is finished"):
            call()
    with pytest.raises(wandb.Error, match=r"You must call wandb.init\(\)"):
        wandb.log({"a": 1})


@ROWS.row("disabled: a Run; config and summary work locally; log accepts anything; nothing is left")
def _(user: User) -> None:
    run = user.begin(mode="disabled", project=None, config={"a": 1})
    assert isinstance(run, wandb.Run)
    assert (wandb.run is run, run.disabled, run.url) == (True, True, None)
    assert (run.name, run.project, run.entity) == (f"dummy-{run.id}", "dummy", "dummy")
    run.config.b = 2
    run.log({"x": 1, "o": object()})
    run.summary["y"] = 3
    assert (dict(run.config), run.summary["x"], run.summary["y"]) == ({"a": 1, "b": 2}, 1, 3)
    run.finish()
    user.runs.clear()
    assert not (user.home / ".local").exists()


@ROWS.row("disabled: log_artifact(...) returns a chainable no-op")
def _(user: User) -> None:
    run = user.begin(mode="disabled")
    artifact = wandb.Artifact("name", "type")
    assert run.log_artifact(artifact).wait() is not None
    run.watch(object())
    run.unwatch()
    run.alert("a", "b")
    run.finish()
    user.runs.clear()


@ROWS.row("threads: init in a thread sets the global run")
def _(user: User) -> None:
    thread = threading.Thread(target=user.begin)
    thread.start()
    thread.join()
    assert wandb.run is user.runs[0]


@ROWS.row("fork: a forked child can log to the parent's run, and its exit ends nothing", ours=True)
def _(user: User) -> None:
    run = user.run
    run.log({"who": 1})
    child = os.fork()
    if child == 0:
        run.log({"who": 2})
        run.finish()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    run.log({"who": 3})
    assert sorted(values["who"] for _, values in user.rows) == [1, 2, 3]
    run.finish()
    user.runs.clear()  # the child's journal has no end of its own


@ROWS.row("fork: init in a forked child makes a new run and does not return the parent's")
def _(user: User) -> None:
    parent, reading, writing = user.run.id, *os.pipe()
    child = os.fork()
    if child == 0:
        run = wandb.init(project="p", mode="offline", settings=QUIET)
        os.write(writing, run.id.encode())
        run.finish()
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 99).decode() not in {"", parent}
    os.close(reading)
    os.close(writing)


for method in ("spawn", "fork"):

    def _processes(user: User, method: str = method) -> None:
        run = user.run
        process = multiprocessing.get_context(method).Process(target=_a_run_of_its_own)  # type: ignore[attr-defined]
        process.start()
        process.join(60)
        assert process.exitcode == 0
        run.log({"a": 1})
        user.finish()
        assert rows_left() == 2

    ROWS.row(f"multiprocessing {method}: a run of its own beside the parent's")(_processes)


def _a_run_of_its_own() -> None:
    with wandb.init(project="p", mode="offline", settings=QUIET) as run:
        run.log({"a": 1})


@ROWS.row("DataLoader workers: forked workers that never touch the run do not end it")
def _(user: User) -> None:
    run = user.run
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        assert pool.map(abs, [-1, -2]) == [1, 2]
    run.log({"a": 1})
    assert (user.kept(Kind.FINISH), run.is_over) == ([], False)
    run.finish()
    user.runs.clear()


@ROWS.row("unknown keyword of init: TypeError; magic, tensorboard, anonymous, force: a warning")
def _(user: User) -> None:
    with pytest.raises(TypeError, match="nonsense"):
        user.begin(nonsense=1)
    user.begin(magic=True, anonymous="allow", force=None)
    assert "these settings mean nothing here: anonymous, magic" in user.said()


@ROWS.each()
def test_life_cycle(check: Check, user: User) -> None:
    check(user)
    user.finish()
