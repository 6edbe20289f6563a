# The loop of every tutorial.
import math
import random

import wandb

random.seed(0)
wandb.init(
    project="minimal_loop",
    config={"learning_rate": 0.02, "architecture": "CNN", "dataset": "CIFAR-100", "epochs": 10},
)
epochs = wandb.config.epochs
offset = random.random() / 5
for epoch in range(2, epochs):
    acc = 1 - 2**-epoch - random.random() / epoch - offset
    loss = 2**-epoch + random.random() / epoch + offset
    wandb.log({"acc": acc, "loss": loss})
assert wandb.run.step == 8
assert math.isclose(wandb.run.summary["acc"], acc)
assert wandb.summary["loss"] == loss
assert wandb.config["learning_rate"] == wandb.config.learning_rate == 0.02
assert wandb.run.project == "minimal_loop"
wandb.finish()
assert wandb.run is None
