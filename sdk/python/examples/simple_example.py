"""The smallest run that shows everything: what was tried, how it went, and what came of it.

    wanllmdb server                  # in another terminal
    python simple_example.py

The training is made up, so that this needs nothing but wanllmdb itself. What is printed at the
beginning is the address of the run's page; open it, and watch the curves grow.
"""

from __future__ import annotations

import math
import random

import wanllmdb as wandb

# 1. A run belongs to a project. Its config says what was tried: it can be searched and sorted by.
run = wandb.init(
    project="quick-start",
    config={
        "architecture": "made up",
        "learning_rate": 0.01,
        "batch_size": 32,
        "epochs": 50,
    },
    tags=["example"],
    notes="The example of the README.",
)

# 2. A metric's summary is the last value logged, unless it is said that another one matters.
run.define_metric("val/accuracy", summary="max")

# 3. Read the config back from the run, and a sweep or a resumed run can change it from outside.
config = wandb.config
for epoch in range(config.epochs):
    progress = (epoch + 1) / config.epochs
    noise = random.gauss(0, 0.01)
    loss = math.exp(-3 * progress) + noise
    accuracy = 1 - 0.9 * math.exp(-4 * progress) - noise

    # 4. One call is one row, with as many metrics as there are. `train/` and `val/` become
    #    sections of the page. It is on this machine's disk when the call returns, and sent later:
    #    training never waits for the network.
    wandb.log(
        {
            "epoch": epoch,
            "train/loss": loss,
            "train/accuracy": accuracy,
            "val/loss": loss * 1.1,
            "val/accuracy": accuracy - 0.02,
            "learning_rate": config.learning_rate * (1 - progress),
        }
    )

# 5. The summary is what the table of runs shows. Whatever is worth a column can be put there.
wandb.summary["final_loss"] = loss
wandb.summary["converged"] = loss < 0.1

# 6. The end. A script that forgets this is finished when it exits, and one that is killed is
#    marked so; nothing that was logged is lost either way.
wandb.finish()
