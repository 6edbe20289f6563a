"""A small classifier, fitted by Keras 3 on torch; TensorFlow is not installed."""

import json
import os
import sys
from typing import ClassVar

import keras
import numpy as np
import wandb
from wandb.integration.keras import WandbEvalCallback, WandbMetricsLogger, WandbModelCheckpoint

keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = (x.sum(1) > 0).astype("int64")


def classifier() -> keras.Model:
    model = keras.Sequential(
        [keras.layers.Input((4,)), keras.layers.Dense(2, activation="softmax")]
    )
    decay = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=4, decay_rate=0.5)
    model.compile(
        keras.optimizers.SGD(decay), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


class Predictions(WandbEvalCallback):
    def add_ground_truth(self, logs: object = None) -> None:
        for index in range(3):
            self.data_table.add_data(index, int(y[index]))

    def add_model_predictions(self, epoch: int, logs: object = None) -> None:
        guesses = self.model.predict(x[:3], verbose=0).argmax(1)
        for row, guess in zip(self.data_table_ref.data, guesses, strict=True):
            self.pred_table.add_data(epoch, row[0], row[1], int(guess))


with wandb.init(name="epochs") as run:
    model = classifier()
    fitted = model.fit(
        x, y, epochs=3, batch_size=16, verbose=0, validation_split=0.25,
        callbacks=[
            WandbMetricsLogger(),
            WandbModelCheckpoint("best.keras", save_best_only=True),
            Predictions(["index", "label"], ["epoch", "index", "label", "guess"]),
        ],
    )  # fmt: skip
    names = {"model": f"run_{run.id}_model", "predictions": f"run_{run.id}_pred"}


class Losses(keras.callbacks.Callback):
    seen: ClassVar[list[float]] = []

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.seen.append(float((logs or {})["loss"]))


with wandb.init(name="batches"):
    classifier().fit(
        x,
        y,
        epochs=2,
        batch_size=16,
        verbose=0,
        callbacks=[Losses(), WandbMetricsLogger(log_freq=2)],
    )

with wandb.init(name="legacy"):
    legacy = classifier().fit(
        x, y, epochs=2, batch_size=16, verbose=0, validation_split=0.25,
        callbacks=[wandb.keras.WandbCallback(labels=["no", "yes"])],
    )  # fmt: skip

with open(os.environ["TRUTH"], "w") as truth:
    json.dump(
        {
            "history": {
                key: [float(value) for value in values] for key, values in fitted.history.items()
            },
            "losses": Losses.seen,
            "legacy": legacy.history["val_loss"],
            "tensorflow": "tensorflow" in sys.modules,
            **names,
        },
        truth,
    )
