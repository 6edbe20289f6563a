"""fastai: its own callback, `fastai.callback.wandb.WandbCallback`, is the one to use."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent(
    "wandb.integration.fastai",
    "fastai has a callback of its own, fastai.callback.wandb.WandbCallback",
)
