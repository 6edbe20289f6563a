"""Metrics: what `fit` measures, as rows of epochs and, if asked for, of batches.

::

    model.fit(x, y, callbacks=[WandbMetricsLogger()])
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wanllmdb.guard import guarded
from wanllmdb.integration.library import current_run, library

keras = library("keras")


class WandbMetricsLogger(keras.callbacks.Callback):
    """Logs `epoch/<metric>`, `epoch/learning_rate` and `epoch/epoch` after every epoch.

    Args:
        log_freq: "epoch"; or "batch" for `batch/<metric>`, `batch/learning_rate` and
            `batch/batch_step` after every batch, too; or a number, for every so many batches.
        initial_global_step: the batches that were trained before, where a training goes on.
    """

    def __init__(
        self, log_freq: str | int = "epoch", initial_global_step: int = 0, *_: Any, **__: Any
    ) -> None:
        super().__init__()
        self._run = current_run("WandbMetricsLogger()")
        self.log_freq = 1 if log_freq == "batch" else log_freq
        self.logging_batch_wise = isinstance(self.log_freq, int)
        self.global_step = initial_global_step
        self._define("epoch/epoch", "epoch/*")
        if self.logging_batch_wise:
            self._define("batch/batch_step", "batch/*")

    def _define(self, step: str, keys: str) -> None:
        self._run.define_metric(step)
        self._run.define_metric(keys, step_metric=step)

    @guarded()
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """A row of the epoch."""
        self._tell("epoch", logs, {"epoch/epoch": epoch})

    @guarded()
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """A row of the batch, if it is its turn."""
        if self.logging_batch_wise and batch % int(self.log_freq) == 0:
            self._tell("batch", logs, {"batch/batch_step": self.global_step})
        self.global_step += 1

    def _tell(self, word: str, logs: Mapping[str, Any] | None, step: dict[str, Any]) -> None:
        row = {f"{word}/{key}": value for key, value in (logs or {}).items()}
        rate = learning_rate(self.model)
        if rate is not None:
            row[f"{word}/learning_rate"] = rate
        self._run.log({**row, **step})


def learning_rate(model: Any) -> float | None:
    """What the optimizer takes now, a schedule's value too; None if it has none."""
    rate = getattr(getattr(model, "optimizer", None), "learning_rate", None)
    return None if rate is None else float(keras.ops.convert_to_numpy(rate))
