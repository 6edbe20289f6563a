"""DSPy: its evaluations are logged with `wandb.log()`."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent("wandb.integration.dspy", "log its evaluations with wandb.log()")
