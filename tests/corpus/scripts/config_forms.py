# Configs of every make, and what may not be changed. | runs: 5 finished | real: holds a config closed although init allowed changes
import argparse
import dataclasses
import enum
from pathlib import Path

import wandb


@dataclasses.dataclass
class Optimiser:
    name: str = "adam"
    lr: float = 3e-4


@dataclasses.dataclass
class Config:
    epochs: int = 3
    optimiser: Optimiser = dataclasses.field(default_factory=Optimiser)


class Mode(enum.Enum):
    TRAIN = 1


with wandb.init(config=dataclasses.asdict(Config())) as run:
    assert run.config.epochs == 3
    assert run.config["optimiser"]["lr"] == 3e-4
with wandb.init(config=argparse.Namespace(a=1, b=None)) as run:
    assert run.config.a == 1
    assert run.config.b is None
with wandb.init(config={"a": 1, "drop": 2, "secret": 3}, config_exclude_keys=["secret"]) as run:
    assert "secret" not in run.config.keys()
    try:
        run.config.a = 5
    except wandb.errors.Error as error:
        assert "allow_val_change" in str(error)
    else:
        raise AssertionError("a value of the config was changed")
    run.config.update({"a": 5}, allow_val_change=True)
    run.config.setdefaults({"a": 9, "b": 10})
    assert (run.config.a, run.config.b) == (5, 10)
    run.config["path"] = Path("data") / "x"
    run.config["mode"] = Mode.TRAIN
    run.config["shape"] = (1, 2)
    assert str(run.config["path"]) == "data/x"
    assert run.config.as_dict()["a"] == 5
    assert getattr(run.config, "missing", None) is None
    assert not hasattr(run.config, "missing")
with wandb.init(config={"lr": 1}, allow_val_change=True) as run:
    run.config.lr = 2
    assert run.config.lr == 2
Path("given.yaml").write_text("wandb_version: 1\nlr:\n  desc: rate\n  value: 0.5\n")
with wandb.init(config="given.yaml") as run:
    assert run.config.lr == 0.5
