"""Classifiers: charts that tell how good one is: ROC, precision and recall, confusion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.pixels import as_numpy
from wanllmdb.media.table import Table
from wanllmdb.plot import scoring
from wanllmdb.plot.custom_chart import CustomChart, plot_table

MAX_POINTS: Final = 10_000  # of a chart; a curve of more is drawn through some of them

_AREA: Final = "wandb/area-under-curve/v0"
_CONFUSION: Final = {each: each for each in ("Actual", "Predicted", "nPredictions")}


@guarded(raises=MISUSE)
def roc_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[Any] | None = None,
    classes_to_plot: Collection[Any] | None = None,
    title: str = "ROC Curve",
    split_table: bool = False,
) -> CustomChart:
    """The true positive rate over the false one, for each class against all others.

    Args:
        y_true: the class of each.
        y_probas: a column of scores for each class; or one column, for the second of two.
        labels: what the classes are called.
        classes_to_plot: some of the classes, if not all.
        title: of the chart.
        split_table: whether the table is kept apart from the user's own tables.

    Raises:
        ValueError, TypeError: these are no classes and scores.
    """

    def points(truth: Any, scores: Any) -> tuple[Any, Any]:
        return scoring.roc(truth, scores)

    table = _curves(("fpr", "tpr"), points, y_true, y_probas, labels, classes_to_plot)
    axes = {"x-axis-title": "False positive rate", "y-axis-title": "True positive rate"}
    fields = {"x": "fpr", "y": "tpr", "class": "class"}
    return plot_table(_AREA, table, fields, {"title": title, **axes}, split_table)


@guarded(raises=MISUSE)
def pr_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[Any] | None = None,
    classes_to_plot: Collection[Any] | None = None,
    interp_size: int = 21,
    title: str = "Precision-Recall Curve",
    split_table: bool = False,
) -> CustomChart:
    """Precision over recall, for each class against all others.

    Args:
        y_true: the class of each.
        y_probas: a column of scores for each class; or one column, for the second of two.
        labels: what the classes are called.
        classes_to_plot: some of the classes, if not all.
        interp_size: at how many recalls, evenly from 1 to 0.
        title: of the chart.
        split_table: whether the table is kept apart from the user's own tables.

    Raises:
        ValueError, TypeError: these are no classes and scores.
    """

    def points(truth: Any, scores: Any) -> tuple[Any, Any]:
        import numpy

        wanted = numpy.linspace(0, 1, interp_size)[::-1]
        found = scoring.precision_recall(truth, scores)
        return scoring.precision_at(*found, wanted), wanted

    table = _curves(("precision", "recall"), points, y_true, y_probas, labels, classes_to_plot)
    axes = {"x-axis-title": "Recall", "y-axis-title": "Precision"}
    fields = {"x": "recall", "y": "precision", "class": "class"}
    return plot_table(_AREA, table, fields, {"title": title, **axes}, split_table)


@guarded(raises=MISUSE)
def confusion_matrix(
    probs: Any = None,
    y_true: Any = None,
    preds: Any = None,
    class_names: Sequence[str] | None = None,
    title: str = "Confusion Matrix Curve",
    split_table: bool = False,
) -> CustomChart:
    """How often each class was taken for each.

    Args:
        probs: a column of scores for each class; the highest is taken.
        y_true: the class of each.
        preds: what each was taken for, instead of `probs`.
        class_names: what the classes are called; those that are numbers are places in this.
        title: of the chart.
        split_table: whether the table is kept apart from the user's own tables.

    Raises:
        ValueError, TypeError: these are no classes.
    """
    if (probs is None) == (preds is None) or y_true is None:
        raise ValueError("A confusion matrix is of y_true, and of either probs or preds.")
    truth = _plain(y_true)
    taken = _plain(preds) if probs is None else as_numpy(probs).argmax(axis=1).tolist()
    if len(truth) != len(taken):
        raise ValueError(f"{len(truth)} classes, and {len(taken)} that they were taken for.")
    names, places = _named(truth + taken, class_names)
    found = scoring.confusion(
        [places[each] for each in truth], [places[each] for each in taken], len(names)
    )
    table = Table(columns=list(_CONFUSION))
    for actual, row in zip(names, found, strict=True):
        for predicted, count in zip(names, row, strict=True):
            table.add_data(actual, predicted, count)
    texts = {"title": title}
    return plot_table("wandb/confusion_matrix/v1", table, _CONFUSION, texts, split_table)


def _named(seen: list[Any], given: Sequence[str] | None) -> tuple[list[str], dict[Any, int]]:
    """Names of all classes, and which of them each class is."""
    classes = _sorted(seen)
    if given is None:
        words = all(isinstance(each, str) for each in classes)
        names = [each if words else f"Class_{n}" for n, each in enumerate(classes, 1)]
        return names, {each: place for place, each in enumerate(classes)}
    names = [str(each) for each in given]
    if all(isinstance(each, str) for each in classes) and set(classes) <= set(names):
        return names, {each: place for place, each in enumerate(names)}
    if all(isinstance(each, int) and 0 <= each < len(names) for each in classes):
        return names, {each: int(each) for each in classes}
    if len(classes) > len(names):
        raise ValueError(f"{len(classes)} classes, and {len(names)} names for them.")
    return names, {each: place for place, each in enumerate(classes)}


def _curves(
    columns: tuple[str, str],
    points: Callable[[Any, Any], tuple[Any, Any]],
    y_true: Any,
    y_probas: Any,
    labels: Sequence[Any] | None,
    chosen: Collection[Any] | None,
) -> Table:
    """A table with the points of each class."""
    found = list(_each_class(y_true, y_probas, labels, chosen))
    if not found:
        raise ValueError("There is no class of which some are, and some are not.")
    table = Table(columns=["class", *columns], allow_mixed_types=True)
    for label, truth, scores in found:
        across, up = points(truth, scores)
        places = _some(len(across), MAX_POINTS // len(found))
        for x, y in zip(across[places].tolist(), up[places].tolist(), strict=True):
            table.add_data(label, x, y)
    return table


def _each_class(
    y_true: Any, y_probas: Any, labels: Sequence[Any] | None, chosen: Collection[Any] | None
) -> Iterator[tuple[Any, Any, Any]]:
    """What a class is called, which are of it, and how sure the classifier is of that."""
    import numpy

    if y_true is None or y_probas is None:
        raise ValueError("A curve is of y_true and of y_probas.")
    truth, scores = _plain(y_true), _scores(y_probas)
    if len(truth) != len(scores):
        raise ValueError(f"{len(truth)} classes, and scores of {len(scores)}.")
    classes = _sorted(truth)
    for place, each in _columns(classes, scores.shape[1]):
        label = each if labels is None or place >= len(labels) else labels[place]
        if chosen is not None and each not in chosen and label not in chosen:
            continue
        is_it = numpy.array([one == each for one in truth])
        if is_it.any() and not is_it.all():
            yield label, is_it, scores[:, place]


def _scores(given: Any) -> Any:
    import numpy

    scores = as_numpy(given)
    if scores.ndim == 1:
        scores = numpy.stack([1 - scores, scores], axis=1)
    if scores.ndim != 2 or scores.dtype.kind not in "biuf":
        raise ValueError(f"Scores have a column for each class; these are {scores.shape}.")
    if not numpy.isfinite(scores).all():
        raise ValueError("Scores are finite numbers.")
    return scores.astype(float)


def _columns(classes: list[Any], count: int) -> list[tuple[int, Any]]:
    """Which column each class has."""
    if len(classes) == count:
        return list(enumerate(classes))
    if all(isinstance(each, int) and 0 <= each < count for each in classes):
        return [(int(each), each) for each in classes]
    raise ValueError(f"{len(classes)} classes, and scores for {count} of them.")


def _some(count: int, most: int) -> Any:
    """Places in a curve of so many points: all, or some from its first to its last."""
    import numpy

    if count <= max(most, 2):
        return numpy.arange(count)
    return numpy.unique(numpy.linspace(0, count - 1, max(most, 2)).round().astype(int))


def _plain(given: Any) -> list[Any]:
    """Classes as Python has them."""
    array = as_numpy(given)
    if array.ndim != 1:
        raise ValueError(f"Classes are a list, one for each; these are {array.shape}.")
    return array.tolist()


def _sorted(seen: list[Any]) -> list[Any]:
    return sorted(set(seen))
