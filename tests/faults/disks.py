"""Disks: small ones that a test fills and frees, a training in steps, and its account.

The account is judged by the receipt of a real server and by the ledger of the training: what
it was given is what is stored and what is counted as lost, to the row.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.faults.ledger import returned, value_of
from tests.faults.training import PROJECT, Place
from tests.journeys.processes import ServerProcess

# Logs as many rows as each line of its standard input says, and ends at the end of it.
STEPWISE = """
import resource, signal, sys, time
exec(sys.argv[3])
import wanllmdb as wandb
from tests.faults.ledger import Slot, value_of
run = wandb.init(project="faults", id=sys.argv[1])
slot = Slot(sys.argv[2])
names = {"run": run, "wandb": wandb, "resource": resource}
worst = 0.0
for line in sys.stdin:
    word, _, rest = line.partition(" ")
    if word == "do":
        exec(rest, names)
    else:
        count, size, pace = int(word), *map(float, rest.split())
        for _ in range(count):
            value = value_of(0, slot.count)
            row = {"number/0": slot.count, "value/0": value}
            if size:
                row["text"] = "x" * int(size)
            began = time.perf_counter()
            run.log(row)
            worst = max(worst, time.perf_counter() - began)
            slot.returned(value)
            if pace:
                time.sleep(pace)
    print("done", worst, flush=True)
    worst = 0.0
slot.end()
"""


@contextlib.contextmanager
def tmpfs(path: Path, options: str = "size=1m") -> Iterator[Path]:
    """A file system of its own at a path; the test is skipped where that is not allowed."""
    path.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(disk: Path) -> None:
    """Take all the room that is left."""
    with (disk / "filler").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


def fill_names(disk: Path) -> None:
    """Take all the names (inodes) that are left."""
    with contextlib.suppress(OSError):
        for number in range(10_000):
            (disk / f"filler-{number}").touch()


def free(disk: Path) -> None:
    """Give back what was taken."""
    for path in disk.glob("filler*"):
        path.unlink()


@dataclass
class Stepwise:
    """A training that logs when it is told to; a context manager, which ends it.

    `before` is Python that runs before the first import; `prefix` is what it is started with.
    """

    place: Place
    run: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    before: str = ""
    prefix: Sequence[str] = ()
    process: subprocess.Popen[str] | None = None

    @property
    def ledger(self) -> Path:
        return self.place.work / f"ledger-{self.run}"

    @property
    def output(self) -> str:
        """What it wrote to stderr."""
        return (self.place.work / f"output-{self.run}").read_text(errors="replace")

    @property
    def returned(self) -> int:
        """How many calls of `log()` have returned."""
        return returned(self.ledger)

    def __enter__(self) -> Stepwise:
        environment = {
            **self.place.environment(),
            "WANLLMDB_CONSOLE": "off",
            **self.environment,
        }
        script = [self.place.python, "-c", STEPWISE, self.run, str(self.ledger), self.before]
        with (self.place.work / f"output-{self.run}").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, *script],
                env=environment, cwd=self.place.work, text=True, start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        return self

    def log(self, rows: int, *, size: int = 0, pace: float = 0.0) -> float:
        """Log rows, each with a text of that size; the longest that one call took."""
        return self._tell(f"{rows} {size} {pace}")

    def do(self, source: str) -> None:
        """Run a line of Python in it."""
        self._tell(f"do {source}")

    def finish(self, *, code: int = 0) -> str:
        """Let it end by itself, with this exit status; its last line."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(60) == code, self.output
        return self.output.strip().splitlines()[-1]

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait(30)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _tell(self, line: str) -> float:
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer.startswith("done"), self.output
        return float(answer.split()[1])


@dataclass(frozen=True)
class Account:
    """What a server has of a run, and what the run says that it lost."""

    given: int
    stored: int
    lost: dict[str, int]
    reasons: list[Any]

    def __str__(self) -> str:
        lost = " + ".join(f"{count:,} {reason}" for reason, count in self.lost.items()) or "0 lost"
        return f"{self.given:,} given = {self.stored:,} stored + {lost}"


def account(server: ServerProcess, training: Stepwise, *, values_of: Sequence[str] = ()) -> Account:
    """The account of a run that is sent; everything that is wrong with it fails the test.

    `values_of` are reasons of losses of single values, which are no rows.
    """
    place = f"/projects/{server.owner}/{PROJECT}/runs/{training.run}"
    receipt = server.get(f"{place}/receipt?recount=true")
    lost = {reason: count for reason, count in receipt["lost"].items() if reason not in values_of}
    found = Account(receipt["rows"], receipt["stored"], lost, receipt["reasons"])
    numbers = [int(value) for _, value in server.points(PROJECT, training.run, "number/0")]
    values = [value for _, value in server.points(PROJECT, training.run, "value/0")]
    assert found.given == training.returned, (str(found), training.returned)
    assert found.given == found.stored + sum(lost.values()), str(found)
    assert len(set(numbers)) == len(numbers) <= found.stored
    assert set(numbers) <= set(range(training.returned))
    if not values_of:  # every row is whole
        assert len(numbers) == found.stored
        for number, value in zip(sorted(numbers), _by_step(server, training), strict=True):
            assert value == value_of(0, number)
    assert len(values) <= found.stored
    expected = "complete" if not receipt["lost"] else "incomplete"
    assert receipt["state"] == expected, receipt["reasons"]
    return found


def _by_step(server: ServerProcess, training: Stepwise) -> list[Any]:
    """The values in the order of their steps, which is the order of the numbers."""
    return [value for _, value in sorted(server.points(PROJECT, training.run, "value/0"))]
