"""What Ultralytics calls, with objects of the shape that it calls with; a detector is too large."""

import json
import os
from types import SimpleNamespace

import numpy as np
import torch
import wandb
from wandb.integration.ultralytics import add_wandb_callback


class Model:
    """Keeps callbacks as ultralytics.YOLO does."""

    def __init__(self) -> None:
        self.callbacks: dict = {}

    def add_callback(self, event: str, call: object) -> None:
        self.callbacks.setdefault(event, []).append(call)

    def tell(self, event: str, teller: object) -> None:
        for call in self.callbacks.get(event, ()):
            call(teller)


result = SimpleNamespace(
    orig_img=np.zeros((8, 8, 3), np.uint8),
    path="bus.jpg",
    names={0: "bus", 1: "person"},
    boxes=SimpleNamespace(data=torch.tensor([[1.0, 1, 4, 4, 0.9, 0], [2, 2, 6, 6, 0.5, 1]])),
    speed={"inference": 2.5},
)
model = add_wandb_callback(Model(), enable_model_checkpointing=True)
with open("best.pt", "wb") as weights:
    weights.write(b"weights")
trainer = SimpleNamespace(
    args=SimpleNamespace(project=os.environ["WANDB_PROJECT"], name="detect", epochs=2, imgsz=8),
    epoch=0, metrics={"metrics/mAP50(B)": 0.25}, lr={"lr/pg0": 0.01}, best="best.pt",
    tloss=torch.tensor([1.5]),
    label_loss_items=lambda loss, prefix: {f"{prefix}/box_loss": float(loss[0])},
)  # fmt: skip
model.tell("on_train_start", trainer)
for epoch in range(2):
    trainer.epoch = epoch
    model.tell("on_fit_epoch_end", trainer)
model.tell("on_predict_batch_end", SimpleNamespace(results=[result]))
model.tell("on_train_end", trainer)
wandb.finish()
with open(os.environ["TRUTH"], "w") as truth:
    json.dump({"boxes": 2}, truth)
