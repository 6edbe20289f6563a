"""Iris, by the two ways into XGBoost, and a cross validation."""

import json
import os

import wandb
import xgboost
from sklearn.datasets import load_iris
from wandb.integration.xgboost import WandbCallback

x, y = load_iris(return_X_y=True)
train, test = xgboost.DMatrix(x[::2], y[::2]), xgboost.DMatrix(x[1::2], y[1::2])
parameters = {
    "objective": "multi:softprob",
    "num_class": 3,
    "eval_metric": ["mlogloss", "auc"],
    "max_depth": 3,
}

results: dict = {}
with wandb.init(name="train") as run:
    model = xgboost.train(
        parameters, train, 12, evals=[(train, "train"), (test, "test")], evals_result=results,
        callbacks=[WandbCallback(log_model=True)], early_stopping_rounds=3, verbose_eval=False,
    )  # fmt: skip
    model_name = f"{run.id}_model.json"

with wandb.init(name="fit"):
    estimator = xgboost.XGBClassifier(
        n_estimators=3, callbacks=[WandbCallback(define_metric=False)]
    )
    estimator.fit(x, y, eval_set=[(x, y)], verbose=False)

with wandb.init(name="cv"):
    folds = xgboost.cv(parameters, train, 3, nfold=3, callbacks=[WandbCallback()], as_pandas=False)

with open(os.environ["TRUTH"], "w") as truth:
    json.dump(
        {
            "results": results,
            "best_score": model.best_score,
            "best_iteration": model.best_iteration,
            "importance": model.get_score(importance_type="gain"),
            "model": model_name,
            "dump": model.get_dump(),
            "fit": estimator.evals_result()["validation_0"]["mlogloss"],
            "folds": folds,
            "same": wandb.xgboost.WandbCallback is WandbCallback,
        },
        truth,
    )
