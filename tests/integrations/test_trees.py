"""Gradient boosting: the callbacks that live in `wandb.integration`."""

from __future__ import annotations

import json

import pytest
from tests.integrations.libraries import needs

needs("xgboost", "lightgbm", "catboost")

from tests.integrations.laboratory import (  # noqa: E402
    Laboratory,
    artifacts,
    history,
    table,
)

pytestmark = pytest.mark.timeout(180)


def test_xgboost_is_read_back_as_it_evaluated(lab: Laboratory, tmp_path: object) -> None:
    truth = lab.run("xgboost_train.py")
    assert truth["same"] is True
    runs = {run.name: run for run in lab.runs()}
    run, results = runs["train"], truth["results"]
    for data, metrics in results.items():
        for metric, values in metrics.items():
            assert history(run, f"{data}-{metric}") == values
    assert history(run, "epoch") == list(range(len(results["train"]["auc"])))
    assert run.summary["test-mlogloss"] == {"min": min(results["test"]["mlogloss"])}
    assert run.summary["test-auc"] == {"max": max(results["test"]["auc"])}
    assert run.summary["best_score"] == truth["best_score"]
    assert run.summary["best_iteration"] == truth["best_iteration"]
    trained = run.config["learner"]["gradient_booster"]["tree_train_param"]
    assert trained["max_depth"] == "3"
    chart = table(run, "Feature Importance_table")
    assert chart["columns"] == ["Feature", "Importance"]
    assert dict(chart["data"]) == pytest.approx(truth["importance"])
    model = artifacts(run)[truth["model"]]
    folder = model.download(root=str(lab.folder / "model"))
    kept = json.loads((lab.folder / "model" / truth["model"]).read_text())
    assert folder
    trees = kept["learner"]["gradient_booster"]["model"]["trees"]
    assert len(trees) == len(truth["dump"])

    assert history(runs["fit"], "validation_0-mlogloss") == truth["fit"]
    assert runs["fit"].summary["validation_0-mlogloss"] == truth["fit"][-1]
    for word in ("mean", "std"):
        folds = history(runs["cv"], f"test-mlogloss-{word}")
        assert folds == pytest.approx(truth["folds"][f"test-mlogloss-{word}"])


def test_lightgbm_is_read_back_as_it_evaluated(lab: Laboratory) -> None:
    truth = lab.run("lightgbm_train.py")
    runs = {run.name: run for run in lab.runs()}
    run, results = runs["train"], truth["results"]
    for data, metrics in results.items():
        for metric, values in metrics.items():
            assert history(run, f"{data}_{metric}") == values
    assert history(run, "iteration") == list(range(len(results["test"]["auc"])))
    assert run.summary["test_auc"] == {"max": max(results["test"]["auc"])}
    assert run.summary["test_binary_logloss"] == {"min": min(results["test"]["binary_logloss"])}
    assert run.summary["best_iteration"] == truth["best_iteration"]
    assert run.summary["best_score"] == truth["best_score"]
    assert run.config["num_leaves"] == 4
    assert dict(table(run, "Feature Importance_table")["data"]) == truth["importance"]
    model = artifacts(run)[f"model_{run.id}"]
    assert "best" in model.aliases
    model.download(root=str(lab.folder / "model"))
    assert (lab.folder / "model" / f"model_{run.id}.txt").read_text() == truth["model"]

    assert history(runs["cv"], "valid_auc-mean") == truth["folds"]["valid auc-mean"]
    assert "num_leaves" not in runs["cv"].config


def test_catboost_is_read_back_as_it_evaluated(lab: Laboratory) -> None:
    truth = lab.run("catboost_train.py")
    run = lab.only_run()
    for data, metrics in truth["results"].items():
        for metric, values in metrics.items():
            assert history(run, f"{data}-{metric}") == pytest.approx(values)
    assert history(run, "iteration@metric-period-1") == list(range(1, 11))
    assert run.summary["best_iteration"] == truth["best_iteration"]
    assert run.summary["best_score"] == truth["best_score"]
    assert run.config["depth"] == truth["depth"]
    chart = table(run, "Feature Importance_table")["data"]
    assert dict(chart) == pytest.approx(truth["importance"])
    assert [score for _, score in chart] == sorted(truth["importance"].values(), reverse=True)
    assert "best" in artifacts(run)[f"model_{run.id}"].aliases
