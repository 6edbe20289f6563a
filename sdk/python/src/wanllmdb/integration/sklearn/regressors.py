"""Regressors: how far off they are, and which cases pull them there."""

from __future__ import annotations

from typing import Any

from wanllmdb.integration.sklearn.charts import (
    SCATTER,
    drawing,
    fitted,
    given,
    is_kind,
    log_chart,
    thinned,
    unfitted,
)
from wanllmdb.integration.sklearn.estimators import plot_learning_curve, plot_summary_metrics


def plot_regressor(
    model: Any,
    X_train: Any,  # noqa: N803 - scikit-learn's names
    X_test: Any,  # noqa: N803
    y_train: Any,
    y_test: Any,
    model_name: str = "Regressor",
) -> None:
    """Every chart of a regressor: metrics, learning curve, outlier candidates, residuals."""
    del model_name
    plot_summary_metrics(model, X_train, y_train, X_test, y_test)
    plot_learning_curve(model, X_train, y_train)
    plot_outlier_candidates(model, X_train, y_train)
    plot_residuals(model, X_train, y_train)


@drawing
def plot_residuals(
    regressor: Any = None,
    X: Any = None,  # noqa: N803 - scikit-learn's name
    y: Any = None,
) -> None:
    """`residuals`: how far a guess is off, against the guess, where it trained and where not.

    The regressor is trained anew on four fifths of the data, and asked about all.
    """
    from sklearn.model_selection import train_test_split

    given(regressor=regressor, X=X, y=y)
    is_kind(regressor, "regressor")
    fitted(regressor)
    x_train, x_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    model = unfitted(regressor).fit(x_train, y_train)
    scores = (model.score(x_train, y_train), model.score(x_test, y_test))
    rows: list[list[Any]] = []
    for dataset, x, true in (("train", x_train, y_train), ("test", x_test, y_test)):
        guesses = model.predict(x)
        found = list(zip(guesses, guesses - true, strict=True))
        rows += [[dataset, *each, *scores] for each in thinned(found, "residuals")]
    columns = ["dataset", "y_pred", "residuals", "train_score", "test_score"]
    fields = {"x": "y_pred", "y": "residuals", "class": "dataset"}
    log_chart("residuals", SCATTER, columns, rows, fields, title="Residuals")


@drawing
def plot_outlier_candidates(
    regressor: Any = None,
    X: Any = None,  # noqa: N803 - scikit-learn's name
    y: Any = None,
) -> None:
    """`outlier_candidates`: Cook's distance of each case: how far it alone pulls a linear fit."""
    import numpy as np

    given(regressor=regressor, X=X, y=y)
    is_kind(regressor, "regressor")
    fitted(regressor)
    x, true = np.asarray(X, float), np.asarray(y, float)
    residuals = regressor.predict(X) - true
    leverage = np.einsum("ij,ji->i", x, np.linalg.pinv(x))
    error = np.sum(residuals**2) / max(len(true) - x.shape[1], 1)
    distance = residuals**2 * leverage / (x.shape[1] * error * np.maximum(1 - leverage, 1e-12) ** 2)
    threshold = 4 / len(true)
    outliers = round(100 * float(np.mean(distance > threshold)), 3)
    found = list(zip(distance, range(len(true)), strict=True))
    rows = [[*each, outliers, threshold] for each in thinned(found, "outlier_candidates")]
    columns = ["distance", "instance_indicies", "outlier_percentage", "influence_threshold"]
    fields = {"x": "instance_indicies", "y": "distance"}
    log_chart("outlier_candidates", SCATTER, columns, rows, fields, title="Outlier Candidates")
