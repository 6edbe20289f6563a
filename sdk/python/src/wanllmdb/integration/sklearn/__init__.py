"""scikit-learn: charts of what a model makes of its data. `wandb.sklearn` is the same.

Each function logs one chart under one key of the current run, or several of them. What cannot be
drawn (an estimator of another kind, one that was not fitted) is said on the terminal, and never
raised into the script.
"""

from wanllmdb.integration.sklearn.classifiers import (
    plot_calibration_curve,
    plot_class_proportions,
    plot_classifier,
    plot_confusion_matrix,
    plot_precision_recall,
    plot_roc,
)
from wanllmdb.integration.sklearn.clusterers import (
    plot_clusterer,
    plot_elbow_curve,
    plot_silhouette,
)
from wanllmdb.integration.sklearn.estimators import (
    plot_feature_importances,
    plot_learning_curve,
    plot_summary_metrics,
)
from wanllmdb.integration.sklearn.regressors import (
    plot_outlier_candidates,
    plot_regressor,
    plot_residuals,
)

__all__ = [
    "plot_calibration_curve",
    "plot_class_proportions",
    "plot_classifier",
    "plot_clusterer",
    "plot_confusion_matrix",
    "plot_elbow_curve",
    "plot_feature_importances",
    "plot_learning_curve",
    "plot_outlier_candidates",
    "plot_precision_recall",
    "plot_regressor",
    "plot_residuals",
    "plot_roc",
    "plot_silhouette",
    "plot_summary_metrics",
]
