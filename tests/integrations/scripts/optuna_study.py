"""A study, by Optuna, one run for all trials or one run for each."""

import json
import os
import sys

import optuna
import wandb
from optuna_integration import WeightsAndBiasesCallback

several = "several" in sys.argv
kept = WeightsAndBiasesCallback(
    metric_name="distance", as_multirun=several,
    wandb_kwargs={
        "project": os.environ["WANDB_PROJECT"],
        "group": "study",
        "name": None if several else "all",
    },
)  # fmt: skip


@kept.track_in_wandb()
def objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("x", -10, 10)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    wandb.log({"inside": x})
    return (x - 2) ** 2 + (kind == "b")


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
study.optimize(objective, n_trials=4, callbacks=[kept])
wandb.finish()
with open(os.environ["TRUTH"], "w") as truth:
    json.dump(
        {
            "trials": [{"value": trial.value, **trial.params} for trial in study.trials],
            "direction": "minimize",
        },
        truth,
    )
