"""A training on a node without network is seen while it trains, through a directory that both see.

`wanllmdb sync --watch DIR` runs where the server is reached; the node writes into DIR, and knows
no server at all.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.processes import ServerProcess, eventually

TRAINING = """
import sys, time
import wanllmdb as wandb
run = wandb.init(project="node", id=sys.argv[1], mode="offline", config={"lr": 0.1})
for step in range(int(sys.argv[2])):
    run.log({"loss": 1 / (step + 1), "wall": time.time()})
    time.sleep(0.02)
run.finish()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path).start()
    yield process
    process.stop()


def watch(server: ServerProcess, shared: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [server.python, "-m", "wanllmdb", "sync", "--watch", "--json", str(shared)],
        env=server.environment, stdout=subprocess.PIPE, text=True, cwd=server.root,
    )  # fmt: skip


def train(server: ServerProcess, shared: Path, run: str, rows: int) -> subprocess.Popen[bytes]:
    script = server.root / "training.py"
    script.write_text(TRAINING)
    # A node: no server answers there, and its home is not the one of the login node.
    node = {"WANLLMDB_SPOOL_DIR": str(shared), "WANLLMDB_API_URL": "http://127.0.0.1:9"}
    return server.run_script(script, run, str(rows), **node)


def points(server: ServerProcess, run: str, key: str = "loss") -> list[tuple[int, Any]]:
    try:
        return server.points("node", run, key)
    except OSError:
        return []


def state(server: ServerProcess, run: str) -> str:
    return server.get(f"/projects/{server.owner}/node/runs/{run}")["state"]


def test_runs_of_a_node_are_seen_while_they_go_on_and_nothing_is_lost(
    server: ServerProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    watching = watch(server, shared)
    living = train(server, shared, "living", 400)
    killed = train(server, shared, "killed", 100_000)

    seen = eventually(lambda: points(server, "living", "wall"), why="the node's run is seen")
    delay = time.time() - float(seen[0][1])  # of the first row: no row waited longer
    assert state(server, "living") == "running"

    # The watch is killed, and another goes on where it was.
    eventually(lambda: points(server, "killed"))
    watching.kill()
    watching.communicate()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    watching = watch(server, shared)
    living.communicate(timeout=60)
    assert living.returncode == 0
    eventually(lambda: not any(shared.iterdir()), why="all is sent, and nothing is left")
    watching.send_signal(signal.SIGINT)
    told = [json.loads(line) for line in watching.communicate(timeout=20)[0].splitlines()]

    assert watching.returncode == 0
    assert [step for step, _ in points(server, "living")] == list(range(400))
    steps = [step for step, _ in points(server, "killed")]
    assert steps == list(range(len(steps)))
    assert state(server, "living") == "finished"
    assert {each["run"] for each in told if each["event"] == "finished"} == {"living", "killed"}
    with capsys.disabled():
        sys.stdout.write(f"\n  watch: the node's first row was seen {delay:.1f} s after log()\n")
