"""A small network, fitted by Lightning with its own WandbLogger."""

import json
import os
import sys
from typing import ClassVar

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.loggers import WandbLogger
from torch.utils.data import DataLoader, TensorDataset

lightning.seed_everything(0, verbose=False)
offline = "offline" in sys.argv


class Net(lightning.LightningModule):
    def __init__(self, hidden: int = 8, rate: float = 0.01) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(4, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        loss = torch.nn.functional.mse_loss(self(batch[0]), batch[1])
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
        self.log("val/loss", torch.nn.functional.mse_loss(self(batch[0]), batch[1]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=self.hparams["rate"])


class Truth(Callback):
    """Writes down what Lightning has measured."""

    train: ClassVar[list[float]] = []
    val: ClassVar[list[float]] = []

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: object) -> None:
        self.train.append(float(trainer.callback_metrics["train/loss"]))

    def on_validation_epoch_end(self, trainer: lightning.Trainer, *_: object) -> None:
        self.val.append(float(trainer.callback_metrics["val/loss"]))


x = torch.randn(32, 4)
loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=8)
logger = WandbLogger(name="fit", save_dir="kept", offline=offline, log_model=not offline)
model = Net()
if not offline:
    logger.watch(model, log="all", log_freq=2)
trainer = lightning.Trainer(
    max_epochs=3, logger=logger, log_every_n_steps=1, accelerator="cpu", num_sanity_val_steps=0,
    enable_progress_bar=False, enable_model_summary=False,
    callbacks=[Truth(), ModelCheckpoint("checkpoints", monitor="val/loss", save_top_k=1)],
)  # fmt: skip
trainer.fit(model, loader, loader)
logger.log_image(
    key="samples", images=[np.zeros((4, 4, 3), np.uint8), np.ones((4, 4))], caption=["a", "b"]
)
logger.log_table(key="guesses", columns=["x", "y"], data=[[1, 2.5], [3, 4.5]])
logger.log_text(key="words", columns=["text"], data=[["one"], ["two"]])
logger.experiment.config["also"] = 7
run_id = logger.experiment.id
logger.experiment.finish()
with open(os.environ["TRUTH"], "w") as truth:
    json.dump(
        {"train": Truth.train, "val": Truth.val, "id": run_id, "version": logger.version}, truth
    )
