"""NVIDIA graphics processors, where a driver answers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

from wanllmdb.probes.nvml import NOT_SUPPORTED, nvml
from wanllmdb.probes.process import Family

_GB: Final = 1e9
_SM, _MEMORY = 1, 2  # clocks, as the driver numbers them
_FIRST_SPACE: Final = 0xEFFFFFFC  # the number that the kernel gives the first of pid namespaces

Look = Callable[[Any], dict[str, float]]


class Nvidia:
    """Reads every GPU that the driver shows. Raises when there is none.

    Args:
        library: nvidia-ml-py, or what has its functions.
        ours: tells the processes of this run, besides this one; None where the driver and this
            process do not number processes alike, as in a container.
    """

    def __init__(
        self, library: Any = None, *, ours: Callable[[], Collection[int]] | None = None
    ) -> None:
        self._nvml: Any = library or nvml()
        if library is not None:
            library.nvmlInit()
        count = self._nvml.nvmlDeviceGetCount()
        if not count:
            raise OSError("The driver shows no GPU.")
        self._ours = ours
        self._looks: list[tuple[Any, dict[str, Look]]] = [
            (self._nvml.nvmlDeviceGetHandleByIndex(index), dict(self._all_looks()))
            for index in range(count)
        ]

    def __len__(self) -> int:
        return len(self._looks)

    def read(self) -> dict[str, float]:
        readings: dict[str, float] = {}
        for index, (device, looks) in enumerate(self._looks):
            for name, look in list(looks.items()):
                # A card that cannot tell its power still tells its temperature.
                try:
                    found = look(device)
                except self._nvml.NVMLError as error:
                    if getattr(error, "value", None) == NOT_SUPPORTED:
                        del looks[name]  # nor will it ever
                    continue
                readings.update((f"system/gpu.{index}{key}", value) for key, value in found.items())
        return readings

    def _all_looks(self) -> dict[str, Look]:
        looks: dict[str, Look] = {
            "utilization": self._utilization,
            "memory": self._memory,
            "temperature": lambda device: {
                ".temperature": self._nvml.nvmlDeviceGetTemperature(device, 0)
            },
            "power": lambda device: {".power": self._nvml.nvmlDeviceGetPowerUsage(device) / 1000},
            "limit": self._power_limit,
            "sm": lambda device: {".clock_sm": self._nvml.nvmlDeviceGetClockInfo(device, _SM)},
            "clock": lambda device: {
                ".clock_memory": self._nvml.nvmlDeviceGetClockInfo(device, _MEMORY)
            },
            "encoder": lambda device: {
                ".encoder": self._nvml.nvmlDeviceGetEncoderUtilization(device)[0]
            },
            "decoder": lambda device: {
                ".decoder": self._nvml.nvmlDeviceGetDecoderUtilization(device)[0]
            },
        }
        if self._ours is not None:
            looks["process"] = self._process
        return looks

    def _utilization(self, device: Any) -> dict[str, float]:
        rates = self._nvml.nvmlDeviceGetUtilizationRates(device)
        return {"": rates.gpu, ".memory_busy": rates.memory}

    def _memory(self, device: Any) -> dict[str, float]:
        memory = self._nvml.nvmlDeviceGetMemoryInfo(device)
        return {
            ".memory": round(100 * memory.used / memory.total, 2),
            ".memory_gb": round(memory.used / _GB, 3),
            ".memory_total_gb": round(memory.total / _GB, 3),
        }

    def _power_limit(self, device: Any) -> dict[str, float]:
        limit = self._nvml.nvmlDeviceGetEnforcedPowerLimit(device)
        taken = self._nvml.nvmlDeviceGetPowerUsage(device)
        return {".power_limit": limit / 1000, ".power_percent": round(100 * taken / limit, 2)}

    def _process(self, device: Any) -> dict[str, float]:
        ours = {os.getpid(), *(self._ours() if self._ours else ())}
        on_it = [
            each
            for each in self._nvml.nvmlDeviceGetComputeRunningProcesses(device)
            if each.pid in ours
        ]
        taken = sum(each.usedGpuMemory or 0 for each in on_it)
        return {".process": float(bool(on_it)), ".process_memory_gb": round(taken / _GB, 3)}


def find() -> Nvidia:
    """The probe of this machine."""
    return Nvidia(ours=Family(Path("/proc")).descendants if _numbered_alike() else None)


def _numbered_alike() -> bool:
    """Whether this process sees the numbers that the driver gives to processes."""
    with contextlib.suppress(OSError):
        return Path("/proc/self/ns/pid").stat().st_ino == _FIRST_SPACE
    return False
