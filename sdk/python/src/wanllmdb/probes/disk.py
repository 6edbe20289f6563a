"""The disk that a run is kept on: how full it is, and what goes to it and comes from it.

To ask a file system that does not answer, as of a server that went away, hangs: so this is a
probe of its own, which the monitor can do without.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

_GB: Final = 1e9
_MB: Final = 1e6
_SECTOR: Final = 512  # of what the kernel counts, whatever the disk has


class Disk:
    """Reads one disk.

    Args:
        path: on the disk; a folder that may not be there yet.
        root: where `sys` is.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        path: Path,
        root: Path = Path("/"),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = str(_existing(path))
        self._clock = clock
        self._counts = _counter(self._path, root)
        self._before = (clock(), *self._counts())

    def read(self) -> dict[str, float]:
        disk = psutil.disk_usage(self._path)
        readings: dict[str, float] = {
            "system/disk": disk.percent,
            "system/disk.free_gb": round(disk.free / _GB, 2),
        }
        now = (self._clock(), *self._counts())
        (then, got, gave), self._before = self._before, now
        seconds = max(now[0] - then, 1e-3)
        readings["system/disk.read_mb_s"] = round(max(0, now[1] - got) / _MB / seconds, 4)
        readings["system/disk.written_mb_s"] = round(max(0, now[2] - gave) / _MB / seconds, 4)
        return readings


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _counter(path: str, root: Path) -> Callable[[], tuple[int, int]]:
    """What tells the bytes read and written: of this disk, else of all that the machine has."""
    device = Path(path).stat().st_dev
    file = root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}/stat"

    def of_disk() -> tuple[int, int]:
        words = file.read_bytes().split()
        return int(words[2]) * _SECTOR, int(words[6]) * _SECTOR

    def of_all() -> tuple[int, int]:
        counted = psutil.disk_io_counters()
        return (counted.read_bytes, counted.write_bytes) if counted else (0, 0)

    return of_disk if file.exists() else of_all
