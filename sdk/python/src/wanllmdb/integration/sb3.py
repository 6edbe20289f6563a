"""Stable-Baselines3: an algorithm's settings as config, its policy's gradients, its model.

What it measures comes by `init(sync_tensorboard=True)` from its own TensorBoard writer.
::

    run = wandb.init(project="cartpole", sync_tensorboard=True)
    model = PPO("MlpPolicy", "CartPole-v1", tensorboard_log=f"runs/{run.id}")
    model.learn(25_000, callback=WandbCallback(gradient_save_freq=100))
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from wanllmdb.guard import guarded
from wanllmdb.integration.library import current_run, library, tell_once

callbacks = library("stable_baselines3.common.callbacks")

_TEXT: Final = 1000


class WandbCallback(callbacks.BaseCallback):
    """Goes along with `learn`.

    Args:
        verbose: 0 says nothing, 1 and more tell where the model is saved.
        model_save_path: a folder for `model.zip`, which is kept with the run, too.
        model_save_freq: it is saved after so many steps each, and not only at the end.
        gradient_save_freq: histograms of the policy are logged after so many steps; 0 for none.
        log: of its "gradients", its "parameters", "all", or None.
    """

    def __init__(
        self,
        verbose: int = 0,
        model_save_path: str | None = None,
        model_save_freq: int = 0,
        gradient_save_freq: int = 0,
        log: str | None = "all",
    ) -> None:
        super().__init__(verbose)
        self._run = current_run("WandbCallback()")
        if log not in {"gradients", "parameters", "all", None}:
            tell_once(
                f"log={log!r} is none of 'gradients', 'parameters', 'all', None; taken as 'all'"
            )
            log = "all"
        if model_save_freq > 0 and model_save_path is None:
            tell_once("model_save_freq= without model_save_path= saves nothing")
        self.model_save_path = model_save_path
        self.model_save_freq = model_save_freq if model_save_path else 0
        self.gradient_save_freq = gradient_save_freq
        self.log = log
        if model_save_path:
            Path(model_save_path).mkdir(parents=True, exist_ok=True)

    @guarded()
    def _init_callback(self) -> None:
        said = {
            key: _plain(value) for key, value in vars(self.model).items() if not key.startswith("_")
        }
        self._run.config.setdefaults({"algo": type(self.model).__name__, **said})
        if self.gradient_save_freq > 0:
            self._run.watch(self.model.policy, log_freq=self.gradient_save_freq, log=self.log)

    def _on_step(self) -> bool:
        if self.model_save_freq and self.n_calls % self.model_save_freq == 0:
            self.save_model()
        return True

    def _on_training_end(self) -> None:
        if self.model_save_path:
            self.save_model()

    def save_model(self) -> None:
        """Save the model, and keep it with the run."""
        folder = Path(self.model_save_path or ".")
        self.model.save(folder / "model.zip")
        self._run.save(folder / "model.zip", base_path=folder)
        if self.verbose > 1:
            print(f"Saved the model to {folder / 'model.zip'}")  # noqa: T201 - as asked


def _plain(value: Any) -> Any:
    """A setting as it is if it is plain, and else what it says of itself."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)[:_TEXT]
