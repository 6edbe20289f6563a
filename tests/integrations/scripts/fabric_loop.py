"""A loop of Lightning's Fabric with the logger that lives in wandb."""

import json
import os

import numpy as np
import torch
from lightning.fabric import Fabric
from wandb.integration.lightning.fabric import WandbLogger

torch.manual_seed(0)
logger = WandbLogger(name="fabric", save_dir="kept", prefix="tiny")
fabric = Fabric(accelerator="cpu", loggers=[logger])
model = fabric.setup(torch.nn.Linear(2, 1))
logger.log_hyperparams({"rate": 0.1})
losses = []
for step in range(5):
    loss = (model(torch.ones(4, 2)) ** 2).mean()
    fabric.backward(loss)
    losses.append(loss.item())
    fabric.log("loss", loss, step=step)
logger.log_image("picture", [np.zeros((3, 3, 3), np.uint8)], caption=["black"])
logger.log_table("table", columns=["a"], data=[[1]])
logger.finalize("success")
logger.experiment.finish()
with open(os.environ["TRUTH"], "w") as truth:
    json.dump({"losses": losses, "version": logger.version}, truth)
