"""Ultralytics: a training's metrics, its settings, what it predicts, and its best model.

::

    model = YOLO("yolo11n.pt")
    add_wandb_callback(model)
    model.train(data="coco8.yaml", project="detection", epochs=5)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from wanllmdb import session
from wanllmdb.guard import guarded
from wanllmdb.run import Run

# A page of a table, and not the whole of a data set.
_IMAGES: Final = 64


class _Callbacks:
    """What a model of Ultralytics calls as it trains, validates and predicts."""

    def __init__(
        self, *, checkpoints: bool, training: bool, validation: bool, prediction: bool, batches: int
    ) -> None:
        self._checkpoints = checkpoints
        self._batches = batches
        self._validated: list[list[Any]] = []
        self.chosen: dict[str, list[Callable[[Any], None]]] = {
            "on_train_start": [self.begin],
            "on_fit_epoch_end": [self.epoch] if training else [],
            "on_train_end": [self.end],
            "on_val_batch_end": [self.batch] if validation else [],
            "on_val_end": [self.validated] if validation else [],
            "on_predict_batch_end": [self.predicted] if prediction else [],
        }

    def _run(self, trainer: Any) -> Run:
        run = session.current()
        if run is not None:
            return run
        said = vars(trainer.args)
        return session.init(project=said.get("project") or None, name=said.get("name"))

    @guarded()
    def begin(self, trainer: Any) -> None:
        """The settings of the training become config."""
        self._run(trainer).config.update(vars(trainer.args), allow_val_change=True)

    @guarded()
    def epoch(self, trainer: Any) -> None:
        """A row of an epoch: the losses, the learning rates, what was validated."""
        row = {"epoch": trainer.epoch + 1, **trainer.metrics, **getattr(trainer, "lr", {})}
        if getattr(trainer, "tloss", None) is not None:
            row.update(trainer.label_loss_items(trainer.tloss, prefix="train"))
        self._run(trainer).log(row)

    @guarded()
    def end(self, trainer: Any) -> None:
        """The best model, as an artifact."""
        best = Path(trainer.best)
        if not self._checkpoints or not best.exists():
            return
        from wanllmdb.artifact import Artifact

        run = self._run(trainer)
        kept = Artifact(f"run_{run.id}_model", type="model")
        kept.add_file(str(best), name="best.pt")
        run.log_artifact(kept, aliases=["best"])

    @guarded()
    def batch(self, validator: Any) -> None:
        """Remember the results of the first batches, if the validator keeps them."""
        if len(self._validated) < self._batches * _IMAGES:
            for result in getattr(validator, "results", None) or ():
                self._validated.append(_told(result))

    @guarded()
    def validated(self, validator: Any) -> None:
        """A table of them."""
        del validator
        rows, self._validated = self._validated, []
        self._tell("Validation-Table", rows)

    @guarded()
    def predicted(self, predictor: Any) -> None:
        """A table of what was predicted."""
        self._tell("Prediction-Table", [_told(each) for each in predictor.results[:_IMAGES]])

    def _tell(self, key: str, rows: list[list[Any]]) -> None:
        run = session.current()
        if run is None or not rows:
            return
        from wanllmdb.media.table import Table

        columns = ["Image", "Path", "Num-Objects", "Mean-Confidence", "Speed"]
        run.log({key: Table(columns=columns, data=rows)}, commit=False)


def _told(result: Any) -> list[Any]:
    """A row of a table: the image with its boxes, where it lies, how many objects, how sure."""
    from wanllmdb.media.image import Image

    boxes = result.boxes
    found = [] if boxes is None else boxes.data.tolist()  # x1, y1, x2, y2, confidence, class
    drawn = [
        {
            "position": {"minX": each[0], "minY": each[1], "maxX": each[2], "maxY": each[3]},
            "domain": "pixel",
            "class_id": int(each[-1]),
            "box_caption": f"{result.names[int(each[-1])]} {each[-2]:.2f}",
            "scores": {"confidence": each[-2]},
        }
        for each in found
    ]
    image = Image(
        result.orig_img[:, :, ::-1],  # OpenCV's order of colours
        boxes={"predictions": {"box_data": drawn, "class_labels": dict(result.names)}},
    )
    sureness = sum(each[-2] for each in found) / len(found) if found else 0.0
    return [image, str(result.path), len(found), sureness, sum((result.speed or {}).values())]


def add_wandb_callback(
    model: Any,
    enable_model_checkpointing: bool = False,
    enable_train_validation_logging: bool = True,
    enable_validation_logging: bool = True,
    enable_prediction_logging: bool = True,
    max_validation_batches: int | None = 1,
    visualize_skeleton: bool = False,
) -> Any:
    """Log what a model of Ultralytics does from now on.

    Args:
        model: a `YOLO`, or another model of Ultralytics.
        enable_model_checkpointing: the best model is kept as an artifact.
        enable_train_validation_logging: every epoch of a training is a row.
        enable_validation_logging: results of a validation are a table.
        enable_prediction_logging: so are predictions, with their boxes.
        max_validation_batches: of how many batches of a validation.
        visualize_skeleton: means nothing here.

    Returns:
        the model.
    """
    del visualize_skeleton
    callbacks = _Callbacks(
        checkpoints=enable_model_checkpointing,
        training=enable_train_validation_logging,
        validation=enable_validation_logging,
        prediction=enable_prediction_logging,
        batches=max_validation_batches or 1,
    )
    for event, calls in callbacks.chosen.items():
        for call in calls:
            model.add_callback(event, call)
    return model
