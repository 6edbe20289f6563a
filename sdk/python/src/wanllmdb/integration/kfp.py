"""Kubeflow Pipelines: a component calls `wandb.init()` itself."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent(
    "wandb.integration.kfp", "call wandb.init() and wandb.log() inside the components"
)
