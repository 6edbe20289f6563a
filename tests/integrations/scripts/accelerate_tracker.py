"""A plain loop with accelerate's tracker."""

import json
import os

import numpy as np
import torch
from accelerate import Accelerator

torch.manual_seed(0)
accelerator = Accelerator(log_with="wandb", cpu=True)
accelerator.init_trackers(
    os.environ["WANDB_PROJECT"],
    config={"rate": 0.1, "layers": [4, 1]},
    init_kwargs={"wandb": {"name": "accelerated", "tags": ["cpu"]}},
)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model, optimizer = accelerator.prepare(model, optimizer)
losses = []
for step in range(10):
    x = torch.randn(8, 4)
    loss = ((model(x) - x.sum(1, keepdim=True)) ** 2).mean()
    accelerator.backward(loss)
    optimizer.step()
    optimizer.zero_grad()
    losses.append(loss.item())
    accelerator.log({"loss": loss.item(), "half": loss.item() / 2}, step=step)
tracker = accelerator.get_tracker("wandb")
tracker.log_images(
    {"noise": [np.random.default_rng(0).integers(0, 255, (6, 6, 3), np.uint8)]}, step=10
)
tracker.log_table("rows", columns=["a", "b"], data=[[1, "x"], [2, "y"]], step=10)
accelerator.end_training()
with open(os.environ["TRUTH"], "w") as truth:
    json.dump({"losses": losses}, truth)
