"""Breast cancer, by CatBoost."""

import json
import os

import wandb
from catboost import CatBoostClassifier, Pool
from sklearn.datasets import load_breast_cancer
from wandb.integration.catboost import WandbCallback, log_summary

x, y = load_breast_cancer(return_X_y=True)
with wandb.init(name="fit"):
    model = CatBoostClassifier(
        iterations=10, depth=3, eval_metric="AUC", verbose=False, allow_writing_files=False
    )
    model.fit(Pool(x[::2], y[::2]), eval_set=Pool(x[1::2], y[1::2]), callbacks=[WandbCallback()])
    log_summary(model, save_model_checkpoint=True)

with open(os.environ["TRUTH"], "w") as truth:
    json.dump(
        {
            "results": model.get_evals_result(),
            "best_iteration": model.get_best_iteration(),
            "best_score": model.get_best_score(),
            "importance": dict(
                zip(model.feature_names_, model.get_feature_importance().tolist(), strict=True)
            ),
            "depth": model.get_all_params()["depth"],
        },
        truth,
    )
