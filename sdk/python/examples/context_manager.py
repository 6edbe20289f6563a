"""A run as a context: it ends with its block, also when the block fails."""

import random

import wanllmdb as wandb


def train(run: wandb.Run, epochs: int) -> None:
    for epoch in range(epochs):
        run.log({"epoch": epoch, "loss": 1 / (epoch + 1) + random.uniform(0, 0.05)})


def train_until_it_fails(run: wandb.Run) -> None:
    train(run, 5)
    raise RuntimeError("the data ran out")


# The run is finished at the end of the block.
with wandb.init(project="context-manager", name="plain", config={"epochs": 20}) as run:
    train(run, run.config.epochs)

# An exception ends the run as failed, with its traceback, and goes on to whoever catches it.
try:
    with wandb.init(project="context-manager", name="fails") as run:
        train_until_it_fails(run)
except RuntimeError as error:
    print(f"caught: {error}")

# Several runs one after another, in one group.
for seed in range(3):
    random.seed(seed)
    with wandb.init(
        project="context-manager", group="seeds", name=f"seed-{seed}", config={"seed": seed}
    ) as run:
        train(run, 20)

# Rows that belong to one step may be logged from several places.
with wandb.init(project="context-manager", name="one-step") as run:
    for step in range(20):
        run.log({"train/loss": 1 / (step + 1)}, step=step)
        if step % 5 == 0:
            run.log({"val/loss": 1.2 / (step + 1)}, step=step)
