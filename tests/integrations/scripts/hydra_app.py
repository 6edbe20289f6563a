"""An application of Hydra, whose config becomes the run's, interpolations and all."""

import json
import os
from dataclasses import dataclass, field

import hydra
import wandb
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf


@dataclass
class Optimizer:
    name: str = "adam"
    rate: float = 0.001


@dataclass
class Config:
    seed: int = 1
    optimizer: Optimizer = field(default_factory=Optimizer)
    layers: list[int] = field(default_factory=lambda: [8, 4])
    title: str = "${optimizer.name}-${seed}"


ConfigStore.instance().store(name="config", node=Config)


@hydra.main(version_base=None, config_name="config")
def main(config: DictConfig) -> None:
    with wandb.init(name=config.title, config=config) as run:
        run.log({"loss": 1.0 / config.seed})
    with wandb.init(name="container", config=OmegaConf.to_container(config, resolve=True)) as run:
        run.config.update({"later": OmegaConf.create({"a": [1, 2]})})
    with open(os.environ["TRUTH"], "w") as truth:
        json.dump(OmegaConf.to_container(config, resolve=True), truth)


main()
