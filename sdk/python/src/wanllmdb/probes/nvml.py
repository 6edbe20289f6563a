"""NVML: the library of the NVIDIA driver, called without a package between.

Names, arguments and answers are those of nvidia-ml-py, as far as they are needed here: where
that is installed it is taken, and where it is not, this. The functions are those that every
driver has had for years; one that is missing answers like one that is not supported.
"""

from __future__ import annotations

import ctypes
from ctypes import Structure, byref, c_int, c_uint, c_ulonglong, c_void_p
from importlib import import_module
from typing import Any, Final

LIBRARY: Final = "libnvidia-ml.so.1"
NOT_SUPPORTED: Final = 3
_TOO_SMALL: Final = 7
_TEXT: Final = 96
_UNKNOWN: Final = (1 << 64) - 1


class NvmlError(OSError):
    """The driver says no. `value` is its number for that."""

    def __init__(self, value: int) -> None:
        super().__init__(f"NVML answers {value}")
        self.value = value


class Utilization(Structure):
    """In per cent of the time since the driver last looked."""

    _fields_ = (("gpu", c_uint), ("memory", c_uint))


class MemoryInfo(Structure):
    """In bytes."""

    _fields_ = (("total", c_ulonglong), ("free", c_ulonglong), ("used", c_ulonglong))


class ProcessInfo(Structure):
    """A process that computes on a card."""

    _fields_ = (
        ("pid", c_uint),
        ("bytes", c_ulonglong),
        ("gpuInstanceId", c_uint),
        ("computeInstanceId", c_uint),
    )

    @property
    def usedGpuMemory(self) -> int | None:  # noqa: N802 - named by NVIDIA
        """In bytes; None where the driver does not tell."""
        return None if self.bytes == _UNKNOWN else int(self.bytes)


class Nvml:
    """The functions, by the names of nvidia-ml-py. Raises `OSError` where there is no driver."""

    NVMLError = NvmlError

    def __init__(self, library: Any = None) -> None:
        self._library = library or ctypes.CDLL(LIBRARY)

    def nvmlInit(self) -> None:  # noqa: N802
        self._call("nvmlInit_v2")

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return self._text("nvmlSystemGetDriverVersion")

    def nvmlSystemGetCudaDriverVersion(self) -> int:  # noqa: N802
        return self._number("nvmlSystemGetCudaDriverVersion_v2", kind=c_int)

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return self._number("nvmlDeviceGetCount_v2")

    def nvmlDeviceGetHandleByIndex(self, index: int) -> c_void_p:  # noqa: N802
        device = c_void_p()
        self._call("nvmlDeviceGetHandleByIndex_v2", c_uint(index), byref(device))
        return device

    def nvmlDeviceGetName(self, device: c_void_p) -> str:  # noqa: N802
        return self._text("nvmlDeviceGetName", device)

    def nvmlDeviceGetUtilizationRates(self, device: c_void_p) -> Utilization:  # noqa: N802
        rates = Utilization()
        self._call("nvmlDeviceGetUtilizationRates", device, byref(rates))
        return rates

    def nvmlDeviceGetMemoryInfo(self, device: c_void_p) -> MemoryInfo:  # noqa: N802
        memory = MemoryInfo()
        self._call("nvmlDeviceGetMemoryInfo", device, byref(memory))
        return memory

    def nvmlDeviceGetTemperature(self, device: c_void_p, sensor: int) -> int:  # noqa: N802
        return self._number("nvmlDeviceGetTemperature", device, c_uint(sensor))

    def nvmlDeviceGetPowerUsage(self, device: c_void_p) -> int:  # noqa: N802
        return self._number("nvmlDeviceGetPowerUsage", device)

    def nvmlDeviceGetEnforcedPowerLimit(self, device: c_void_p) -> int:  # noqa: N802
        return self._number("nvmlDeviceGetEnforcedPowerLimit", device)

    def nvmlDeviceGetClockInfo(self, device: c_void_p, clock: int) -> int:  # noqa: N802
        return self._number("nvmlDeviceGetClockInfo", device, c_uint(clock))

    def nvmlDeviceGetEncoderUtilization(self, device: c_void_p) -> list[int]:  # noqa: N802
        return self._codec("nvmlDeviceGetEncoderUtilization", device)

    def nvmlDeviceGetDecoderUtilization(self, device: c_void_p) -> list[int]:  # noqa: N802
        return self._codec("nvmlDeviceGetDecoderUtilization", device)

    def nvmlDeviceGetComputeRunningProcesses(  # noqa: N802
        self, device: c_void_p
    ) -> list[ProcessInfo]:
        count = c_uint(64)
        while True:
            found = (ProcessInfo * count.value)()
            try:
                self._call("nvmlDeviceGetComputeRunningProcesses_v3", device, byref(count), found)
            except NvmlError as error:
                if error.value != _TOO_SMALL:
                    raise
                count.value += 64  # some may have begun since it counted
            else:
                return list(found[: count.value])

    def _codec(self, name: str, device: c_void_p) -> list[int]:
        busy, period = c_uint(), c_uint()
        self._call(name, device, byref(busy), byref(period))
        return [busy.value, period.value]

    def _number(self, name: str, *arguments: Any, kind: Any = c_uint) -> int:
        number = kind()
        self._call(name, *arguments, byref(number))
        return int(number.value)

    def _text(self, name: str, *arguments: Any) -> str:
        text = ctypes.create_string_buffer(_TEXT)
        self._call(name, *arguments, text, c_uint(_TEXT))
        return text.value.decode("utf-8", "replace")

    def _call(self, name: str, *arguments: Any) -> None:
        try:
            function = getattr(self._library, name)
        except AttributeError:  # an old driver
            raise NvmlError(NOT_SUPPORTED) from None
        if answer := function(*arguments):
            raise NvmlError(answer)


def nvml() -> Any:
    """nvidia-ml-py where it is installed, else the driver's library. Raises where is neither."""
    try:
        found: Any = import_module("pynvml")
    except ImportError:
        found = Nvml()
    found.nvmlInit()
    return found
