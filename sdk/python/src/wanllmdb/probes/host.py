"""The machine itself: processors, memory, disk, network, and the share of this process."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psutil

MAX_CORES: Final = 64
_GB: Final = 1e9
_MB: Final = 1e6


class Host:
    """Reads the host through psutil.

    Args:
        disk: a path on the disk that is of interest.
    """

    def __init__(self, disk: Path) -> None:
        self._disk = str(disk)
        self._process = psutil.Process()
        self._network = psutil.net_io_counters()
        # The first call of each begins a measurement and returns nothing of use.
        psutil.cpu_percent(percpu=True)
        self._process.cpu_percent()

    def read(self) -> dict[str, float]:
        return {**self._cpu(), **self._memory(), **self._disk_room(), **self._traffic()}

    def _cpu(self) -> dict[str, float]:
        cores = psutil.cpu_percent(percpu=True)
        readings = {f"system/cpu.{index}": load for index, load in enumerate(cores[:MAX_CORES])}
        readings["system/cpu"] = round(sum(cores) / max(len(cores), 1), 2)
        readings["system/process.cpu"] = self._process.cpu_percent()
        return readings

    def _memory(self) -> dict[str, float]:
        memory = psutil.virtual_memory()
        return {
            "system/memory": memory.percent,
            "system/memory.available_gb": round(memory.available / _GB, 3),
            "system/process.memory_gb": round(self._process.memory_info().rss / _GB, 4),
            "system/process.threads": self._process.num_threads(),
        }

    def _disk_room(self) -> dict[str, float]:
        disk = psutil.disk_usage(self._disk)
        return {"system/disk": disk.percent, "system/disk.free_gb": round(disk.free / _GB, 2)}

    def _traffic(self) -> dict[str, float]:
        """What went over the network since the run began."""
        now, first = psutil.net_io_counters(), self._network
        if now is None or first is None:  # a container without a network
            return {}
        return {
            "system/network.sent_mb": round((now.bytes_sent - first.bytes_sent) / _MB, 3),
            "system/network.received_mb": round((now.bytes_recv - first.bytes_recv) / _MB, 3),
        }
