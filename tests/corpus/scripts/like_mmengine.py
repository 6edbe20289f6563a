# What the backends of mmengine, verl and trl call. | runs: 1 finished | needs: numpy
import os

import numpy as np
import wandb
from packaging import version

os.makedirs("vis_data", exist_ok=True)
settings = wandb.Settings(https_proxy=None) if os.environ.get("PROXY") else None
run = wandb.init(**{"project": "like_mmengine", "dir": "vis_data", "settings": settings})
for each in [{"name": "loss", "step_metric": "iter"}, {"name": "coco/bbox_mAP", "summary": "max"}]:
    wandb.define_metric(**each)
wandb.config.update({"model": {"type": "ResNet"}, "lr": 0.1}, allow_val_change=True)
wandb.run.log_code(name="like_mmengine-code")
for step in range(3):
    wandb.log({"loss": 1 / (step + 1)}, commit=True)
    wandb.log({"lr": 0.1, "time": 0.5}, commit=True)
wandb.log({"coco/bbox_mAP": 0.3}, commit=True)
wandb.log({"img": wandb.Image(np.zeros((4, 4, 3), np.uint8))}, commit=True)
# verl: generations that grow
if version.parse(wandb.__version__) >= version.parse("0.20.0"):
    table = wandb.Table(columns=["step", "input_1", "output_1", "score_1"], log_mode="INCREMENTAL")
for step in range(2):
    new = wandb.Table(columns=table.columns, data=table.data)
    new.add_data(step, "prompt", "answer", 0.5)
    wandb.log({"val/generations": new}, step=100 + step)
    table = new
# trl: completions, and where the run is
completions = {"step": ["1", "1"], "prompt": ["a", "b"], "reward": [0.1, 0.2]}
rows = [list(row) for row in zip(*completions.values())]
wandb.log({"completions": wandb.Table(columns=list(completions), data=rows)})
tags = ["trl", "grpo"]
assert isinstance(wandb.run.entity, str)
assert isinstance(wandb.run.project, str)
path = wandb.run.entity + "/" + wandb.run.project
assert path.endswith("like_mmengine")
url = wandb.run.url if wandb.run is not None else None
assert url is None or isinstance(url, str)
assert run.summary["coco/bbox_mAP"]["max"] == 0.3
wandb.join()
