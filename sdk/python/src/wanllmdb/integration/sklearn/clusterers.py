"""Clusterers: how many clusters there are, and how well each case fits into its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from wanllmdb.integration.sklearn.charts import (
    BAR,
    BARS,
    LINES,
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


def plot_clusterer(
    model: Any,
    X_train: Any,  # noqa: N803 - scikit-learn's name
    cluster_labels: Any,
    labels: Sequence[Any] | None = None,
    model_name: str = "Clusterer",
) -> None:
    """Every chart of a clusterer: the elbow curve, if it can be told how many; silhouettes."""
    del model_name
    if hasattr(model, "n_clusters"):
        plot_elbow_curve(model, X_train)
    plot_silhouette(model, X_train, cluster_labels, labels=labels, kmeans=_has_centres(model))


@drawing
def plot_elbow_curve(
    clusterer: Any = None,
    X: Any = None,  # noqa: N803 - scikit-learn's name
    cluster_ranges: Sequence[int] | None = None,
    n_jobs: int = 1,
    show_cluster_time: bool = True,
) -> None:
    """`elbow_curve`: how far the cases are from their centres, for so many clusters each."""
    del n_jobs, show_cluster_time
    given(clusterer=clusterer, X=X)
    is_kind(clusterer, "clusterer")
    if not hasattr(clusterer, "n_clusters"):
        raise NotDrawnError(f"{type(clusterer).__name__} cannot be told how many clusters to find")
    rows: list[list[Any]] = []
    for count in sorted(cluster_ranges or range(1, 10, 2)):
        begun = time.perf_counter()
        model = unfitted(clusterer).set_params(n_clusters=count).fit(X)
        rows.append([count, _error(model, X), time.perf_counter() - begun])
    columns = ["cluster_ranges", "errors", "clustering_time"]
    fields = {"x": "cluster_ranges", "y": "errors"}
    log_chart("elbow_curve", LINES, columns, rows, fields, title="Elbow Curve")


def _error(model: Any, x: Any) -> float:
    """The sum of squares that the model was fitted to make small."""
    return float(model.inertia_) if hasattr(model, "inertia_") else -float(model.score(x))


@drawing
def plot_silhouette(
    clusterer: Any = None,
    X: Any = None,  # noqa: N803 - scikit-learn's name
    cluster_labels: Any = None,
    labels: Sequence[Any] | None = None,
    metric: str = "euclidean",
    kmeans: bool = True,
) -> None:
    """`silhouette_plot`: how much nearer each case is to its own cluster than to the next one."""
    import numpy as np
    from sklearn.metrics import silhouette_samples

    given(clusterer=clusterer, X=X)
    is_kind(clusterer, "clusterer")
    if cluster_labels is None:
        fitted(clusterer)
        cluster_labels = clusterer.labels_
    found = np.asarray(cluster_labels)
    if not 2 <= len(np.unique(found)) < len(found):
        raise NotDrawnError("there must be two clusters or more, and fewer than cases")
    widths = np.asarray(silhouette_samples(X, found, metric=metric))
    x = np.asarray(X)
    centres = clusterer.cluster_centers_ if kmeans and _has_centres(clusterer) else None
    rows: list[list[Any]] = []
    for cluster in np.unique(found):
        cases = np.flatnonzero(found == cluster)
        cases = cases[np.argsort(widths[cases])]
        name = name_of(labels, int(cluster), int(cluster)) if cluster >= 0 else "none"
        centre = centres[cluster, :2] if centres is not None and cluster >= 0 else (None, None)
        for case in cases:
            rows.append([*x[case, :2], name, *centre, len(rows), 0, widths[case], widths.mean()])
    columns = ["x", "y", "cluster", "centerx", "centery", "y_sil", "x1", "x2", "silhouette_avg"]
    log_chart(
        "silhouette_plot", BAR, columns, thinned(rows, "silhouette_plot", most=BARS),
        {"label": "y_sil", "value": "x2"}, title="Silhouette Plot",
    )  # fmt: skip


def _has_centres(clusterer: Any) -> bool:
    return hasattr(clusterer, "cluster_centers_")
