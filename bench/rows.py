"""The ten values that every tracker is given, row after row.

Five noisy float64 (all 53 bits of them), one schedule, two counters, two near-constants: what a
training logs. Standard library only, since it is imported into every tracker's own environment.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import count

POINTS = 10

Row = dict[str, float]


def rows(seed: int = 1) -> Iterator[Row]:
    """Rows without end; the same ones for the same seed."""
    noise = random.Random(seed).random
    for step in count():
        decay = math.exp(-step / 5000)
        yield {
            "train/loss": 2 * decay + 0.1 * noise(),
            "train/accuracy": 1 - decay + 0.05 * noise(),
            "train/grad_norm": 1 + noise(),
            "eval/loss": 2.2 * decay + 0.1 * noise(),
            "eval/accuracy": 0.9 - decay + 0.05 * noise(),
            "lr": 0.0003 * (1 + math.cos(step / 30000)),
            "epoch": step // 1000,
            "samples": step * 256,
            "loss_scale": 65536.0 if step % 4000 < 2000 else 32768.0,
            "memory_gb": 31.25 + (step // 5000) * 0.5,
        }
