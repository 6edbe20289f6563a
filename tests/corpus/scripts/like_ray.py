# What the actors of ray call. | runs: 2 finished | needs: numpy | real: has no util.generate_id any more
import json
import os
from types import ModuleType

import numpy as np
import wandb
from wandb.sdk.data_types.base_types.wb_value import WBValue
from wandb.util import json_dumps_safer

_VALID_TYPES = (bool, str, int, float, list, tuple, WBValue)


def is_allowed(value):
    if isinstance(value, np.number):
        return True
    return isinstance(value, _VALID_TYPES)


def clean(value):
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(clean(v) for v in value)
    if is_allowed(value):
        return value
    try:
        json_dumps_safer(value)
        return value
    except TypeError:
        return str(value)


os.environ["WANDB_START_METHOD"] = "thread"
assert wandb.api.api_key is None or isinstance(wandb.api.api_key, str)
wandb.ensure_configured()
for trial in range(2):
    run = wandb.init(
        id=f"trial-{trial}-{wandb.util.generate_id()}",
        name=f"train_{trial}",
        resume="never",
        reinit=True,
        allow_val_change=True,
        group="train_fn",
        project=os.environ.get("WANDB_PROJECT", "ray"),
        config=clean({"lr": np.float64(0.1), "fn": is_allowed, "space": {"a": (1, 2)}}),
    )
    run.config.trial_log_path = os.getcwd()
    for iteration in range(3):
        result = {
            "training_iteration": iteration,
            "loss": np.float32(1 / (iteration + 1)),
            "config": {"lr": 0.1},
            "done": iteration == 2,
            "module": ModuleType("x"),
        }
        run.log(clean({k: v for k, v in result.items() if k != "config"}))
        run.config.update(clean(result["config"]), allow_val_change=True)
    assert run.summary["training_iteration"] == 2
    assert isinstance(run.summary["module"], str)
    json.dumps(dict(run.config.items()))
    wandb.finish()
