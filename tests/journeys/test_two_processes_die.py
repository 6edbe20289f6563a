"""What a SIGKILL costs, of the training and of the server: nothing that was said to be kept."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from tests.journeys.processes import ServerProcess, eventually

TRAINING = """
import os, sys
import wanllmdb as wandb

run = wandb.init(project="kills", id=sys.argv[1])
ledger = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
for step in range(10_000_000):
    run.log({"x": float(step)})
    os.pwrite(ledger, b"%012d" % (step + 1), 0)
"""


@pytest.mark.timeout(240)
def test_a_killed_training_loses_no_row_that_log_returned_from(
    server: ServerProcess, tmp_path: Path
) -> None:
    script = tmp_path / "train.py"
    script.write_text(TRAINING)
    chance = random.Random(20)
    returned: dict[str, int] = {}
    for round_ in range(50):
        ledger = tmp_path / f"ledger-{round_}"
        training = server.run_script(script, f"kill{round_:04d}", str(ledger))
        eventually(ledger.exists, why="the training logs its first row")
        time.sleep(chance.uniform(0, 0.15))
        training.send_signal(signal.SIGKILL)
        training.communicate()
        returned[f"kill{round_:04d}"] = int(ledger.read_bytes() or b"0")

    sync = tmp_path / "sync.py"
    sync.write_text("import sys; from wanllmdb.cli import main; sys.exit(main(['sync', '--json']))")
    process = server.run_script(sync)
    output = process.communicate(timeout=120)[0].decode()
    assert process.returncode == 0, output

    for run, rows in returned.items():
        steps = [step for step, _ in server.points("kills", run, "x")]
        # log() may have written one more row that it had no time to count in the ledger.
        assert len(steps) in (rows, rows + 1), f"{run}: {len(steps)} stored, {rows} returned"
        assert steps == list(range(len(steps))), f"{run}: lost or doubled"
    assert sum(returned.values()) > 50 * 10
