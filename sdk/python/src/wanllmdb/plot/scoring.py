"""Scoring: how often a classifier was right, as the points of a curve or as counts.

The points are those that scikit-learn finds; it is not needed.
"""

from __future__ import annotations

from typing import Any


def _steps(truth: Any, scores: Any) -> tuple[Any, Any]:
    """How many are taken wrongly and rightly, at each threshold from the highest score down."""
    import numpy

    order = numpy.argsort(scores, kind="stable")[::-1]
    ranked, right = scores[order], truth[order].astype(float)
    last_of_each = numpy.r_[numpy.nonzero(numpy.diff(ranked))[0], len(ranked) - 1]
    rightly = numpy.cumsum(right)[last_of_each]
    return 1 + last_of_each - rightly, rightly


def roc(truth: Any, scores: Any) -> tuple[Any, Any]:
    """False and true positive rate, from (0, 0) to (1, 1), without the points on a straight.

    Args:
        truth: whether each is positive; some are, and some are not.
        scores: how sure the classifier is of that.
    """
    import numpy

    wrongly, rightly = _steps(truth, scores)
    if len(wrongly) > 2:
        corners = numpy.logical_or(numpy.diff(wrongly, 2), numpy.diff(rightly, 2))
        kept = numpy.r_[True, corners, True]
        wrongly, rightly = wrongly[kept], rightly[kept]
    wrongly, rightly = numpy.r_[0, wrongly], numpy.r_[0, rightly]
    return wrongly / wrongly[-1], rightly / rightly[-1]


def precision_recall(truth: Any, scores: Any) -> tuple[Any, Any]:
    """Precision and recall, from the lowest threshold to (1, 0).

    Args:
        truth: whether each is positive; some are.
        scores: how sure the classifier is of that.
    """
    import numpy

    wrongly, rightly = _steps(truth, scores)
    precision = rightly / (rightly + wrongly)
    recall = rightly / rightly[-1]
    return numpy.r_[precision[::-1], 1.0], numpy.r_[recall[::-1], 0.0]


def precision_at(precision: Any, recall: Any, wanted: Any) -> Any:
    """The precision with which at least so much is recalled."""
    import numpy

    return precision[::-1][numpy.searchsorted(recall[::-1], wanted, side="left")]


def confusion(truth: list[int], predicted: list[int], count: int) -> list[list[int]]:
    """How often each of so many classes (down) was taken for each (across)."""
    found = [[0] * count for _ in range(count)]
    for actual, taken in zip(truth, predicted, strict=True):
        found[actual][taken] += 1
    return found
