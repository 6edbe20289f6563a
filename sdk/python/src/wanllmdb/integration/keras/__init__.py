"""Keras 3, on whatever it runs on: callbacks for `fit`. Nothing here imports TensorFlow."""

from wanllmdb.integration.keras.checkpoints import WandbModelCheckpoint
from wanllmdb.integration.keras.evaluation import WandbEvalCallback
from wanllmdb.integration.keras.legacy import WandbCallback
from wanllmdb.integration.keras.metrics import WandbMetricsLogger

__all__ = ["WandbCallback", "WandbEvalCallback", "WandbMetricsLogger", "WandbModelCheckpoint"]
