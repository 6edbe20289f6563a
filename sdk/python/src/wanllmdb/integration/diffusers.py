"""Diffusers: images that a pipeline made are logged as `wandb.Image`s."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent("wandb.integration.diffusers", "log its images with wandb.log()")
