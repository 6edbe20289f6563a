"""Writes for TensorBoard, with torch's writer or with that of tensorboardX."""

import json
import os
import sys

import numpy as np
import wandb

library = sys.argv[1]
run = wandb.init(sync_tensorboard=True)
if library == "torch":
    from torch.utils.tensorboard import SummaryWriter
else:
    from tensorboardX import SummaryWriter

random = np.random.default_rng(0)
truth: dict = {"train/loss": [], "acc": [], "own": []}
writer = SummaryWriter("logs/run1")
for step in range(0, 200, 10):
    loss = float(np.float32(random.random()))
    writer.add_scalar("train/loss", loss, step)
    writer.add_scalar("acc", step / 200, step)
    truth["train/loss"].append([step, loss])
    truth["acc"].append([step, float(np.float32(step / 200))])
    if step % 50 == 0:
        wandb.log({"own": step})
        truth["own"].append(step)
writer.add_scalar("train/loss", 0.5, 55)  # back again
truth["train/loss"].append([55, 0.5])
values = random.normal(size=1000)
writer.add_histogram("weights", values, 200)
writer.add_histogram("fixed", np.arange(100.0), 200, bins=[0, 25, 50, 100])
writer.add_image("picture", random.random((3, 6, 9)), 200)
writer.add_images("pictures", random.random((4, 3, 6, 9)), 200)
writer.add_text("note", "hello", 200)
writer.add_scalars("both", {"a": 1.0, "b": 2.0}, 200)
writer.add_hparams({"lr": 0.25, "optimizer": "adam"}, {"score": 0.75})
truth["range"] = [float(values.min()), float(values.max())]
# The writer is not closed, and has kept most of it in memory.
with open(os.environ["TRUTH"], "w") as file:
    json.dump(truth, file)
