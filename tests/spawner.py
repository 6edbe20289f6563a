"""Spawner: a process that has imported the server and forks servers, which so begin in no time.

A server spends more than a second of CPU on its imports; the tests begin hundreds of them. Run
as a module this is the spawner: for every order that comes through its socket it forks a child
that becomes `python -m MODULE ARGUMENTS` with an environment, a folder and a standard output of
its own, and it tells who was born, and who died how. Imported it is how a test orders such
processes: `spawn` gives what `subprocess.Popen` would, as far as tests ask.

There is no thread, no open file and no event loop in the spawner: a child is as a fresh process
is, except that its imports are done. What reads the environment when it is imported
(`wanllmdb_server.crash_points`) is not for here: `spawn` starts such a process from nothing.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

READ_AT_IMPORT = frozenset({"WANLLMDB_CRASH_AT", "PYTHONPROFILEIMPORTTIME", "PYTHONHASHSEED"})
LOADED = (
    *("wanllmdb.cli", "wanllmdb_server.cli", "wanllmdb_server.wiring", "wanllmdb_server.process"),
    *("wanllmdb_server.catalog.migrations.upgrade", "uvloop", "uvicorn.lifespan.off"),
)  # with all that they import, what a server that begins has imported
_LARGEST = 262_144  # bytes of an order

# The spawner: what runs in the process.


class _Born(BaseException):
    """Leaves the spawner's loop, so that the child is nothing but its own main program."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        super().__init__()
        self.order = order


def serve(door: socket.socket) -> None:
    """Fork what is ordered, until the one who orders is gone; then nobody is left."""
    for module in LOADED:
        importlib.import_module(module)
    threads = list(Path("/proc/self/task").iterdir())
    assert len(threads) == 1, f"A fork would lose {len(threads) - 1} threads."
    gc.collect()
    gc.freeze()  # the collector of a child leaves these pages alone, and so they stay shared
    living: dict[int, int] = {}  # pidfd -> pid
    looker = select.poll()
    looker.register(door, select.POLLIN)
    while True:
        for fd, _ in looker.poll():
            if fd in living:
                looker.unregister(fd)
                os.close(fd)
                pid = living.pop(fd)
                _say(door, died=pid, status=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                continue
            content, fds, _, _ = socket.recv_fds(door, _LARGEST, 1)
            if not content:
                for pid in living.values():
                    os.kill(pid, signal.SIGKILL)
                return
            pid = _fork(door, json.loads(content), fds[0], tuple(living))
            os.close(fds[0])
            fd = os.pidfd_open(pid)
            living[fd] = pid
            looker.register(fd, select.POLLIN)
            _say(door, born=pid)


def _say(door: socket.socket, **said: int) -> None:
    door.send(json.dumps(said).encode())


def _fork(door: socket.socket, order: Mapping[str, Any], output: int, others: Sequence[int]) -> int:
    if pid := os.fork():
        return pid
    door.close()
    for fd in others:
        os.close(fd)
    null = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((null, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    os.close(null)
    os.close(output)
    raise _Born(order)


def _become(order: Mapping[str, Any]) -> None:
    """The child's whole main program."""
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    if told := os.environ.get("PYTHONWARNINGS"):
        sys.warnoptions[:] = told.split(",")
        for action in sys.warnoptions:
            warnings.simplefilter(action)  # pyright: ignore[reportArgumentType]
    gc.unfreeze()
    sys.argv = ["", *order["arguments"]]
    sys.path[0] = order["folder"]  # where it was started, as of every `python -m`
    sys.modules.pop(order["module"], None)  # it is the main program now
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


# How a test uses it.


class Spawned:
    """A process that was ordered; what is asked of it is asked as of `subprocess.Popen`."""

    def __init__(self, spawner: Spawner, pid: int) -> None:
        self._spawner = spawner
        self.pid = pid

    @property
    def returncode(self) -> int | None:
        return self._spawner.deaths.get(self.pid)

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it lives."""
        self._spawner.listen(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit status, negative for a signal."""
        end = None if timeout is None else time.monotonic() + timeout
        while (status := self.returncode) is None:
            if end is not None and time.monotonic() >= end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            self._spawner.listen(0.2 if end is None else min(0.2, end - time.monotonic()))
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it is dead already."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Spawner:
    """The process, and how those that were ordered from it died."""

    def __init__(self) -> None:
        self._door, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.deaths: dict[int, int] = {}
        self._born: list[int] = []
        self._lock = threading.RLock()
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.spawner", str(other.fileno())],
                cwd=Path(__file__).parents[1], pass_fds=[other.fileno()],
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip

    def bear(self, order: Mapping[str, Any], output: int) -> Spawned:
        """A child that does as it is told; returns when it is born."""
        with self._lock:
            socket.send_fds(self._door, [json.dumps(order).encode()], [output])
            while not self._born:
                self.listen(1)
                assert self._process.poll() is None, "The spawner is gone."
            pid = self._born.pop()
            self.deaths.pop(pid, None)  # of one that had the same number
            return Spawned(self, pid)

    def listen(self, seconds: float) -> None:
        """Hear what the spawner has to tell; waits at most so long for something."""
        with self._lock:
            while select.select([self._door], [], [], max(seconds, 0))[0]:
                said = json.loads(self._door.recv(4096) or b"{}")
                if "born" in said:
                    self._born.append(said["born"])
                elif said:
                    self.deaths[said["died"]] = said["status"]
                else:
                    return
                seconds = 0

    def close(self) -> None:
        """End it, and all that still live."""
        self._door.close()
        self._process.wait(30)


@cache
def _spawner() -> Spawner:
    spawner = Spawner()
    atexit.register(spawner.close)
    return spawner


def spawn(
    module: str, *arguments: str, environment: Mapping[str, str], folder: Path, output: int
) -> Spawned | subprocess.Popen[bytes]:
    """`python -m MODULE ARGUMENTS`, by the Python that runs the tests.

    Args:
        environment: the whole of it.
        folder: where it works.
        output: a file descriptor for what it prints, errors too.
    """
    if READ_AT_IMPORT & environment.keys():
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=dict(environment), cwd=folder, stdin=subprocess.DEVNULL,
            stdout=output, stderr=output,
        )  # fmt: skip
    order = {"module": module, "arguments": arguments, "folder": str(folder)}
    return _spawner().bear({**order, "environment": dict(environment)}, output)


def _main() -> NoReturn:
    try:
        with socket.socket(fileno=int(sys.argv[1])) as door:
            serve(door)
    except _Born as born:
        order = born.order
    else:
        sys.exit()
    _become(order)
    sys.exit()


if __name__ == "__main__":
    _main()
