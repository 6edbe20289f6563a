"""Classifiers: how often they are right, and how sure they are of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wanllmdb.integration.sklearn.charts import (
    AREAS,
    BAR,
    LINES,
    MATRIX,
    POINTS,
    NotDrawnError,
    drawing,
    fitted,
    given,
    is_kind,
    log_chart,
    name_of,
    thinned,
    unfitted,
)
from wanllmdb.integration.sklearn.estimators import (
    plot_feature_importances,
    plot_learning_curve,
    plot_summary_metrics,
)


def plot_classifier(
    model: Any,
    X_train: Any,  # noqa: N803 - scikit-learn's names
    X_test: Any,  # noqa: N803
    y_train: Any,
    y_test: Any,
    y_pred: Any,
    y_probas: Any,
    labels: Sequence[Any],
    is_binary: bool = False,
    model_name: str = "Classifier",
    feature_names: Sequence[str] | None = None,
    log_learning_curve: bool = False,
) -> None:
    """Every chart of a classifier: feature importances, confusion matrix, metrics, proportions,
    calibration if there are two classes, ROC and precision-recall curves.
    """
    plot_feature_importances(model, feature_names)
    if log_learning_curve:
        plot_learning_curve(model, X_train, y_train)
    plot_confusion_matrix(y_test, y_pred, labels)
    plot_summary_metrics(model, X=X_train, y=y_train, X_test=X_test, y_test=y_test)
    plot_class_proportions(y_train, y_test, labels)
    if is_binary:
        plot_calibration_curve(model, X_train, y_train, model_name)
    plot_roc(y_test, y_probas, labels)
    plot_precision_recall(y_test, y_probas, labels)


@drawing
def plot_roc(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[Any] | None = None,
    plot_micro: bool = True,
    plot_macro: bool = True,
    classes_to_plot: Sequence[Any] | None = None,
) -> None:
    """`roc`: false against true positives of each class, as the threshold goes down."""
    del plot_micro, plot_macro
    from sklearn.metrics import roc_curve

    given(y_true=y_true, y_probas=y_probas)
    rows: list[list[Any]] = []
    for name, is_class, scores in _one_against_all(y_true, y_probas, labels, classes_to_plot):
        found = [list(pair) for pair in zip(*roc_curve(is_class, scores)[:2], strict=True)]
        rows += [[name, *pair] for pair in thinned(found, "roc")]
    log_chart(
        "roc", AREAS, ["class", "fpr", "tpr"], rows, {"x": "fpr", "y": "tpr", "class": "class"},
        title="ROC Curve", x_axis_title="False positive rate", y_axis_title="True positive rate",
    )  # fmt: skip


@drawing
def plot_precision_recall(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[Any] | None = None,
    plot_micro: bool = True,
    classes_to_plot: Sequence[Any] | None = None,
) -> None:
    """`precision_recall`: what of the guesses is right against what is found, of each class."""
    del plot_micro
    from sklearn.metrics import precision_recall_curve

    given(y_true=y_true, y_probas=y_probas)
    rows: list[list[Any]] = []
    for name, is_class, scores in _one_against_all(y_true, y_probas, labels, classes_to_plot):
        found = list(zip(*precision_recall_curve(is_class, scores)[:2], strict=True))
        rows += [[name, *pair] for pair in thinned(found, "precision_recall")]
    log_chart(
        "precision_recall", AREAS, ["class", "precision", "recall"], rows,
        {"x": "recall", "y": "precision", "class": "class"},
        title="Precision-Recall Curve", x_axis_title="Recall", y_axis_title="Precision",
    )  # fmt: skip


def _one_against_all(
    y_true: Any, y_probas: Any, labels: Sequence[Any] | None, chosen: Sequence[Any] | None
) -> list[tuple[Any, Any, Any]]:
    """Each class by its name: which cases are of it, and how likely the model thinks that is."""
    import numpy as np

    true, scores = np.asarray(y_true), np.asarray(y_probas)
    classes = np.unique(true)
    if scores.ndim == 1 and len(classes) == 2:  # only those of the second class
        scores = np.column_stack([1 - scores, scores])
    if scores.ndim != 2 or scores.shape[0] != true.shape[0]:
        raise NotDrawnError("y_probas holds a row for each case, with a column for each class")
    if scores.shape[1] != len(classes):  # a class that does not occur has no curve
        classes = np.arange(scores.shape[1])
    return [
        (name_of(labels, index, each.item()), true == each, scores[:, index])
        for index, each in enumerate(classes)
        if (true == each).any() and (chosen is None or each in chosen)
    ]


@drawing
def plot_confusion_matrix(
    y_true: Any = None,
    y_pred: Any = None,
    labels: Sequence[Any] | None = None,
    true_labels: Sequence[Any] | None = None,
    pred_labels: Sequence[Any] | None = None,
    normalize: bool = False,
) -> None:
    """`confusion_matrix`: how often each class was taken for which; with `normalize` what part."""
    import numpy as np
    from sklearn.metrics import confusion_matrix
    from sklearn.utils.multiclass import unique_labels

    given(y_true=y_true, y_pred=y_pred)
    classes = unique_labels(y_true, y_pred)
    counts = confusion_matrix(y_true, y_pred, labels=classes)
    if normalize:
        counts = np.round(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), 4)
    rows = [
        [name_of(labels, column, guess), name_of(labels, row, actual), counts[row, column]]
        for row, actual in enumerate(classes)
        for column, guess in enumerate(classes)
        if (true_labels is None or actual in true_labels)
        and (pred_labels is None or guess in pred_labels)
    ]
    log_chart(
        "confusion_matrix", MATRIX, ["Predicted", "Actual", "Count"], rows,
        {"Actual": "Actual", "Predicted": "Predicted", "nPredictions": "Count"},
        title="Confusion Matrix",
    )  # fmt: skip


@drawing
def plot_class_proportions(
    y_train: Any = None, y_test: Any = None, labels: Sequence[Any] | None = None
) -> None:
    """`class_proportions`: how many cases of each class there are to train and to test."""
    import numpy as np

    given(y_train=y_train, y_test=y_test)
    classes = np.unique(np.concatenate([np.unique(y_train), np.unique(y_test)]))
    rows: list[list[Any]] = []
    for index, each in enumerate(classes):
        name = name_of(labels, index, each)
        for dataset, cases in (("train", y_train), ("test", y_test)):
            count = np.count_nonzero(np.asarray(cases) == each)
            rows.append([name, dataset, count, f"{name}, {dataset}"])
    log_chart(
        "class_proportions",
        BAR,
        ["class", "dataset", "count", "label"],
        rows,
        {"label": "label", "value": "count"},
        title="Class Proportions",
    )


@drawing
def plot_calibration_curve(
    clf: Any = None,
    X: Any = None,  # noqa: N803 - scikit-learn's name
    y: Any = None,
    clf_name: str = "Classifier",
) -> None:
    """`calibration_curve`: how often a classifier of two classes is right when it is so sure.

    The same is drawn of a logistic regression, and of two calibrations of the classifier, each
    trained on nine tenths of the data and asked about the others.
    """
    import numpy as np
    from sklearn.calibration import CalibratedClassifierCV, calibration_curve
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split

    given(clf=clf, X=X, y=y)
    is_kind(clf, "classifier")
    fitted(clf)
    if len(np.unique(y)) != 2:
        raise NotDrawnError("there must be two classes")
    rows: list[list[Any]] = [["Perfectly calibrated", each, each, 0, 0] for each in (0, 1)]
    x_train, x_test, y_train, y_test = train_test_split(
        X, y, test_size=0.1 if len(y) >= 1000 else 0.5, random_state=42, stratify=y
    )
    contenders = {
        "Logistic": LogisticRegression(max_iter=1000),
        clf_name: unfitted(clf),
        f"{clf_name} + Isotonic": CalibratedClassifierCV(unfitted(clf), cv=2, method="isotonic"),
        f"{clf_name} + Sigmoid": CalibratedClassifierCV(unfitted(clf), cv=2, method="sigmoid"),
    }
    for name, each in contenders.items():
        sure = _sureness(each.fit(x_train, y_train), x_test)
        part, mean = calibration_curve(y_test == np.unique(y)[1], sure, n_bins=10)
        counts, edges = np.histogram(sure, bins=10, range=(0, 1))
        rows += [
            [name, each_part, each_mean, counts[index], edges[index]]
            for index, (each_part, each_mean) in enumerate(zip(part, mean, strict=True))
        ]
    columns = ["model", "fraction_of_positives", "mean_predicted_value", "hist_dict", "edge_dict"]
    log_chart(
        "calibration_curve", LINES, columns, rows[:POINTS],
        {"x": "mean_predicted_value", "y": "fraction_of_positives", "stroke": "model"},
        title="Calibration Curve",
    )  # fmt: skip


def _sureness(model: Any, x: Any) -> Any:
    """How sure a model is of the second class, from 0 to 1."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(x)[:, 1]
    scores = model.decision_function(x)
    return (scores - scores.min()) / ((scores.max() - scores.min()) or 1)
