"""Trainings as people have them, quickly: curves of well-known shapes, the same each time.

Run as a script by `gallery`, which names the server in the environment.
"""

from __future__ import annotations

import math
import random
import sys
import time
from typing import Any

import numpy as np

import wanllmdb as wandb

PROJECT = "vision"
STEPS = 400
SHOWN = 8  # the training whose media, artifact and alert are shown
CLASSES = ("cat", "dog", "fox", "owl")
GRID = [
    (lr, width, optimizer, seed)
    for lr in (0.1, 0.01, 0.003)
    for width in (64, 128)
    for optimizer in ("adamw", "sgd")
    for seed in (1, 2)
][:-1]


def main() -> None:
    """Log the grid, or, when told `lasting`, a training that goes on until somebody ends it."""
    if sys.argv[1:] == ["lasting"]:
        lasting()
    for number, told in enumerate(GRID):
        training(number, *told)


def training(number: int, lr: float, width: int, optimizer: str, seed: int) -> None:
    """One training of the grid; at the highest rate some fail, as they do."""
    config = {
        "lr": lr,
        "model": {"width": width, "depth": 6},
        "optimizer": optimizer,
        "seed": seed,
        "batch_size": 256,
    }
    run = wandb.init(
        project=PROJECT,
        id=f"run-{number:02d}",
        name=f"{optimizer}-{width}-lr{lr:g}-s{seed}",
        config=config,
        group=f"{optimizer}-{width}",
        tags=["baseline"] if (lr, width) == (0.01, 128) else ["sweep"],
        monitor_system=False,
    )
    fails = lr == 0.1 and optimizer == "sgd" and seed == 2
    shape = Shape(lr, width, optimizer, seed)
    for step in range(STEPS if not fails else STEPS // 4):
        run.log(shape.at(step))
        if number == SHOWN and step % 50 == 0:
            run.log(media(step, seed))
    if number == SHOWN:
        accuracy = round(run.summary["val/accuracy"], 3)
        print(f"epoch 10/10  accuracy {accuracy}", flush=True)
        artifact = wandb.Artifact("vision-model", type="model", metadata={"accuracy": accuracy})
        with artifact.new_file("model.txt") as file:
            file.write("weights")
        run.log_artifact(artifact)
        run.alert("Accuracy", f"{accuracy} on what was held back.", level="INFO")
    time.sleep(1 + number % 3)
    run.finish(exit_code=1 if fails else 0)


class Shape:
    """The curves of a training."""

    def __init__(self, lr: float, width: int, optimizer: str, seed: int) -> None:
        self.random = random.Random(f"{lr} {width} {optimizer} {seed}")  # noqa: S311
        self.lr = lr
        fit = abs(math.log10(lr) + 2)  # how far from the best rate
        self.floor = 0.18 + 0.22 * fit + (0.06 if width == 64 else 0) + self.random.random() * 0.03
        self.rate = 70 * (1 + fit) * (1.3 if optimizer == "sgd" else 1)
        self.noise = 0.02 + 0.05 * fit

    def at(self, step: int) -> dict[str, Any]:
        """What is logged at a step."""
        loss = self.floor + 2.1 * math.exp(-step / self.rate)
        noisy = loss * (1 + self.random.gauss(0, self.noise))
        accuracy = 1 - 0.42 * loss
        row = {
            "train/loss": noisy,
            "train/accuracy": min(1.0, max(0.0, accuracy + self.random.gauss(0, 0.012))),
            "train/grad_norm": 1.4 * loss + abs(self.random.gauss(0, 0.25)),
            "train/lr": self.lr * 0.5 * (1 + math.cos(math.pi * min(1, step / STEPS))),
            "throughput/images_per_s": 5200 + self.random.gauss(0, 120),
        }
        if step % 10 == 0:
            row["val/loss"] = loss * 1.06 + abs(self.random.gauss(0, 0.01))
            row["val/accuracy"] = min(1.0, max(0.0, accuracy - 0.015))
        return row


def media(step: int, seed: int) -> dict[str, Any]:
    """Pictures with masks, weights as histograms, a table of predictions."""
    rng = np.random.default_rng(step + seed)
    names = dict(enumerate(CLASSES))
    images = [picture(rng, names) for _ in range(4)]
    rows = [[CLASSES[n % 4], CLASSES[(n + n // 9) % 4], float(rng.random())] for n in range(40)]
    return {
        "examples": images,
        "weights/first": wandb.Histogram(rng.normal(0, 1 / (1 + step / 200), 4000)),
        "predictions": wandb.Table(columns=["label", "predicted", "confidence"], data=rows),
    }


def picture(rng: np.random.Generator, names: dict[int, str]) -> Any:
    """A disk on a gradient, with the mask of the disk."""
    y, x = np.mgrid[0:96, 0:128]
    at, radius = rng.integers(30, 66, 2), int(rng.integers(14, 26))
    inside = (x - at[0] - 15) ** 2 + (y - at[1]) ** 2 < radius**2
    base = np.stack([x * 1.6, y * 2.0, 180 - x], axis=-1)
    base[inside] = rng.integers(120, 255, 3)
    masks = {"prediction": {"mask_data": inside.astype(np.uint8), "class_labels": names}}
    return wandb.Image(base.clip(0, 255).astype(np.uint8), caption="step", masks=masks)


def lasting() -> None:
    """A training that is on while the pictures are made, with figures of its machine."""
    run = wandb.init(
        project=PROJECT,
        id="run-live",
        name="adamw-128-lr0.01-long",
        config={"lr": 0.01, "model": {"width": 128, "depth": 6}, "optimizer": "adamw", "seed": 4},
        group="adamw-128",
        tags=["long"],
        monitor_interval=1.0,
    )
    shape = Shape(0.01, 128, "adamw", 4)
    print("\x1b[1mTraining\x1b[0m adamw-128 on 4 classes", flush=True)
    for step in range(STEPS * 3 // 4):  # then it waits: all pictures show the same
        row = shape.at(step)
        run.log(row)
        if step % 5 == 0:
            said = f"step {step:5d}  loss {row['train/loss']:.3f}"
            print(f"\x1b[36m{said}\x1b[0m  accuracy {row['train/accuracy']:.3f}", flush=True)
        if step == 40:
            print("warning: 2 corrupt images were skipped", file=sys.stderr, flush=True)
        time.sleep(0.05)
    time.sleep(3600)


if __name__ == "__main__":
    main()
