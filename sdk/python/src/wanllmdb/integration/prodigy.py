"""Prodigy: a data set is logged as a `wandb.Table`."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent("wandb.integration.prodigy", "log the data set as a wandb.Table")
