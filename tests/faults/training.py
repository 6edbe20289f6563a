"""Training: a real process that trains nothing and logs through the public surface.

Run as a module it is the training: `import wanllmdb as wandb`, `init`, `log`, and an entry in
its ledger after every call that returned. Imported it is how a test starts one, stops it and
kills it: in a home, a working directory and a spool of its own, logging to a server or to
none.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.ledger import Entry, Slot, entries, returned, value_of

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "faults"


# The training: what runs in the process.


def log_rows(
    log: Callable[..., None],
    slot: Slot,
    rows: int,
    *,
    pace: float = 0.0,
    first_step: int | None = None,
) -> None:
    """Log rows of a slot, and write each that returned into the ledger.

    Args:
        log: `wandb.log`, or the method of a run.
        slot: of the ledger.
        rows: how many; 0 never ends.
        pace: seconds between two.
        first_step: the step of the first; None leaves the steps to the run.
    """
    number_key, value_key = f"number/{slot.slot}", f"value/{slot.slot}"
    number = slot.count
    while number < rows or not rows:
        value = value_of(slot.slot, number)
        row = {number_key: number, value_key: value}
        if first_step is None:
            log(row)
        else:
            log(row, step=first_step + number)
        slot.returned(value)
        number += 1
        if pace:
            time.sleep(pace)
    slot.end()


def main() -> None:
    """Train as the arguments say."""
    told = _parser().parse_args()
    names: dict[str, Any] = {"told": told}
    exec(told.before, names)  # noqa: S102 - a test's own source
    import wanllmdb as wandb

    run = wandb.init(project=told.project, id=told.run, **json.loads(told.init))
    names |= {"wandb": wandb, "run": run, "log_rows": log_rows, "Slot": Slot}

    def work(slot: int) -> None:
        log_rows(
            wandb.log,
            Slot(told.ledger, slot),
            told.rows,
            pace=told.pace,
            first_step=told.first_step,
        )

    first = told.slot
    children = [_forked(work, first + told.threads + each) for each in range(told.children)]
    threads = [
        threading.Thread(target=work, args=(first + each,)) for each in range(1, told.threads)
    ]
    for thread in threads:
        thread.start()
    work(first)
    for thread in threads:
        thread.join()
    for child in children:
        os.waitpid(child, 0)
    exec(told.after, names)  # noqa: S102
    _end(told.end, wandb)


def _forked(work: Callable[[int], None], slot: int) -> int:
    child = os.fork()
    if not child:
        try:
            work(slot)
        finally:
            os._exit(0)
    return child


def _end(word: str, wandb: Any) -> None:
    """Leave as the word says."""
    name, _, number = word.partition(":")
    ends: dict[str, Callable[[], Any]] = {
        "finish": wandb.finish,
        "return": lambda: None,
        "exit": lambda: sys.exit(int(number or 0)),
        "os-exit": lambda: os._exit(int(number or 0)),
        "raise": _fail,
        "abort": os.abort,
        "wait": lambda: signal.sigwait(()),
    }
    ends[name]()


def _fail() -> None:
    raise RuntimeError("the training failed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="training", allow_abbrev=False)
    parser.add_argument("--project", default=PROJECT)
    parser.add_argument("--run", required=True)
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--rows", type=int, default=0, help="of each slot; 0 never ends")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds between two rows")
    parser.add_argument("--slot", type=int, default=0, help="the first of its slots")
    parser.add_argument("--threads", type=int, default=1, help="that log, each to its slot")
    parser.add_argument("--children", type=int, default=0, help="forked, each with its slot")
    parser.add_argument("--first-step", type=int, help="steps are given, from this one on")
    parser.add_argument("--init", default="{}", help="further arguments of init, as JSON")
    parser.add_argument("--before", default="", help="Python to run before the first import")
    parser.add_argument("--after", default="", help="Python to run when all rows are logged")
    parser.add_argument("--end", default="finish", help="finish return exit:N os-exit:N ...")
    return parser


# The starter: what a test holds.


@dataclass
class Place:
    """Where trainings live and whom they log to: a home, a spool and a working directory.

    Attributes:
        root: everything is below it.
        url: of the server; empty leaves the default, where nobody answers in a test.
        key: an API key of the server.
        python: the interpreter.
        variables: further environment.
    """

    root: Path
    url: str = ""
    key: str = ""
    python: str = sys.executable
    variables: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def work(self) -> Path:
        """The working directory; made when it is asked for."""
        path = self.root / "work"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def environment(self) -> dict[str, str]:
        """Of every process here: nothing of the real user is in it."""
        home = self.root / "home"
        home.mkdir(parents=True, exist_ok=True)
        keep = ("PATH", "LANG", "VIRTUAL_ENV", "TMPDIR")
        told = {name: os.environ[name] for name in keep if name in os.environ}
        told |= {
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "WANLLMDB_SPOOL_DIR": str(self.spool),
            # What is measured and captured beside the rows has tests of its own.
            "WANLLMDB_MONITOR_SYSTEM": "false",
            "WANLLMDB_GIT_TRACKING": "false",
        }
        if self.url:
            told["WANLLMDB_API_URL"] = self.url
        if self.key:
            told["WANLLMDB_API_KEY"] = self.key
        return told | self.variables

    def sync(self, *arguments: str, timeout: float = 120.0) -> dict[str, Any]:
        """`wanllmdb sync --json`, as a process; its answer. It must succeed."""
        done = self.call("sync", "--json", *arguments, timeout=timeout)
        assert done.returncode == 0, f"sync ended with {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def call(self, *arguments: str, timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
        """A command of `wanllmdb`, to its end."""
        return subprocess.run(
            [self.python, "-m", "wanllmdb", *arguments],
            env=self.environment(), cwd=self.work, timeout=timeout,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def script(self, source: str, *arguments: str) -> subprocess.Popen[bytes]:
        """A Python program of the test's own, in a process group of its own."""
        return subprocess.Popen(
            [self.python, "-c", source, *arguments],
            env=self.environment(), cwd=self.work, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip


@dataclass
class Training:
    """A training process; `start` it. Its attributes are the knobs of the module's arguments.

    As a context manager it is killed, with its tree, when the block is left.
    """

    place: Place
    run: str
    rows: int = 0
    pace: float = 0.0
    slot: int = 0
    threads: int = 1
    children: int = 0
    first_step: int | None = None
    end: str = "finish"
    before: str = ""
    after: str = ""
    project: str = PROJECT
    init: Mapping[str, Any] = field(default_factory=dict[str, Any])
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    name: str = ""
    killed: bool = False
    process: subprocess.Popen[bytes] | None = None

    @property
    def ledger(self) -> Path:
        return self.place.work / f"ledger-{self.name or self.run}"

    @property
    def log(self) -> Path:
        """What it wrote to stdout and stderr."""
        return self.place.work / f"output-{self.name or self.run}"

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def returned(self) -> int:
        """How many calls of `log()` have returned."""
        return returned(self.ledger)

    @property
    def entries(self) -> list[Entry]:
        """What its ledger says."""
        return entries(self.ledger)

    @property
    def ended(self) -> bool:
        """Whether every slot has logged all it was asked for."""
        found = self.entries
        return bool(found) and all(entry.ended for entry in found)

    def arguments(self) -> list[str]:
        told = [
            f"--{name.replace('_', '-')}={getattr(self, name)}"
            for name in (
                *("project", "run", "ledger", "rows", "pace", "slot", "threads", "children"),
                *("before", "after", "end"),
            )
        ]
        if self.first_step is not None:
            told.append(f"--first-step={self.first_step}")
        return [*told, f"--init={json.dumps(dict(self.init))}"]

    def start(self) -> Training:
        """Start the process; it is not waited for."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.place.python, "-m", "tests.faults.training", *self.arguments()],
                env={**self.place.environment(), **self.environment}, cwd=self.place.work,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self

    def wait_for(self, rows: int = 1, *, seconds: float = 30.0) -> Training:
        """Wait until so many calls of `log()` have returned."""
        end = time.monotonic() + seconds
        while self.returned < rows:
            assert self._process.poll() is None or self.returned >= rows, (
                f"It ended with {self._process.returncode} after {self.returned} rows: "
                f"{self.output}"
            )
            assert time.monotonic() < end, f"{self.returned} of {rows} rows: {self.output}"
            time.sleep(0.002)
        return self

    def wait(self, seconds: float = 60.0) -> int:
        """Wait for its end; the exit status, negative for a signal."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill_tree()
            raise AssertionError(f"It did not end in {seconds} s: {self.output}") from None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL to the process alone; its children go on."""
        self.killed = True
        self._process.kill()
        self._process.wait(30)

    def kill_tree(self) -> None:
        """SIGKILL to the process and all that it started."""
        self.killed = True
        self._signal_tree(signal.SIGKILL)
        self._process.wait(30)

    def stop_tree(self) -> None:
        """SIGSTOP to the process and all that it started; `cont_tree` lets them go on."""
        self._signal_tree(signal.SIGSTOP)

    def cont_tree(self) -> None:
        self._signal_tree(signal.SIGCONT)

    def __enter__(self) -> Training:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._signal_tree(signal.SIGKILL)
            self.process.wait(30)

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, "It was not started."
        return self.process

    def _signal_tree(self, number: signal.Signals) -> None:
        os.killpg(self._process.pid, number)  # a session of its own: the group is the tree


if __name__ == "__main__":
    main()
