"""Try to lose a row: a script that is killed right after its n-th `log()`, and what is left of it.

Usage: python demo/kill.py [ROWS]

Starts a server on a folder that goes away afterwards, a training that sends itself SIGKILL the
moment its last `log()` has returned, and then `wanllmdb sync` and `wanllmdb verify`, as a user
would. Exit status 0 if every row is there.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

TRAINING = """
import os, signal, sys
import wanllmdb as wandb

run = wandb.init(project="kill", id="killed", settings={"console": "off"}, monitor_system=False)
for step in range(int(sys.argv[1])):
    run.log({"loss": 1 / (step + 1), "step": step})
os.kill(os.getpid(), signal.SIGKILL)
"""


def main() -> int:
    """Kill, sync, verify, count; returns the exit status."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="wanllmdb-kill-") as folder:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "HOME": folder, "WANLLMDB_API_URL": url}
        wanllmdb = [sys.executable, "-m", "wanllmdb"]
        server = subprocess.Popen(
            [*wanllmdb, "server", "--port", str(port), "--metrics-port", "0", "--data-dir",
             f"{folder}/data"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_for(f"{url}/readyz")
            training = Path(folder, "training.py")
            training.write_text(TRAINING)
            done = subprocess.run(
                [sys.executable, str(training), str(rows)], env=environment, check=False
            )
            died = signal.Signals(-done.returncode).name if done.returncode < 0 else "no signal"
            sys.stdout.write(f"\nlogged {rows:,} rows, then {died}\n$ wanllmdb sync\n")
            sys.stdout.flush()
            subprocess.run([*wanllmdb, "sync"], env=environment, check=False)
            told = subprocess.run(
                [*wanllmdb, "verify", "kill/killed", "--json"],
                env=environment, check=False, capture_output=True, text=True,
            )  # fmt: skip
        finally:
            server.terminate()
            server.wait()
    stored = stored_rows(told.stdout)
    sys.stdout.write(f"{stored:,} of {rows:,} rows are on the server\n")
    return 0 if stored == rows else 1


def stored_rows(answer: str) -> int:
    """How many rows of the script the server holds, by `wanllmdb verify --json`."""
    return int(json.loads(answer)["stored"])


def wait_for(url: str) -> None:
    """Return when the server answers."""
    end = time.monotonic() + 30
    while not answers(url):
        if time.monotonic() > end:
            raise SystemExit("the server does not start")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether somebody is there."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
