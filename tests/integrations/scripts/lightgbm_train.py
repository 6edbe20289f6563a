"""Breast cancer, by LightGBM, and a cross validation."""

import json
import os

import lightgbm
import wandb
from sklearn.datasets import load_breast_cancer
from wandb.integration.lightgbm import log_summary, wandb_callback

x, y = load_breast_cancer(return_X_y=True)
parameters = {
    "objective": "binary",
    "metric": ["auc", "binary_logloss"],
    "num_leaves": 4,
    "verbose": -1,
}
train = lightgbm.Dataset(x[::2], y[::2])
test = train.create_valid(x[1::2], y[1::2])

results: dict = {}
with wandb.init(name="train"):
    model = lightgbm.train(
        parameters, train, 15, valid_sets=[train, test], valid_names=["train", "test"],
        callbacks=[
            wandb_callback(),
            lightgbm.record_evaluation(results),
            lightgbm.early_stopping(3, verbose=False),
        ],
    )  # fmt: skip
    log_summary(model, save_model_checkpoint=True)

with wandb.init(name="cv"):
    folds = lightgbm.cv(
        parameters, lightgbm.Dataset(x, y), 4, nfold=3, callbacks=[wandb_callback(log_params=False)]
    )

with open(os.environ["TRUTH"], "w") as truth:
    json.dump(
        {
            "results": results,
            "best_iteration": model.best_iteration,
            "best_score": model.best_score,
            "importance": dict(
                zip(model.feature_name(), model.feature_importance().tolist(), strict=True)
            ),
            "model": model.model_to_string(),
            "folds": folds,
        },
        truth,
    )
