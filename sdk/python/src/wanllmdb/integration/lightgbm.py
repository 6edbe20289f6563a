"""LightGBM: a training's metrics as rows, its parameters as config, its model at the end.

::

    lightgbm.train(parameters, data, valid_sets=[data], callbacks=[wandb_callback()])
    log_summary(booster)
"""

from __future__ import annotations

from typing import Any

from wanllmdb.errors import Error
from wanllmdb.guard import guarded
from wanllmdb.integration.library import current_run, library
from wanllmdb.integration.trees import importance_chart, keep_model

lightgbm = library("lightgbm")


class _Callback:
    """What LightGBM calls after every iteration."""

    order = 20  # behind those that evaluate, before the one that stops
    before_iteration = False

    def __init__(self, *, log_params: bool, define_metric: bool) -> None:
        self._run = current_run("wandb_callback()")
        self._log_params = log_params
        self._define_metric = define_metric

    @guarded()
    def __call__(self, env: Any) -> None:
        found = [_told(*each) for each in env.evaluation_result_list or ()]
        if env.iteration == env.begin_iteration:
            if self._log_params:
                self._run.config.update(env.params, allow_val_change=True)
            if self._define_metric:
                for key, _, better, deviation in found:
                    self._run.define_metric(
                        key if deviation is None else f"{key}-mean", summary=better
                    )
        row: dict[str, Any] = {}
        for key, value, _, deviation in found:
            if deviation is None:
                row[key] = value
            else:
                row.update({f"{key}-mean": value, f"{key}-stdv": deviation})
        self._run.log({**row, "iteration": env.iteration})


def _told(
    data: str, metric: str, value: float, more: bool, deviation: float | None = None
) -> tuple[str, float, str, float | None]:
    """A result's key, its value, which values are better, and the deviation if there is one."""
    if data == "cv_agg":  # of cross validations before LightGBM 4.6
        data, metric = metric.split(" ", 1)
    return f"{data}_{metric}", value, "max" if more else "min", deviation


def wandb_callback(log_params: bool = True, define_metric: bool = True) -> _Callback:
    """A callback that logs every iteration: `<data>_<metric>` and `iteration`, in one row.

    In a cross validation there are `<data>_<metric>-mean` and `-stdv` instead.

    Args:
        log_params: the parameters become config.
        define_metric: the summary of a metric is its best value, not its last.
    """
    return _Callback(log_params=log_params, define_metric=define_metric)


def log_summary(
    model: Any, feature_importance: bool = True, save_model_checkpoint: bool = False
) -> None:
    """Keep what a trained model says of itself: its best iteration and score.

    Args:
        model: a `lightgbm.Booster`, or an estimator that has one.
        feature_importance: a chart of what it found important, too.
        save_model_checkpoint: and the model, as an artifact.

    Raises:
        Error: there is no run, or the model is none of LightGBM.
    """
    run = current_run("log_summary()")
    booster = model.booster_ if isinstance(model, lightgbm.LGBMModel) else model
    if not isinstance(booster, lightgbm.Booster):
        raise Error("log_summary() takes a lightgbm.Booster or an estimator of LightGBM")
    _summarize(run, booster, chart=feature_importance, keep=save_model_checkpoint)


@guarded()
def _summarize(run: Any, booster: Any, *, chart: bool, keep: bool) -> None:
    run.summary["best_iteration"] = booster.best_iteration
    run.summary["best_score"] = {name: dict(each) for name, each in booster.best_score.items()}
    if chart:
        scores = booster.feature_importance().tolist()
        rows = zip(booster.feature_name(), scores, strict=True)
        run.log({"Feature Importance": importance_chart(rows)}, commit=False)
    if keep:
        name = f"model_{run.id}"
        keep_model(run, name, booster.save_model, file=f"{name}.txt", aliases=["best"])
