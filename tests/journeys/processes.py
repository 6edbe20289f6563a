"""Real processes for the journeys: a server on a free port, a training script, a browser page."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.spawner import Spawned, spawn


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(true: Callable[[], Any], *, seconds: float = 60.0, why: str = "") -> Any:
    """Poll until `true()` gives something true, and return it; fail with `why` otherwise."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError(f"Not within {seconds} s: {why or true}")


@dataclass
class ServerProcess:
    """`wanllmdb server` on a data folder and a home of its own.

    With `fresh` it is a new process, imports and all, as a user starts it: to be measured.
    `variables` are in its environment, and in that of its scripts, besides what a new user has.
    """

    root: Path
    python: str = sys.executable
    port: int = field(default_factory=free_port)
    extra: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    fresh: bool = False
    process: Spawned | subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def environment(self) -> dict[str, str]:
        """A clean environment with its own home: what a new user has."""
        keep = ("PATH", "LANG", "VIRTUAL_ENV", "TMPDIR", "PYTHONPATH")
        home = self.root / "home"
        home.mkdir(parents=True, exist_ok=True)
        return {
            **{name: os.environ[name] for name in keep if name in os.environ},
            "HOME": str(home),
            "WANLLMDB_API_URL": self.url,
            "PYTHONUNBUFFERED": "1",
            **self.variables,
        }

    def start(self) -> ServerProcess:
        told = ("wanllmdb", "server", "--port", str(self.port), "--metrics-port", "0",
                "--data-dir", str(self.root / "data"), *self.extra)  # fmt: skip
        with self.log.open("ab") as log:
            if self.python == sys.executable and not self.fresh:
                self.process = spawn(
                    *told, environment=self.environment, folder=self.root, output=log.fileno()
                )
            else:
                self.process = subprocess.Popen(
                    [self.python, "-m", *told],
                    env=self.environment, stdout=log, stderr=log, cwd=self.root,
                )  # fmt: skip
        eventually(self._ready, seconds=60, why=f"the server answers; its log: {self.log}")
        return self

    def _ready(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    @property
    def local(self) -> dict[str, str]:
        """What the server wrote for its own operating-system user: `url`, `key`, `user`."""
        [found] = (self.root / "home" / ".wanllmdb" / "local").glob("*.json")
        return json.loads(found.read_text())

    @property
    def key(self) -> str:
        return self.local["key"]

    @property
    def owner(self) -> str:
        return self.local["user"]

    def get(self, path: str) -> Any:
        """The JSON answer of `GET /api/v1{path}` with the local key."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}", headers={"Authorization": f"Bearer {self.key}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def sign_in_url(self) -> str:
        """The one-time sign-in link that the server printed."""
        words = self.log.read_text().split()
        return next(word for word in reversed(words) if "/login?token=" in word)

    def run_script(
        self, path: Path, *arguments: str, **environment: str
    ) -> subprocess.Popen[bytes]:
        """A Python script as a process of its own, logging to this server."""
        return subprocess.Popen(
            [self.python, str(path), *arguments],
            env={**self.environment, **environment}, cwd=self.root,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def points(self, project: str, run: str, key: str) -> list[tuple[int, Any]]:
        """Every (step, value) of a series, by the paged route of exact points."""
        found: list[tuple[int, Any]] = []
        cursor = ""
        while True:
            page = self.get(
                f"/projects/{self.owner}/{project}/runs/{run}/points?key={key}&limit=10000"
                + (f"&cursor={cursor}" if cursor else "")
            )
            found += zip(page["step"], page["value"], strict=True)
            cursor = page["next"]
            if not cursor:
                return found

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """Ask the server to stop, and return its exit status."""
        assert self.process
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=15)
