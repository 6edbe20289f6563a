"""CatBoost: a training's metrics as rows, its model and parameters at the end.

::

    model.fit(train, eval_set=test, callbacks=[WandbCallback()])
    log_summary(model)
"""

from __future__ import annotations

from typing import Any

from wanllmdb.errors import Error
from wanllmdb.guard import guarded
from wanllmdb.integration.library import current_run, library
from wanllmdb.integration.trees import importance_chart, keep_model

catboost = library("catboost")


class WandbCallback:
    """Logs every iteration: `<data>-<metric>` of each, and `iteration@metric-period-<n>`.

    Args:
        metric_period: what the model was given as its `metric_period`; between those
            iterations CatBoost measures nothing new.
    """

    def __init__(self, metric_period: int = 1) -> None:
        self._run = current_run("WandbCallback()")
        self.metric_period = metric_period

    def after_iteration(self, info: Any) -> bool:
        """One row; the training goes on."""
        self._tell(info)
        return True

    @guarded()
    def _tell(self, info: Any) -> None:
        row = {
            f"{data}-{metric}": values[-1]
            for data, metrics in info.metrics.items()
            for metric, values in metrics.items()
        }
        self._run.log({**row, f"iteration@metric-period-{self.metric_period}": info.iteration})


def log_summary(
    model: Any,
    log_all_params: bool = True,
    save_model_checkpoint: bool = False,
    log_feature_importance: bool = True,
) -> None:
    """Keep what a trained model says of itself: its best iteration and score.

    Args:
        model: a `CatBoostClassifier` or `CatBoostRegressor`.
        log_all_params: its parameters, those by default too, become config.
        save_model_checkpoint: the model is kept as an artifact.
        log_feature_importance: so is a chart of what it found important.

    Raises:
        Error: there is no run, or the model is none of the two.
    """
    run = current_run("log_summary()")
    if not isinstance(model, catboost.CatBoostClassifier | catboost.CatBoostRegressor):
        raise Error("log_summary() takes a CatBoostClassifier or a CatBoostRegressor")
    if log_all_params:
        _tell_parameters(run, model)
    run.summary["best_iteration"] = model.get_best_iteration()
    run.summary["best_score"] = model.get_best_score()
    if save_model_checkpoint:
        _keep(run, model)
    if log_feature_importance:
        _tell_importance(run, model)


@guarded()
def _tell_parameters(run: Any, model: Any) -> None:
    run.config.update(model.get_all_params(), allow_val_change=True)


@guarded()
def _keep(run: Any, model: Any) -> None:
    name = f"model_{run.id}"
    keep_model(run, name, model.save_model, file=f"{name}.cbm", aliases=["best"])


@guarded()
def _tell_importance(run: Any, model: Any) -> None:
    scores = model.get_feature_importance().tolist()
    rows = sorted(zip(model.feature_names_, scores, strict=True), key=lambda row: -row[1])
    run.log({"Feature Importance": importance_chart(rows)}, commit=False)
