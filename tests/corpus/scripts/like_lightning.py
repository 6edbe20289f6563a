# What the logger of Lightning calls. | runs: 1 finished | needs: numpy
import os
from argparse import Namespace

import numpy as np
import wandb
from wandb.sdk.lib import RunDisabled
from wandb.wandb_run import Run


class WandbLogger:
    def __init__(self, name=None, save_dir=".", version=None, project=None, log_model=False, **kw):
        wandb.require("service")
        self._wandb_init = {
            "name": name,
            "project": project,
            "dir": save_dir,
            "id": version,
            "resume": "allow",
            "anonymous": None,
            **kw,
        }
        self._experiment = None

    @property
    def experiment(self):
        if self._experiment is None:
            attach_id = getattr(self, "_attach_id", None)
            if wandb.run is not None:
                self._experiment = wandb.run
            elif attach_id is not None and hasattr(wandb, "_attach"):
                self._experiment = wandb._attach(attach_id)
            else:
                self._experiment = wandb.init(**self._wandb_init)
                if isinstance(self._experiment, (Run, RunDisabled)) and getattr(
                    self._experiment, "define_metric", None
                ):
                    self._experiment.define_metric("trainer/global_step")
                    self._experiment.define_metric(
                        "*", step_metric="trainer/global_step", step_sync=True
                    )
        return self._experiment

    def log_metrics(self, metrics, step=None):
        if step is not None:
            self.experiment.log({**metrics, "trainer/global_step": step})
        else:
            self.experiment.log(metrics)


logger = WandbLogger(name="lit", tags=["pl"], group="g", job_type="fit")
os.makedirs("lightning_logs", exist_ok=True)
logger.experiment.config.update(vars(Namespace(lr=1e-3, hidden=8)), allow_val_change=True)
for step in range(0, 40, 10):
    logger.log_metrics({"train_loss": np.float32(1 / (step + 1)).item(), "epoch": 0}, step)
logger.log_metrics({"val_loss": 0.4, "epoch": 0}, 39)
logger.log_metrics({"images": [wandb.Image(np.zeros((4, 4), np.uint8), caption="0")]}, 39)
logger.log_metrics({"t": wandb.Table(columns=["a"], data=[[1]], dataframe=None)}, 39)
run = logger.experiment
assert run.summary["val_loss"] == 0.4
assert run.summary["trainer/global_step"] == 39
assert run.config["hidden"] == 8
assert isinstance(run.id, str)
assert run._attach_id is None or isinstance(run._attach_id, str)
assert WandbLogger().experiment is run
wandb.finish()
