"""Legacy: the one callback of older versions, which did everything at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wanllmdb.guard import guarded
from wanllmdb.integration.library import current_run, library, tell_once

keras = library("keras")

_LESS: Final = ("loss", "error", "mae", "mse")
_WITHOUT: Final = {"save_graph", "compute_flops", "infer_input_type", "mode"}


class WandbCallback(keras.callbacks.Callback):
    """Logs the metrics of every epoch, and keeps the best model.

    `WandbMetricsLogger` and `WandbModelCheckpoint` are its successors. What else it could do
    (predictions, gradients, evaluators) it says once that it does not.

    Args:
        monitor: the metric that says which model is the best.
        mode: "min", "max", or "auto", which goes by the metric's name.
        save_model: the best model so far is kept as `model-best.keras`.
        save_weights_only: only its weights are.
        log_batch_frequency: the metrics of every so many batches are logged, too.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        verbose: int = 0,
        mode: str = "auto",
        save_weights_only: bool = False,
        save_model: bool = True,
        log_batch_frequency: int | None = None,
        **others: Any,
    ) -> None:
        super().__init__()
        self._run = current_run("WandbCallback()")
        unmet = sorted(name for name, value in others.items() if value and name not in _WITHOUT)
        if unmet:
            tell_once(f"WandbCallback of Keras does without {', '.join(unmet)}")
        self.monitor = monitor
        self.verbose = verbose
        self.save_model = save_model
        self.save_weights_only = save_weights_only
        self.log_batch_frequency = log_batch_frequency
        less = mode == "min" or (mode == "auto" and any(word in monitor for word in _LESS))
        self._sign = -1.0 if less else 1.0
        self.best: float | None = None

    @guarded()
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """A row, and the model if it is better than all before."""
        logs = logs or {}
        self._run.log({"epoch": epoch, **logs})
        value = logs.get(self.monitor)
        if value is None:
            return
        if self.best is None or self._sign * (float(value) - self.best) > 0:
            self.best = float(value)
            self._run.summary[f"best_{self.monitor}"] = self.best
            self._run.summary["best_epoch"] = epoch
            if self.save_model:
                self._save()

    @guarded()
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """A row of the batch, if it is its turn."""
        if self.log_batch_frequency and batch % self.log_batch_frequency == 0:
            self._run.log(dict(logs or {}))

    def _save(self) -> None:
        path = Path(self._run.dir) / "model-best.keras"
        if self.save_weights_only:
            path = path.with_suffix(".weights.h5")
            self.model.save_weights(path)
        else:
            self.model.save(path)
        self._run.save(path, base_path=path.parent)
