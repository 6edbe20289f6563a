"""`wandb.plot`: charts that a table and a few words make; the page draws them."""

from wanllmdb.plot.classifiers import confusion_matrix, pr_curve, roc_curve
from wanllmdb.plot.custom_chart import CustomChart, CustomChartSpec, plot_table
from wanllmdb.plot.presets import bar, histogram, line, line_series, scatter
from wanllmdb.plot.viz import Visualize, VisualizeSpec, visualize

__all__ = [
    "CustomChart",
    "CustomChartSpec",
    "Visualize",
    "VisualizeSpec",
    "bar",
    "confusion_matrix",
    "histogram",
    "line",
    "line_series",
    "plot_table",
    "pr_curve",
    "roc_curve",
    "scatter",
    "visualize",
]
