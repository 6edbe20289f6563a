# What the callback of transformers calls. | runs: 1 finished | needs: yaml
import dataclasses
import numbers
import os
import tempfile
from pathlib import Path

import wandb
from wandb.sdk.lib.config_util import ConfigError


class WandbCallback:
    def __init__(self):
        self._wandb = wandb
        self._initialized = False
        self._log_model = os.getenv("WANDB_LOG_MODEL", "false")

    def setup(self, args):
        self._initialized = True
        combined = {**args, "model": {"hidden": 16}}
        init_args = {"project": os.getenv("WANDB_PROJECT", "huggingface"), "name": args["run_name"]}
        if self._wandb.run is None:
            self._wandb.init(**init_args)
        self._wandb.config.update(combined or {}, allow_val_change=True)
        if getattr(self._wandb, "define_metric", None):
            self._wandb.define_metric("train/global_step")
            self._wandb.define_metric("*", step_metric="train/global_step", step_sync=True)
        self._wandb.run._label(code="transformers_trainer")
        try:
            self._wandb.config["model/num_parameters"] = 1234
        except AttributeError:
            raise AssertionError("no number of parameters")
        self._wandb.watch(None, log="gradients") if False else None

    def on_log(self, logs, step):
        single = {"train_runtime", "total_flos"}
        for key, value in logs.items():
            if key in single:
                self._wandb.run.summary[key] = value
        rest = {f"train/{k}": v for k, v in logs.items() if k not in single}
        self._wandb.log({**rest, "train/global_step": step})

    def on_train_end(self):
        metadata = {
            k: v
            for k, v in dict(self._wandb.summary).items()
            if isinstance(v, numbers.Number) and not k.startswith("_")
        }
        metadata["final_model"] = True
        name = f"model-{self._wandb.run.id}"
        artifact = self._wandb.Artifact(name=name, type="model", metadata=metadata)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "config.json").write_text("{}")
            for each in Path(folder).glob("*"):
                if each.is_file():
                    with artifact.new_file(each.name, mode="wb") as fa:
                        fa.write(each.read_bytes())
            self._wandb.run.log_artifact(artifact, aliases=["final_model"])
        return metadata


callback = WandbCallback()
callback.setup({"run_name": "bert", "lr": 5e-5, "none": None, "list": [1, 2]})
callback.setup({"run_name": "bert", "lr": 1e-5})
assert wandb.config.lr == 1e-5
assert vars(wandb.config)["_items"]["lr"] == 1e-5
for step in range(0, 50, 10):
    callback.on_log({"loss": 1 / (step + 1), "grad_norm": 0.5, "learning_rate": 1e-5}, step)
callback.on_log({"train_runtime": 3.2, "total_flos": 1e9, "train_loss": 0.3}, 50)
metadata = callback.on_train_end()
assert metadata["train_runtime"] == 3.2
assert metadata["train/train_loss"] == 0.3
assert metadata["train/global_step"] == 50
assert issubclass(ConfigError, wandb.Error)
assert dataclasses is not None
wandb.finish()
