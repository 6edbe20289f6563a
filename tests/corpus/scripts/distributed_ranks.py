# Rank zero logs, the others are disabled, as in torchrun. | runs: 1 finished
import os
import subprocess
import sys

import wandb

rank = int(os.environ.get("RANK", "-1"))
if rank == -1:
    children = [
        subprocess.Popen(
            [sys.executable, __file__],
            env={**os.environ, "RANK": str(n), "LOCAL_RANK": str(n), "WORLD_SIZE": "2"},
        )
        for n in range(2)
    ]
    assert [child.wait() for child in children] == [0, 0]
else:
    mode = None if rank == 0 else "disabled"
    run = wandb.init(mode=mode, config={"world_size": 2}, group="ddp")
    for step in range(10):
        loss = 1 / (step + 1 + rank)
        if rank == 0:
            wandb.log({"loss": loss, "step": step})
        else:
            run.log({"loss": loss})
    assert run.config.world_size == 2
    wandb.finish()
