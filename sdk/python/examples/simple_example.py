"""The smallest run: a config, a curve, a summary."""

import math
import random

import wanllmdb as wandb

run = wandb.init(
    project="quick-start",
    config={"learning_rate": 0.01, "epochs": 50, "batch_size": 32},
    tags=["example"],
)
config = run.config

for epoch in range(config.epochs):
    progress = epoch / config.epochs
    noise = random.uniform(-0.02, 0.02)
    wandb.log(
        {
            "train/loss": math.exp(-3 * progress) + noise,
            "train/accuracy": 1 - 0.9 * math.exp(-4 * progress) + noise,
            "learning_rate": config.learning_rate * (1 - progress),
        }
    )

wandb.summary["best_accuracy"] = max(0.98, wandb.summary["train/accuracy"])
wandb.finish()
