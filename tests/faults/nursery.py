"""Nursery: a process that has imported the SDK and forks trainings, which so begin in no time.

Run as a module it is the nursery: for every order that it reads from its standard input it
forks a child, which may `init` a run, and then works until a signal or its own end. It tells
the child's number at once, and how and when it died as soon as it did. Imported it is how a
test orders such children, and children that do the same work without the SDK.

There is no run, no thread and no handler in the nursery: a child is as a fresh process is.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.faults.checker import Logged
from tests.faults.ledger import Slot, returned
from tests.faults.training import PROJECT, Place, log_rows

LOOK_SECONDS = 0.002  # how exactly the moment of a death is known


@dataclass(frozen=True)
class Order:
    """What a child is to do.

    Attributes:
        run: the id of its run, and the name of its files.
        ledger, output: where it writes what returned, and what it prints.
        sdk: whether there is a run at all; without one the same work is done and not logged.
        init: further arguments of `init`.
        before: Python to run before `init`, such as a handler.
        slot: of the ledger; another one for every incarnation of a run.
        rows: how many to log; 0 never ends.
        then: what comes after the rows: `return`, `finish`, `sleep` (10 s in C, which a signal
            may end) or `hash` (a while in C, which nothing ends).
    """

    run: str
    ledger: str
    output: str
    sdk: bool = True
    init: dict[str, Any] = field(default_factory=dict[str, Any])
    before: str = ""
    slot: int = 0
    rows: int = 0
    then: str = "return"


# The nursery: what runs in the process.


def main() -> None:
    """Fork what is ordered, until the orders end and every child is dead."""
    import wanllmdb

    assert callable(wanllmdb.init)  # loads all that a run needs
    waiting, open_ = b"", True
    while open_ or _reap():
        ready, _, _ = select.select([0] if open_ else [], [], [], LOOK_SECONDS)
        if ready:
            content = os.read(0, 65_536)
            open_ = bool(content)
            *lines, waiting = (waiting + content).split(b"\n")
            for line in lines:
                _say(born=_fork(Order(**json.loads(line))))
        _reap()


def _say(**said: Any) -> None:
    os.write(1, json.dumps(said).encode() + b"\n")


def _reap() -> bool:
    """Tell who has died; whether there are children at all."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if not pid:
            return True
        _say(died=pid, status=os.waitstatus_to_exitcode(status), at=time.monotonic())


def _fork(order: Order) -> int:
    pid = os.fork()
    if pid:
        return pid
    fd = os.open(order.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((null, 0), (fd, 1), (fd, 2)):
        os.dup2(old, new)
    raise _Child(order)


class _Child(BaseException):
    """Leaves the nursery's loop, so that the child is nothing but its own main program."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self.order = order


def work(order: Order) -> None:
    """What a child does: its whole main program."""
    exec(order.before, {})  # noqa: S102 - a test's own source
    log: Callable[..., None] = lambda row: None  # noqa: E731
    if order.sdk:
        import wanllmdb as wandb

        log = wandb.init(project=PROJECT, id=order.run, **order.init).log
    log_rows(log, Slot(order.ledger, order.slot), order.rows, pace=0.001)
    Path(order.ledger + ".then").touch()
    _thens()[order.then]()


def _thens() -> dict[str, Callable[[], Any]]:
    def finish() -> None:
        import wanllmdb as wandb

        wandb.finish()

    return {
        "return": lambda: None,
        "finish": finish,
        "sleep": lambda: ctypes.CDLL(None).sleep(10),
        "hash": lambda: hashlib.pbkdf2_hmac("sha256", b"x", b"y", 500_000),
    }


# How a test uses it.


@dataclass
class Child:
    """A process that was ordered; a client for the checker, if it logs."""

    nursery: Nursery
    order: Order
    pid: int

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it lives."""
        return self.nursery.deaths.get(self.pid, (None, 0.0))[0]

    @property
    def died_at(self) -> float:
        """When it died, in seconds of `time.monotonic`."""
        return self.nursery.deaths[self.pid][1]

    @property
    def logged(self) -> Logged:
        """It as the checker knows clients; any of them may have been killed."""
        return Logged(self.order.run, Path(self.order.ledger), killed=True)

    @property
    def output(self) -> str:
        return Path(self.order.output).read_text(errors="replace")

    def wait_for(self, rows: int = 1) -> Self:
        """Wait until so many rows have returned."""
        return self._wait_until(lambda: returned(Path(self.order.ledger)) >= rows)

    def wait_for_then(self) -> Self:
        """Wait until all rows have returned, and what comes then begins."""
        return self._wait_until(Path(self.order.ledger + ".then").exists)

    def signal(self, number: signal.Signals) -> float:
        """Send a signal; returns the moment, in seconds of `time.monotonic`."""
        now = time.monotonic()
        os.kill(self.pid, number)
        return now

    def kill(self) -> None:
        """SIGKILL, to what may be dead already."""
        with contextlib.suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.wait()

    def wait(self, seconds: float = 30.0) -> int:
        """Wait for its death; the exit status, negative for a signal."""
        end = time.monotonic() + seconds
        while (status := self.status) is None:
            assert time.monotonic() < end, f"It lives after {seconds} s: {self.output}"
            self.nursery.listen(0.05)
        return status

    def _wait_until(self, true: Callable[[], bool]) -> Self:
        end = time.monotonic() + 30
        while not true():
            self.nursery.listen(0.001)
            assert self.status is None or true(), f"It died with {self.status}: {self.output}"
            assert time.monotonic() < end, f"Nothing happens: {self.output}"
        return self


class Nursery:
    """The process, and how the children that were ordered from it died."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.deaths: dict[int, tuple[int, float]] = {}
        self._born: list[int] = []
        self._waiting = b""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [self._place.python, "-m", "tests.faults.nursery"],
            env=self._place.environment(), cwd=self._place.work,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def bear(self, run: str, **said: Any) -> Child:
        """A child that does as `Order` says; returns when it is born."""
        name = run if said.get("sdk", True) else f"{run}-control"
        ledger, output = (str(self._place.work / f"{what}-{name}") for what in ("ledger", "output"))
        order = Order(run, ledger, output, **said)
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        self._process.stdin.flush()
        end = time.monotonic() + 30
        while not self._born:
            assert self._process.poll() is None, "The nursery is gone."
            assert time.monotonic() < end, "No child is born."
            self.listen(0.05)
        return Child(self, order, self._born.pop())

    def listen(self, seconds: float) -> None:
        """Hear what the nursery has to tell; waits at most so long for something."""
        assert self._process.stdout
        fd = self._process.stdout.fileno()
        if not select.select([fd], [], [], seconds)[0]:
            return
        *lines, self._waiting = (self._waiting + os.read(fd, 65_536)).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "born" in said:
                self._born.append(said["born"])
            else:
                self.deaths[said["died"]] = (said["status"], said["at"])


if __name__ == "__main__":
    try:
        main()
    except _Child as child:
        ordered = child.order
    else:
        sys.exit()
    work(ordered)
