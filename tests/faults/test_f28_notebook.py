"""F28: a notebook: cells that are interrupted and run again, kernels that are killed.

The kernel is a process that runs cells in one namespace, as the kernel of Jupyter does: an
interrupt ends the cell and not the kernel, and a kernel that is restarted is often killed. (Jupyter
itself is no dependency of the tests.) `init` in a cell that is run again ends the run before.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults.checker import Logged, check
from tests.faults.conftest import Many
from tests.faults.ledger import returned
from tests.faults.training import PROJECT, Place
from tests.journeys.processes import ServerProcess, eventually

CLOSED_SECONDS = 5.0

KERNEL = """
import code, json, os, sys, types

sys.modules["ipykernel"] = types.ModuleType("ipykernel")
cells, answers = os.fdopen(os.dup(0)), os.dup(1)
os.dup2(2, 1)  # what a cell prints is not an answer
shell = code.InteractiveInterpreter({"__name__": "__main__"})
for line in cells:
    shell.runcode(compile(json.loads(line), "<cell>", "exec"))
    os.write(answers, b"done\\n")
"""

INIT = """
import wanllmdb as wandb
from tests.faults.ledger import Slot
from tests.faults.training import log_rows
run = wandb.init(project={project!r}, id={run!r})
"""
LOG = "log_rows(wandb.log, Slot({ledger!r}, {slot}), {rows}, pace={pace})"


@dataclass
class Kernel:
    """A process that runs cells, one after another."""

    place: Place
    process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Kernel:
        output = (self.place.work / "kernel-output").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-c", KERNEL], env=self.place.environment(), cwd=self.place.work,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, start_new_session=True,
        )  # fmt: skip
        output.close()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def begin(self, cell: str) -> None:
        """Begin to run a cell."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(cell).encode() + b"\n")
        self.process.stdin.flush()

    def done(self) -> None:
        """Wait for the end of the cell."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"done\n", self.output

    def run(self, cell: str) -> float:
        """Run a cell; how many seconds it took."""
        began = time.monotonic()
        self.begin(cell)
        self.done()
        return time.monotonic() - began

    def interrupt(self) -> None:
        """What the button does."""
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """What a restart may do."""
        self.process.kill()
        self.process.wait(30)

    def shut_down(self) -> int:
        """No cell comes any more: it ends; its exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(60)

    @property
    def output(self) -> str:
        return (self.place.work / "kernel-output").read_text(errors="replace")


@dataclass
class Notebook:
    """Cells about one run."""

    place: Place
    name: str
    slots: int = 0

    @property
    def ledger(self) -> Path:
        return self.place.work / f"ledger-{self.name}"

    @property
    def init(self) -> str:
        return INIT.format(project=PROJECT, run=self.name)

    def log(self, rows: int, pace: float = 0.0) -> str:
        """A cell that logs so many rows; 0 does not end."""
        self.slots += 1
        return LOG.format(ledger=str(self.ledger), slot=self.slots - 1, rows=rows, pace=pace)

    @property
    def logged(self) -> Logged:
        """For the checker. An interrupted cell may have a row more than the ledger knows."""
        return Logged(self.name, self.ledger, killed=True)


@pytest.fixture
def kernel(place: Place) -> Iterator[Kernel]:
    with Kernel(place) as kernel:
        yield kernel


def state(server: ServerProcess, run: str) -> str:
    return server.get(f"/projects/{server.owner}/{PROJECT}/runs/{run}")["state"]


def test_a_cell_that_is_interrupted_and_one_that_is_run_again_lose_nothing(
    server: ServerProcess, place: Place, kernel: Kernel, many: Many, figure: Figure
) -> None:
    books, longest = [], 0.0
    for turn in range(many(4, 20)):
        books.append(book := Notebook(place, f"again-{turn}"))
        longest = max(longest, kernel.run(book.init))  # it ends the run of the turn before
        if turn:
            assert state(server, books[-2].name) == "finished"
        kernel.run(book.log(100))
        known = returned(book.ledger)
        kernel.begin(book.log(0, pace=0.0001 * (turn % 3)))
        eventually(lambda: returned(book.ledger) > known + 50, why="the cell logs")  # noqa: B023
        kernel.interrupt()
        kernel.done()
        kernel.run(book.log(100))
        kernel.run(f"assert wandb.run is run and run.id == {book.name!r}")
    assert kernel.output.count("KeyboardInterrupt") == len(books)
    assert "AssertionError" not in kernel.output

    assert kernel.shut_down() == 0

    assert longest < CLOSED_SECONDS
    verdict = check(server, [book.logged for book in books], spool=place.spool)
    for book in books:
        receipt = server.get(f"/projects/{server.owner}/{PROJECT}/runs/{book.name}/receipt")
        assert (receipt["state"], receipt["lost"]) == ("complete", {}), receipt
    figure(f"F28: {len(books)} runs begun anew, each in {longest:.2f} s at most, {verdict}, 0 lost")


def test_a_kernel_that_is_killed_leaves_a_run_that_the_next_one_completes(
    server: ServerProcess, place: Place, many: Many, figure: Figure
) -> None:
    books, longest = [], 0.0
    for turn in range(many(2, 20)):
        with Kernel(place) as killed, Kernel(place) as following:
            books += [Notebook(place, f"killed-{turn}"), Notebook(place, f"following-{turn}")]
            lost, new = books[-2:]
            killed.run(lost.init)
            killed.begin(lost.log(0))
            eventually(lambda: returned(lost.ledger) > 500, why="the cell logs")  # noqa: B023
            killed.kill()
            began = time.monotonic()
            following.run(new.init)
            following.run(new.log(100))
            waits = f"*-{lost.name}/*.seg"
            eventually(lambda: not list(place.spool.glob(waits)), why="it is sent")  # noqa: B023
            longest = max(longest, time.monotonic() - began)
            assert following.shut_down() == 0
        assert state(server, new.name) == "finished"
    assert longest < CLOSED_SECONDS
    verdict = check(server, [book.logged for book in books], spool=place.spool)
    figure(f"F28: {len(books) // 2} kernels killed, all sent in {longest:.2f} s, {verdict}, 0 lost")
