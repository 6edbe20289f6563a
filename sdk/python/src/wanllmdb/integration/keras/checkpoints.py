"""Checkpoints: Keras' own `ModelCheckpoint`, whose files are kept as versions of an artifact."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wanllmdb.guard import guarded
from wanllmdb.integration.library import current_run, library

keras = library("keras")


class WandbModelCheckpoint(keras.callbacks.ModelCheckpoint):
    """Saves as `ModelCheckpoint` does, with its arguments, and keeps what was saved.

    Each is a version of the artifact `run_<id>_model`, with the alias `epoch_<n>`, or
    `epoch_<n>_batch_<m>`; with `save_best_only=True` the last one is "best", too.
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        **others: Any,
    ) -> None:
        super().__init__(
            filepath,
            monitor=monitor,
            verbose=verbose,
            save_best_only=save_best_only,
            save_weights_only=save_weights_only,
            mode=mode,
            save_freq=save_freq,
            initial_value_threshold=initial_value_threshold,
            **others,
        )
        self._run = current_run("WandbModelCheckpoint()")

    def _save_model(self, epoch: int, batch: int | None, logs: Mapping[str, Any] | None) -> None:
        path = Path(self._get_file_path(epoch, batch, logs))
        before = _state(path)
        super()._save_model(epoch, batch, logs)
        if _state(path) != before:  # with save_best_only it may have saved nothing
            self._keep(path, f"epoch_{epoch}" + ("" if batch is None else f"_batch_{batch}"))

    @guarded()
    def _keep(self, path: Path, alias: str) -> None:
        from wanllmdb.artifact import Artifact

        kept = Artifact(f"run_{self._run.id}_model", type="model")
        if path.is_dir():
            kept.add_dir(str(path))
        else:
            kept.add_file(str(path))
        best = ["best"] if self.save_best_only else []
        self._run.log_artifact(kept, aliases=["latest", alias, *best])


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
