"""Evaluation: tables of what a model says of the data, epoch by epoch.

::

    class Predictions(WandbEvalCallback):
        def add_ground_truth(self, logs=None):
            for index, label in enumerate(labels):
                self.data_table.add_data(index, label)

        def add_model_predictions(self, epoch, logs=None):
            for index, guess in enumerate(self.model.predict(x).argmax(1)):
                self.pred_table.add_data(epoch, *self.data_table_ref.data[index], guess)
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any

from wanllmdb.guard import guarded
from wanllmdb.integration.library import current_run, library
from wanllmdb.media.table import Table

keras = library("keras")


class WandbEvalCallback(keras.callbacks.Callback, abc.ABC):
    """A base class: say what the data are, and what the model makes of them.

    Args:
        data_table_columns: of the table of the data, written once.
        pred_table_columns: of the table of the predictions, written after every epoch.

    Attributes:
        data_table, pred_table: the two, while they are written.
        data_table_ref: the first one, when it has been kept.
    """

    def __init__(
        self,
        data_table_columns: Sequence[str],
        pred_table_columns: Sequence[str],
        *_: Any,
        **__: Any,
    ) -> None:
        super().__init__()
        self._run = current_run("WandbEvalCallback()")
        self.data_table_columns = list(data_table_columns)
        self.pred_table_columns = list(pred_table_columns)

    @abc.abstractmethod
    def add_ground_truth(self, logs: Mapping[str, Any] | None = None) -> None:
        """Write the data to `self.data_table`."""
        raise NotImplementedError

    @abc.abstractmethod
    def add_model_predictions(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Write what `self.model` makes of them to `self.pred_table`."""
        raise NotImplementedError

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """The table of the data."""
        self.init_data_table(self.data_table_columns)
        self.add_ground_truth(logs)
        self.log_data_table()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """The table of the predictions."""
        self.init_pred_table(self.pred_table_columns)
        self.add_model_predictions(epoch, logs)
        self.log_pred_table()

    def init_data_table(self, column_names: Sequence[str]) -> None:
        """Begin the table of the data."""
        self.data_table = Table(columns=list(column_names), allow_mixed_types=True)

    def init_pred_table(self, column_names: Sequence[str]) -> None:
        """Begin the table of the predictions."""
        self.pred_table = Table(columns=list(column_names), allow_mixed_types=True)

    def log_data_table(
        self,
        name: str = "val",
        type: str = "dataset",  # noqa: A002 - wandb's word
        table_name: str = "val_data",
    ) -> None:
        """Keep the table of the data as an artifact that this run uses."""
        self.data_table_ref = self.data_table
        self._keep(name, type, table_name, self.data_table, None, used=True)

    def log_pred_table(
        self,
        type: str = "evaluation",  # noqa: A002 - wandb's word
        table_name: str = "eval_data",
        aliases: Sequence[str] | None = None,
    ) -> None:
        """Keep the table of the predictions as a version of the artifact `run_<id>_pred`."""
        self._keep(f"run_{self._run.id}_pred", type, table_name, self.pred_table, aliases)

    @guarded()
    def _keep(
        self,
        name: str,
        kind: str,
        table_name: str,
        table: Table,
        aliases: Sequence[str] | None,
        *,
        used: bool = False,
    ) -> None:
        from wanllmdb.artifact import Artifact

        kept = Artifact(name, type=kind)
        kept.add(table, table_name)
        if used:
            self._run.use_artifact(kept)
        else:
            self._run.log_artifact(kept, aliases=list(aliases or ["latest"]))
