"""A cart and a pole, by PPO; what it measures comes from its TensorBoard writer."""

import json
import os
from typing import Any

import wandb
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import KVWriter
from wandb.integration.sb3 import WandbCallback

written: dict[str, list[list[float]]] = {}


class Truth(KVWriter):
    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, Any], step: int = 0
    ) -> None:
        for key, value in key_values.items():
            if "tensorboard" not in (key_excluded.get(key) or ()):
                written.setdefault(key, []).append([step, float(value)])

    def close(self) -> None:
        pass


class AlsoWrite(BaseCallback):
    def _on_training_start(self) -> None:
        self.logger.output_formats.append(Truth())

    def _on_step(self) -> bool:
        return True


run = wandb.init(name="ppo", sync_tensorboard=True)
model = PPO(
    "MlpPolicy",
    "CartPole-v1",
    n_steps=64,
    batch_size=64,
    n_epochs=2,
    tensorboard_log=f"runs/{run.id}",
    seed=0,
)
model.learn(
    256,
    callback=CallbackList(
        [
            AlsoWrite(),
            WandbCallback(
                gradient_save_freq=2, model_save_path=f"models/{run.id}", model_save_freq=100
            ),
        ]
    ),
)
run.finish()
with open(os.environ["TRUTH"], "w") as truth:
    json.dump(
        {"written": written, "parameters": [name for name, _ in model.policy.named_parameters()]},
        truth,
    )
