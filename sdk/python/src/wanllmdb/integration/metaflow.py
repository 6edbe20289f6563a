"""Metaflow: a step calls `wandb.init()` itself."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent(
    "wandb.integration.metaflow", "call wandb.init() and wandb.log() inside the steps"
)
