"""Mistakes: a script that calls the whole public surface while one function inside raises.

Run as a module it imports the SDK once, and for each function that the script reaches it forks
a process in which that function always raises. What each process saw goes to standard output,
a JSON object a line.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from tests.faults import injection

SECONDS = 30
AT_ONCE = 24
HASTY = {
    "init_timeout": 0.4,
    "finish_timeout": 0.6,
    "flush_interval": 0.05,
    "monitor_interval": 0.05,
}
HERE = __file__


class Calls:
    """Calls of the user's, and what came out of them that should not have."""

    def __init__(self) -> None:
        self.raised: list[str] = []

    @contextlib.contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:  # noqa: BLE001 - it is what this is about
            last = traceback.extract_tb(error.__traceback__)[-2:]
            where = " < ".join(f"{Path(each.filename).name}:{each.name}" for each in last)
            self.raised.append(f"{what}: {type(error).__name__} in {where}")


def script(call: Calls, mode: str, name: str) -> Any:
    """A training as a user writes it; every statement goes on if the one before failed."""
    import wanllmdb as wandb

    run: Any = None
    with call("init"):
        run = wandb.init(
            project="mistakes", id=name, mode=mode, config={"lr": 0.1, "deep": {"a": [1]}},
            tags=["a"], notes="n", group="g", job_type="j", settings=HASTY,
        )  # fmt: skip
    with call("print"):
        print("said by the script")  # noqa: T201
    for step in range(3):  # before anything is said of a metric rows go by a shorter way
        with call("first log"):
            wandb.log({"loss": 2.0, "epoch": step})
        with call("first log at a step"):
            wandb.log({"loss": 2.0, "epoch": step}, step=step + 1)
    with call("define_metric"):
        wandb.define_metric("loss", step_metric="epoch", summary="min")
    for step in range(20):
        with call("log"):
            wandb.log({"loss": 1.0 / (step + 1), "epoch": step, "deep": {"a": True}})
    with call("log of everything"):
        wandb.log({"text": "t", "list": [1, 2.5], "nan": float("nan"), "odd": object()}, step=30)
    with call("media"):
        wandb.log({"table": wandb.Table(columns=["a"], data=[[1]]),
                   "histogram": wandb.Histogram([1, 2, 3])}, commit=False)  # fmt: skip
    with call("config"):
        wandb.config.batch = 32
        wandb.config.update({"more": 1}, allow_val_change=True)
        dict(wandb.config)
        wandb.config.get("lr")
    with call("summary"):
        wandb.summary["best"] = 1.0
        wandb.summary.update({"other": 2})
        dict(wandb.summary)
        wandb.summary.get("loss")
    with call("names"):
        run.name = "another"
        run.notes = "other"
        run.tags = (*run.tags, "b")
    with call("looks"):
        _ = (run.id, run.name, run.project, run.entity, run.url, run.dir, run.step, run.tags)
        _ = (run.config, run.summary, run.settings, run.resumed, repr(run), run.path)
    time.sleep(0.1 if mode == "online" else 0)
    with call("finish"):
        wandb.finish()
    with (
        call("another run"),
        wandb.init(project="mistakes", id=f"{name}-2", mode=mode, settings=HASTY) as second,
    ):
        second.log({"x": 1})
    return run


def reached(mode: str) -> list[str]:
    """The functions of ours that the script reaches, but for those that it calls itself."""
    known = injection.functions()
    seen: set[str] = set()
    called: set[str] = set()

    def profile(frame: FrameType, event: str, argument: object) -> None:
        name = f"{frame.f_globals.get('__name__')}:{frame.f_code.co_qualname}"
        if event == "call" and name in known:
            by = frame.f_back.f_code if frame.f_back else None
            (called if by is not None and by.co_filename == HERE else seen).add(name)

    import threading

    threading.setprofile(profile)
    sys.setprofile(profile)
    script(Calls(), mode, "reached")
    sys.setprofile(None)
    threading.setprofile(None)
    return sorted(seen - called)


def main() -> None:
    """Arguments: the modes of which the last is tried, with what the others do not reach."""
    import urllib3  # as the first request does: here once for all

    *others, mode = sys.argv[1:]
    assert urllib3
    injection.functions()
    names = _reached_in_child(mode)
    for other in others:
        known = _reached_in_child(other)
        names = [name for name in names if name not in known]
    for at in range(0, len(names), AT_ONCE):
        children = [(name, _Child(_with_mistake(name, mode))) for name in names[at : at + AT_ONCE]]
        for name, child in children:
            told, said, status = child.end()
            found = {"function": name, "status": status, "said": said, **json.loads(told or "{}")}
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()


def _reached_in_child(mode: str) -> list[str]:
    return json.loads(_Child(lambda: json.dumps(reached(mode))).end()[0])


def _with_mistake(name: str, mode: str) -> Callable[[], str]:
    def work() -> str:
        injection.squeeze()
        injection.inject(name, lambda: injection.InjectedError("a mistake"))
        call = Calls()
        run = script(call, mode, f"{mode}-{abs(hash(name)):x}")
        return json.dumps({"raised": call.raised, "lost": str(getattr(run, "lost", ""))})

    return work


class _Child:
    """A fork that does some work; `end` is what it answered, what it said, its exit status."""

    def __init__(self, work: Callable[[], str]) -> None:
        self._answer = tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes both
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        self._pid = os.fork()
        if not self._pid:
            self._do(work)

    def end(self) -> tuple[str, list[str], int]:
        status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        with self._answer as answer, self._said as said:
            answer.seek(0)
            said.seek(0)
            return answer.read().decode(), said.read().decode().splitlines(), status

    def _do(self, work: Callable[[], str]) -> None:
        signal.alarm(SECONDS)
        os.dup2(self._said.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 1
        try:
            os.write(self._answer.fileno(), work().encode())
            status = 0
        finally:
            os._exit(status)


if __name__ == "__main__":
    main()
