"""scikit-learn: the charts of `wandb.sklearn`, compared with what scikit-learn computes."""

from __future__ import annotations

import itertools

import pytest
from tests.integrations.libraries import needs

needs("sklearn")

from tests.integrations.laboratory import Laboratory, table  # noqa: E402

pytestmark = pytest.mark.timeout(180)


def area(rows: list[list[float]]) -> float:
    """Under the curve through these points, by trapezia."""
    pairs = itertools.pairwise(rows)
    return sum((right[0] - left[0]) * (right[1] + left[1]) / 2 for left, right in pairs)


def test_every_chart_of_sklearn_has_what_sklearn_computed(lab: Laboratory) -> None:
    truth = lab.run("sklearn_plots.py")
    runs = {run.name: run for run in lab.runs()}

    charts = {
        key: table(runs["classifier"], f"{key}_table")
        for key in (
            "feature_importances",
            "confusion_matrix",
            "summary_metrics",
            "class_proportions",
            "calibration_curve",
            "roc",
            "precision_recall",
            "learning_curve",
        )
    }
    confusion = charts["confusion_matrix"]
    assert confusion["columns"] == ["Predicted", "Actual", "Count"]
    counts = {(guess, actual): count for guess, actual, count in confusion["data"]}
    names = ["bad", "good"]
    assert [[counts[guess, actual] for guess in names] for actual in names] == truth["confusion"]
    good = [[fpr, tpr] for name, fpr, tpr in charts["roc"]["data"] if name == "good"]
    assert area(good) == pytest.approx(truth["auc"])
    values = {name: value for name, value, _ in charts["summary_metrics"]["data"]}
    assert values["accuracy_score"] == pytest.approx(truth["accuracy"])
    assert charts["feature_importances"]["data"][0][0] == str(truth["important"])
    assert charts["class_proportions"]["data"][:2] == [
        ["bad", "train", truth["proportions"][0], "bad, train"],
        ["bad", "test", truth["proportions"][1], "bad, test"],
    ]
    assert {row[0] for row in charts["calibration_curve"]["data"]} == {
        "Perfectly calibrated",
        "Logistic",
        "Forest",
        "Forest + Isotonic",
        "Forest + Sigmoid",
    }
    assert len(charts["learning_curve"]["data"]) == 10

    metrics = table(runs["regressor"], "summary_metrics_table")["data"]
    assert dict(row[:2] for row in metrics)["mse"] == pytest.approx(truth["mse"])
    for key in ("learning_curve", "outlier_candidates", "residuals"):
        assert table(runs["regressor"], f"{key}_table")["data"]

    elbow = table(runs["clusterer"], "elbow_curve_table")["data"]
    assert {row[0]: row[1] for row in elbow}[3] == pytest.approx(truth["inertia"], rel=0.01)
    silhouette = table(runs["clusterer"], "silhouette_plot_table")["data"]
    assert len(silhouette) == 150
    assert silhouette[0][-1] == pytest.approx(truth["silhouette"])


def test_what_sklearn_cannot_draw_is_said_and_ends_nothing(lab: Laboratory) -> None:
    lab.run("sklearn_mistakes.py")
    run = lab.only_run()
    assert run.summary["still"] == "here"
    assert not [key for key in run.summary if key.endswith("_table")]
    for line in (
        "plot_roc: y_probas is missing",
        "plot_residuals: RandomForestClassifier is no regressor",
        "plot_feature_importances: the model must be fitted first",
        "plot_silhouette: there must be two clusters or more",
    ):
        assert line in lab.said
