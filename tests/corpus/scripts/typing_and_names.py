# Names that are used as types, and by isinstance. | runs: 1 finished
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import wandb
import wandb.sdk.wandb_run
from wandb import Artifact, Settings
from wandb.sdk.wandb_run import Run
from wandb.wandb_run import Run as OldRun

if TYPE_CHECKING:
    from wandb.sdk.wandb_config import Config


def train(run: "wandb.sdk.wandb_run.Run", config: Optional["Config"] = None) -> Any:
    run.log({"x": 1})
    return run.summary["x"]


def maybe(run: wandb.sdk.wandb_run.Run | None, artifact: Artifact | None = None) -> bool:
    return isinstance(run, wandb.sdk.wandb_run.Run)


class Logger:
    run: wandb.wandb_run.Run
    table: wandb.Table
    config: wandb.Config = None

    def __init__(self, run: Run) -> None:
        self.run = run


assert Run is OldRun is wandb.Run is wandb.sdk.wandb_run.Run
assert not maybe(wandb.run)
with wandb.init(settings=Settings(console="off")) as run:
    assert isinstance(run, Run)
    assert maybe(run)
    assert train(run, run.config) == 1
    assert isinstance(run.config, wandb.Config)
    assert isinstance(run.settings, wandb.Settings)
    assert isinstance(Logger(run).run, wandb.wandb_run.Run)
