"""A server of a tracker that runs: how long it took to start, what it takes, how it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import ROOT
from bench.services.service import Service, Site
from bench.services.web import FailedError, Web
from bench.tree import descendants, level, processor_seconds

PATIENCE_S = 180.0  # until a server answers, or a program of it ends
QUIET_CPU = 0.05  # of a core: a server that takes less than twice its idle, and this, is quiet
_LOOK_S = 0.5


class NotStartedError(RuntimeError):
    """The server does not answer; its last words."""


@dataclass
class Hosted:
    """A running server; all that it started counts as it."""

    site: Site
    process: subprocess.Popen[bytes]
    start: float  # seconds to its first answer

    @property
    def tree(self) -> list[int]:
        """Its processes."""
        return [self.process.pid, *descendants(self.process.pid)]

    def cpu(self) -> float:
        """Processor seconds so far."""
        return sum(_or_zero(processor_seconds, pid) for pid in self.tree)

    def memory(self) -> float:
        """Resident memory of all its processes, in MB."""
        return sum(_or_zero(_resident, pid) for pid in self.tree) / 1e6

    def weight(self) -> int:
        """Bytes of its data on the disk."""
        files = [each for each in self.site.data.rglob("*") if each.is_file()]
        return sum(each.stat().st_blocks * 512 for each in files)

    def settle(self, seconds: float) -> None:
        """Wait until it has done what it does behind the backs of its clients."""
        end, quiet = time.monotonic() + seconds, 0
        while time.monotonic() < end and quiet < 3:
            before = self.cpu()
            time.sleep(_LOOK_S)
            quiet = quiet + 1 if (self.cpu() - before) / _LOOK_S < QUIET_CPU else 0

    def settle_disk(self, seconds: float) -> None:
        """Wait until what it keeps has its size: some make it small when nothing comes."""
        end, last = time.monotonic() + seconds, -1
        while (now := self.weight()) != last and time.monotonic() < end:
            last = now
            time.sleep(min(6.0, seconds))

    def stop(self) -> None:
        """End it and all that it started."""
        tree = self.tree
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        for pid in tree:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


class Watch:
    """The most memory that a server has had while this is open."""

    def __init__(self, hosted: Hosted) -> None:
        self.most = 0.0
        self._hosted = hosted
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_S):
            self.most = max(self.most, self._hosted.memory())


@contextmanager
def hosted(service: Service, site: Site, *, reader: bool = False) -> Iterator[Hosted]:
    """A server that answers, until it is not needed any more.

    Raises:
        NotStartedError: it does not.
    """
    command = service.reader(site) if reader else service.command(site)
    words = site.folder / f"server-{site.port}.log"
    began = time.perf_counter()
    with words.open("wb") as output:
        process = subprocess.Popen(
            command, env=variables(service, site), cwd=site.folder, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    found = Hosted(site, process, 0.0)
    try:
        path = service.reads_ready if reader else service.ready
        if not _answers(site.port, path, process):
            raise NotStartedError(last(words))
        found.start = time.perf_counter() - began
        level(os.getpid())
        yield found
    finally:
        found.stop()


def variables(service: Service, site: Site) -> dict[str, str]:
    """The environment of its processes: a clean one, offline as far as it can be told."""
    site.home.mkdir(parents=True, exist_ok=True)
    site.data.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    if service.package is None and "PYTHONPATH" in os.environ:
        kept["PYTHONPATH"] = os.environ["PYTHONPATH"]
    quiet = {"HOME": str(site.home), "DO_NOT_TRACK": "1", "PYTHONUNBUFFERED": "1"}
    return {**kept, **quiet, **service.environment(site)}


def program(service: Service, site: Site, command: Sequence[str]) -> None:
    """Run a program of it to its end; raises `NotStartedError` if that is a bad one."""
    words = site.folder / "program.log"
    with words.open("wb") as output:
        done = subprocess.run(
            command, env=variables(service, site), cwd=site.folder, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    if done.returncode:
        raise NotStartedError(last(words))


def client(service: Service, site: Site, command: Sequence[str], seconds: float) -> Client:
    """A client that is ready to log, and has not begun."""
    environment = variables(service, site)
    path = os.pathsep.join(filter(None, (str(ROOT), environment.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [*command, str(seconds)], env=environment | {"PYTHONPATH": path}, cwd=site.folder,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    return Client(process)


class Client:
    """A process that logs; see `bench.services.poster`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ready(self) -> None:
        """Return when it is."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.strip() == "ready":
                return
        self.said()

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def said(self) -> str:
        """Its last line, when it has ended."""
        output, faults = self._process.communicate()
        lines = [line for line in output.splitlines() if line.strip()]
        if self._process.returncode or not lines:
            raise NotStartedError((faults or output).strip()[-1000:])
        return lines[-1]


def last(words: Path) -> str:
    """The end of what was written there."""
    return words.read_text(errors="replace").strip()[-1000:]


def _answers(port: int, path: str, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with Web(port) as web:
                web.get(path)
        except (OSError, FailedError):
            time.sleep(0.02)
        else:
            return True
    return False


def _resident(pid: int) -> float:
    """Resident bytes; those that several processes share are counted once (PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0.0


def _or_zero(ask: Callable[[int], float], pid: int) -> float:
    """0 for a process that has just ended."""
    try:
        return ask(pid)
    except OSError:
        return 0.0
