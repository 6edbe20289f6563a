"""TensorFlow: `WandbHook` was for its estimators, which TensorFlow has no more."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent("wandb.integration.tensorflow", "use wandb.init(sync_tensorboard=True)")
