"""Plain PyTorch, in one process and in several."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.integrations.libraries import needs

needs("torch")

from tests.integrations.laboratory import SCRIPTS, Laboratory, history  # noqa: E402

pytestmark = pytest.mark.timeout(180)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_that_load_data_leave_the_run_alone(lab: Laboratory, method: str) -> None:
    truth = lab.run("plain_torch.py", method)
    run = lab.only_run()
    assert run.state == "finished"
    assert run.config == {"rate": pytest.approx(0.1), "device": "cpu"}
    assert history(run, "loss") == truth["losses"]
    assert history(run, "weights")[-1] == pytest.approx(truth["weight"])
    assert run.summary["best"] == min(truth["losses"])


def test_torchrun_starts_ranks_in_which_wandb_means_us(lab: Laboratory) -> None:
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    words = [
        torchrun,
        "--nproc-per-node",
        "2",
        "--standalone",
        str(SCRIPTS / "distributed.py"),
    ]
    lab.start([sys.executable, "-m", "wanllmdb", "exec", *words])
    run = lab.only_run()
    assert run.config == {"world": 2}
    assert history(run, "loss") == lab.truth()["losses"]
