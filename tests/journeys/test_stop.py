"""A run is asked to stop from afar: its script sees KeyboardInterrupt, cleans up, and is killed."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.processes import ServerProcess, eventually

PROJECT = "stops"

SCRIPT = """
import sys, time
import wanllmdb as wandb

def compute():
    while True:  # pure Python, and a row now and then
        sum(range(100_000))
        wandb.log({"x": 1})

def sleep():
    time.sleep(600)

run = wandb.init(project="stops", id=sys.argv[1])
wandb.log({"x": 0})
try:
    {"compute": compute, "sleep": sleep}[sys.argv[2]]()
finally:
    wandb.log({"saved": 1})
    print("cleaned up", flush=True)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path).start()
    yield process
    process.stop()


def run_of(server: ServerProcess, run: str) -> dict[str, Any]:
    """The run as the server knows it; nothing before it does."""
    try:
        return server.get(f"/projects/{server.owner}/{PROJECT}/runs/{run}")
    except urllib.error.HTTPError:
        return {}


def stop(server: ServerProcess, run: str) -> Any:
    """`wanllmdb stop`, as a user types it."""
    done = subprocess.run(
        [server.python, "-m", "wanllmdb", "stop", f"{PROJECT}/{run}", "--json"],
        env=server.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def stop_on_page(server: ServerProcess, run: str) -> None:
    """What the button of the run's page does."""
    urllib.request.urlopen(
        urllib.request.Request(
            f"{server.url}/api/v1/projects/{server.owner}/{PROJECT}/runs/{run}",
            method="PATCH",
            data=json.dumps({"stop_requested": True}).encode(),
            headers={
                "Authorization": f"Bearer {server.key}",
                "Content-Type": "application/json",
            },
        ),
        timeout=20,
    ).close()


@pytest.mark.timeout(120)
def test_a_script_stops_within_30_seconds_whether_it_computes_or_sleeps(
    server: ServerProcess, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    busy = server.run_script(script, "busy", "compute")
    idle = server.run_script(script, "idle", "sleep")
    for name in ("busy", "idle"):
        eventually(lambda name=name: run_of(server, name), seconds=30, why=f"{name} is known")

    asked = stop(server, "idle")
    stop_on_page(server, "busy")

    assert (asked["asked"], asked["state"]) == (True, "running")
    for process in (busy, idle):
        output, _ = process.communicate(timeout=30)
        assert "cleaned up" in output.decode()
        assert "KeyboardInterrupt" in output.decode()
        assert process.returncode != 0
    for name in ("busy", "idle"):
        run = run_of(server, name)
        assert (run["state"], run["exit_code"]) == ("killed", 255)
        assert len(server.points(PROJECT, name, "saved")) == 1
    assert stop(server, "idle")["asked"] is False
