# What the tracker of accelerate calls. | runs: 1 finished | needs: numpy
import importlib.metadata
import importlib.util

import numpy as np
import wandb


def is_wandb_available():
    if importlib.util.find_spec("wandb") is None:
        return False
    try:
        importlib.metadata.metadata("wandb")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


class WandBTracker:
    name = "wandb"

    def __init__(self, run_name, **kwargs):
        self.run = wandb.init(project=run_name, **kwargs)

    def store_init_configuration(self, values):
        wandb.config.update(values, allow_val_change=True)

    def log(self, values, step=None, **kwargs):
        self.run.log(values, step=step, **kwargs)

    def log_images(self, values, step=None, **kwargs):
        for key, value in values.items():
            self.log({key: [wandb.Image(image, **kwargs) for image in value]}, step=step)

    def log_table(self, name, columns=None, data=None, dataframe=None, step=None):
        values = {name: wandb.Table(columns=columns, data=data, dataframe=dataframe)}
        self.log(values, step=step)

    def finish(self):
        self.run.finish()


assert is_wandb_available()
tracker = WandBTracker("like_accelerate", name="acc", tags=["x"])
tracker.store_init_configuration({"num_iterations": 5, "lr": 1e-2, "text": "a", "flag": True})
for step in range(3):
    tracker.log({"train_loss": 1.0 / (step + 1)}, step=step)
    tracker.log({"lr": 0.1}, step=step)
tracker.log({"end": 1})
tracker.log_images({"samples": np.zeros((2, 8, 8, 3), np.uint8)}, step=5, caption="c")
tracker.log_table("texts", columns=["a", "b"], data=[["x", 1]], step=6)
assert tracker.run.summary["train_loss"] == 1 / 3
assert tracker.run.step == 6
tracker.finish()
