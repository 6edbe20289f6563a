"""Estimators: what can be drawn of any model that was fitted to labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wanllmdb.integration.sklearn.charts import (
    BAR,
    LINES,
    NotDrawnError,
    drawing,
    fitted,
    given,
    log_chart,
)


@drawing
def plot_summary_metrics(
    model: Any = None,
    X: Any = None,  # noqa: N803 - scikit-learn's names
    y: Any = None,
    X_test: Any = None,  # noqa: N803
    y_test: Any = None,
) -> None:
    """`summary_metrics`: accuracy, precision, recall and F1, or the errors of a regressor.

    They are of the cases to test, by the model as it is.
    """
    from sklearn import metrics
    from sklearn.base import is_classifier, is_regressor

    given(model=model, X=X, y=y, X_test=X_test, y_test=y_test)
    fitted(model)
    guesses = model.predict(X_test)
    found: dict[str, float] = {}
    if is_classifier(model):
        zero: Any = 0
        of_classes = metrics.precision_recall_fscore_support(
            y_test, guesses, average="weighted", zero_division=zero
        )
        found["accuracy_score"] = metrics.accuracy_score(y_test, guesses)
        found.update(zip(("precision", "recall", "f1_score"), of_classes[:3], strict=True))
    elif is_regressor(model):
        found["mae"] = metrics.mean_absolute_error(y_test, guesses)
        found["mse"] = metrics.mean_squared_error(y_test, guesses)
        found["r2_score"] = metrics.r2_score(y_test, guesses)
    else:
        raise NotDrawnError(f"{type(model).__name__} is neither a classifier nor a regressor")
    rows = [[name, value, type(model).__name__] for name, value in found.items()]
    columns = ["metric_name", "metric_value", "model_name"]
    fields = {"label": "metric_name", "value": "metric_value"}
    log_chart("summary_metrics", BAR, columns, rows, fields, title="Summary Metrics")


@drawing
def plot_learning_curve(
    model: Any = None,
    X: Any = None,  # noqa: N803 - scikit-learn's name
    y: Any = None,
    cv: Any = None,
    shuffle: bool = False,
    random_state: int | None = None,
    train_sizes: Any = None,
    n_jobs: int = 1,
    scoring: Any = None,
) -> None:
    """`learning_curve`: how good the model is with more and more cases, by cross validation."""
    import numpy as np
    from sklearn.model_selection import learning_curve

    given(model=model, X=X, y=y)
    sizes, train, test = learning_curve(
        model, X, y, cv=cv, n_jobs=n_jobs, shuffle=shuffle, random_state=random_state,
        train_sizes=np.linspace(0.1, 1.0, 5) if train_sizes is None else train_sizes,
        scoring=scoring,
    )[:3]  # fmt: skip
    rows = [
        [dataset, np.mean(scores[index]), size]
        for index, size in enumerate(sizes)
        for dataset, scores in (("train", train), ("test", test))
    ]
    columns = ["dataset", "score", "train_size"]
    fields = {"x": "train_size", "y": "score", "stroke": "dataset"}
    log_chart("learning_curve", LINES, columns, rows, fields, title="Learning Curve")


@drawing
def plot_feature_importances(
    model: Any = None,
    feature_names: Sequence[str] | None = None,
    title: str = "Feature Importance",
    max_num_features: int = 50,
) -> None:
    """`feature_importances`: what the model found important, or the weights it gave, in size."""
    import numpy as np

    given(model=model)
    fitted(model)
    scores = _importances(model)
    if scores is None:
        raise NotDrawnError(f"{type(model).__name__} has no feature_importances_ and no coef_")
    names = feature_names if feature_names is not None else _names(model, len(scores))
    best = np.argsort(scores)[::-1][:max_num_features]
    rows = [[names[index], scores[index]] for index in best]
    columns = ["feature_names", "importances"]
    fields = {"label": "feature_names", "value": "importances"}
    log_chart("feature_importances", BAR, columns, rows, fields, title=title)


def _importances(model: Any) -> Any:
    import numpy as np

    for name in ("feature_importances_", "feature_log_prob_", "coef_"):
        if hasattr(model, name):
            found = np.asarray(getattr(model, name))
            return np.abs(found).mean(axis=0) if found.ndim > 1 else np.abs(found)
    return None


def _names(model: Any, count: int) -> Sequence[Any]:
    found = getattr(model, "feature_names_in_", None)
    return list(found) if found is not None else [str(index) for index in range(count)]
