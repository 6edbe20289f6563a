"""XGBoost: a training's metrics as rows, its parameters as config, what it found important.

::

    xgboost.train(parameters, data, evals=[(data, "train")], callbacks=[WandbCallback()])
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from wanllmdb.guard import guarded
from wanllmdb.integration.library import current_run, library, tell_once
from wanllmdb.integration.trees import importance_chart, keep_model

xgboost = library("xgboost")

# Of the metrics of XGBoost, those where more is better and less is; "ndcg@5" is "ndcg".
_MORE: Final = frozenset({"auc", "aucpr", "pre", "map", "ndcg", "interval-regression-accuracy"})
_LESS: Final = frozenset(
    (  # noqa: SIM905 - a page of words reads better than a column of them
        "rmse rmsle mae mape mphe logloss mlogloss error merror poisson-nloglik gamma-nloglik "
        "cox-nloglik gamma-deviance tweedie-nloglik aft-nloglik expectile quantile"
    ).split()
)


class WandbCallback(xgboost.callback.TrainingCallback):
    """Logs every iteration of a training, with `train` or an estimator or `cv`.

    One row for an iteration holds `<data>-<metric>` for each metric of each data set, and
    `epoch`. In a cross validation there are `<data>-<metric>-mean` and `-std` instead.

    Args:
        log_model: the model is kept as an artifact when it is trained.
        log_feature_importance: so is a chart of what it found important.
        importance_type: of the ways in which XGBoost measures that.
        define_metric: the summary of a metric is its best value, not its last.
    """

    def __init__(
        self,
        log_model: bool = False,
        log_feature_importance: bool = True,
        importance_type: str = "gain",
        define_metric: bool = True,
    ) -> None:
        self._run = current_run("WandbCallback()")
        self.log_model = log_model
        self.log_feature_importance = log_feature_importance
        self.importance_type = importance_type
        self.define_metric = define_metric
        self._defined: set[str] = set()

    def before_training(self, model: Any) -> Any:
        """The parameters, as XGBoost understood them, become config."""
        if isinstance(model, xgboost.Booster):  # and not the pack of a cross validation
            self._tell_parameters(model)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:
        """One row; the training goes on."""
        del model
        self._tell_iteration(epoch, evals_log)
        return False

    def after_training(self, model: Any) -> Any:
        """The model, what it found important, and its best iteration if it knows one."""
        if isinstance(model, xgboost.Booster):
            if self.log_model:
                self._keep(model)
            if self.log_feature_importance:
                self._tell_importance(model)
            if model.attr("best_score") is not None:
                self._tell_best(model)
        return model

    @guarded()
    def _tell_parameters(self, model: Any) -> None:
        self._run.config.update(json.loads(model.save_config()), allow_val_change=True)

    @guarded()
    def _tell_iteration(self, epoch: int, evals_log: Mapping[str, Any]) -> None:
        row: dict[str, Any] = {}
        for data, metrics in evals_log.items():
            for metric, values in metrics.items():
                self._define(f"{data}-{metric}", metric)
                row.update(_named(f"{data}-{metric}", values[-1]))
        self._run.log({**row, "epoch": epoch})

    @guarded()
    def _tell_importance(self, model: Any) -> None:
        scores = model.get_score(importance_type=self.importance_type)
        rows = [  # a linear model has a score for each class
            [name, sum(score) / len(score) if isinstance(score, list) else score]
            for name, score in scores.items()
        ]
        self._run.log({"Feature Importance": importance_chart(rows)})

    @guarded()
    def _tell_best(self, model: Any) -> None:
        self._run.log(
            {
                "best_score": float(model.attr("best_score")),
                "best_iteration": int(model.attr("best_iteration")),
            }
        )

    def _define(self, key: str, metric: str) -> None:
        if not self.define_metric or key in self._defined:
            return
        self._defined.add(key)
        word = metric.partition("@")[0].rstrip("-")
        better = "max" if word in _MORE else "min" if word in _LESS else None
        if better:
            self._run.define_metric(key, summary=better)

    @guarded()
    def _keep(self, model: Any) -> None:
        keep_model(self._run, f"{self._run.id}_model.json", model.save_model)


def _named(key: str, value: Any) -> dict[str, float]:
    """A value by its key; the two of a cross validation by a key for each."""
    if isinstance(value, tuple):
        mean, deviation = value
        return {f"{key}-mean": mean, f"{key}-std": deviation}
    return {key: value}


def wandb_callback() -> Callable[[Any], None]:
    """The callback for versions of XGBoost before 1.3; later ones take `WandbCallback` only."""
    tell_once("wandb_callback() is for XGBoost before 1.3; use WandbCallback()")
    run = current_run("wandb_callback()")

    def callback(environment: Any) -> None:
        run.log(dict(environment.evaluation_result_list))

    return callback
