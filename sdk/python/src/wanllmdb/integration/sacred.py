"""Sacred: an experiment calls `wandb.log()` itself."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent("wandb.integration.sacred", "call wandb.log() inside the experiment")
