"""NVIDIA graphics processors, where nvidia-ml-py is installed and a driver answers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

_GB = 1e9


class Nvidia:
    """Reads every GPU that the driver shows. Raises when there is none."""

    def __init__(self, nvml: ModuleType | None = None) -> None:
        self._nvml: Any = nvml or import_module("pynvml")
        self._nvml.nvmlInit()
        count = self._nvml.nvmlDeviceGetCount()
        if not count:
            raise OSError("The driver shows no GPU.")
        self._devices = [self._nvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]

    def read(self) -> dict[str, float]:
        readings: dict[str, float] = {}
        for index, device in enumerate(self._devices):
            for name, look in self._looks().items():
                # A card that cannot tell its power still tells its temperature.
                with contextlib.suppress(self._nvml.NVMLError):
                    readings[f"system/gpu.{index}{name}"] = look(device)
        return readings

    def _looks(self) -> dict[str, Callable[[Any], float]]:
        nvml = self._nvml
        return {
            "": lambda device: nvml.nvmlDeviceGetUtilizationRates(device).gpu,
            ".memory_gb": lambda device: nvml.nvmlDeviceGetMemoryInfo(device).used / _GB,
            ".memory": lambda device: _share(nvml.nvmlDeviceGetMemoryInfo(device)),
            ".temperature": lambda device: nvml.nvmlDeviceGetTemperature(device, 0),
            ".power": lambda device: nvml.nvmlDeviceGetPowerUsage(device) / 1000,
        }


def _share(memory: Any) -> float:
    return round(100 * memory.used / memory.total, 2)
