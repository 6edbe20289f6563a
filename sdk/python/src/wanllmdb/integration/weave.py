"""Weave: traces are not kept."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent("wandb.integration.weave", "traces are not kept")
