"""A real server process with a home and a data directory of its own, and a client of its API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from tests.spawner import Spawned, spawn


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """`wanllmdb-server server`, as a process that may be started and killed again and again."""

    def __init__(self, root: Path, *arguments: str) -> None:
        self.root = root
        self.port = free_port()
        self.arguments = arguments
        self.data = root / "data"
        self.log = root / "server.log"
        self.crash_at = ""  # a crash point (`wanllmdb_server.crash_points`)
        self._process: Spawned | subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key_file(self) -> Path:
        return self.root / "home" / ".wanllmdb" / "local" / f"127.0.0.1-{self.port}.json"

    @property
    def key(self) -> str:
        return json.loads(self.key_file.read_text())["key"]

    @property
    def said(self) -> dict[str, Any]:
        """What the server said when it started, the last time."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return json.loads(lines[-1])

    def environment(self) -> Mapping[str, str]:
        home = self.root / "home"
        home.mkdir(parents=True, exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        crash = {"WANLLMDB_CRASH_AT": self.crash_at} if self.crash_at else {}
        return {**kept, **crash, "HOME": str(home), "PYTHONWARNINGS": "error"}

    def command(self, *arguments: str) -> Sequence[str]:
        return [sys.executable, "-m", "wanllmdb_server.cli", *arguments]

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the server's command line to its end."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self) -> Running:
        """Start the process and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = spawn(
                "wanllmdb_server.cli", "server", "--port", str(self.port),
                "--data-dir", str(self.data), "--json", *self.arguments,
                environment=self.environment(), folder=self.root, output=log.fileno(),
            )  # fmt: skip
        with httpx.Client() as http:
            end = time.monotonic() + 60
            while not self._answers(http):
                assert self._process.poll() is None, self.log.read_text()
                assert time.monotonic() < end, self.log.read_text()
                time.sleep(0.02)
        return self

    def _answers(self, http: httpx.Client) -> bool:
        try:
            return http.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End the process as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def wait(self, timeout: float = 60.0) -> int:
        """Wait until the process ends by itself; returns its exit status."""
        assert self._process is not None
        return self._process.wait(timeout)

    def stop(self, timeout: float = 20.0) -> int:
        """Ask the process to end, and wait; returns its exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout)

    def client(self) -> httpx.Client:
        """A client that is signed in by the local key."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=20,
        )
