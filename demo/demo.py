"""`make demo`: the server, and a few real trainings that draw themselves on its page.

Starts `wanllmdb server` on a data folder of its own (`.demo/`), trains a small network on
digits at several learning rates, and keeps serving until Ctrl-C. The last training is the
longest: it still runs when the page is opened.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / ".demo"
HOST = "127.0.0.1"
PORT = int(os.environ.get("WANLLMDB_DEMO_PORT", "8000"))
# (learning rate, hidden units, steps): at 100 steps a second, 15 to 60 seconds of training.
TRAININGS = [(0.03, 32, 1500), (0.01, 32, 3000), (0.003, 32, 3000), (0.01, 96, 6000)]


def main() -> int:
    """Serve, train, keep serving; returns the exit status."""
    url = f"http://{HOST}:{PORT}"
    if answers(url):
        print(f"Something already answers at {url}. Stop it first, or choose another port:")
        print("  WANLLMDB_DEMO_PORT=8010 make demo")
        return 1
    server = subprocess.Popen(
        [sys.executable, "-m", "wanllmdb", "server", "--port", str(PORT),
         "--metrics-port", str(PORT + 1), "--data-dir", str(DATA)]
    )  # fmt: skip
    trainings: list[subprocess.Popen[bytes]] = []
    try:
        if not wait_until(lambda: answers(url) or server.poll() is not None, seconds=30):
            print("The server did not answer within 30 s.")
            return 1
        if server.poll() is not None:
            return server.returncode or 1
        trainings = start_trainings(url)
        page = f"{url}/{owner()}/digits"
        print(f"\n  Watch it live:  {page}  (sign in once with the link above)")
        print("  Ctrl-C stops the trainings and the server.\n", flush=True)
        for training in trainings:
            training.wait()
        print(f"\n  The trainings are done. Still serving {page}; Ctrl-C stops.")
        server.wait()
    except KeyboardInterrupt:
        print("\nStopping.")
    finally:
        stop(trainings)
        stop([server])
    return 0


def start_trainings(url: str) -> list[subprocess.Popen[bytes]]:
    """One process for each training, all logging to the server at `url`."""
    environment = {**os.environ, "WANLLMDB_API_URL": url, "OMP_NUM_THREADS": "1"}
    return [
        subprocess.Popen(
            [sys.executable, str(HERE / "train_digits.py"), "--lr", str(rate),
             "--hidden", str(hidden), "--steps", str(steps), "--seed", str(seed)],
            env=environment,
        )
        for seed, (rate, hidden, steps) in enumerate(TRAININGS)
    ]  # fmt: skip


def owner() -> str:
    """Whose projects the trainings' runs are in: the user of the server's local key."""
    home = Path(os.environ.get("WANLLMDB_CONFIG_DIR", Path.home() / ".wanllmdb"))
    found = json.loads((home / "local" / f"{HOST}-{PORT}.json").read_text())
    return found["user"]


def answers(url: str) -> bool:
    """Whether an HTTP server is there, whatever it says."""
    try:
        urllib.request.urlopen(f"{url}/healthz", timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait_until(true: Callable[[], bool], *, seconds: float) -> bool:
    """Poll `true()` until it holds; False when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask each process to end, and wait for it."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    end = time.monotonic() + 8
    while time.monotonic() < end and any(process.poll() is None for process in processes):
        time.sleep(0.05)
    for process in processes:
        if process.poll() is None:
            process.kill()


if __name__ == "__main__":
    # Ends in order however it is asked to end, also when a shell started it in the background.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
