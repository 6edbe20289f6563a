"""Graphics processors tell what they can, by whatever their makers left on the machine."""

from __future__ import annotations

import ctypes
import json
import plistlib
import re
import sys
from ctypes import CFUNCTYPE, POINTER, c_int, c_uint, c_void_p
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from wanllmdb.probes import accelerators
from wanllmdb.probes.amd import AmdCards, RocmSmi
from wanllmdb.probes.apple import Apple
from wanllmdb.probes.disk import Disk
from wanllmdb.probes.host import Host
from wanllmdb.probes.nvidia import Nvidia
from wanllmdb.probes.nvml import MemoryInfo, Nvml, NvmlError, ProcessInfo, Utilization
from wanllmdb.probes.process import Process

CARD = {
    "": 50,
    ".memory_busy": 7,
    ".memory": 25.0,
    ".memory_gb": 8.0,
    ".memory_total_gb": 32.0,
    ".temperature": 60,
    ".power": 250.0,
    ".power_limit": 500.0,
    ".power_percent": 50.0,
    ".clock_sm": 1000,
    ".clock_memory": 2000,
    ".encoder": 3,
    ".decoder": 4,
    ".process": 1.0,
    ".process_memory_gb": 2.0,
}


def numbered(index: int, card: dict[str, Any]) -> dict[str, Any]:
    return {f"system/gpu.{index}{key}": value for key, value in card.items()}


class Package(ModuleType):
    """Cards as nvidia-ml-py tells of them; from the second on they cannot tell their power."""

    class NVMLError(Exception):
        """As the library's own."""

        value = 3

    def __init__(self, cards: int = 2, *, pid: int = 1234) -> None:
        super().__init__("pynvml")
        self.cards = cards
        self.pid = pid
        self.asked_for_power = 0

    def nvmlInit(self) -> None: ...  # noqa: N802

    def nvmlSystemGetDriverVersion(self) -> bytes:  # noqa: N802
        return b"570.12"

    def nvmlSystemGetCudaDriverVersion(self) -> int:  # noqa: N802
        return 12080

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return self.cards

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetName(self, card: int) -> str:  # noqa: N802
        return f"Card {card}"

    def nvmlDeviceGetUtilizationRates(self, card: int) -> Any:  # noqa: N802
        return SimpleNamespace(gpu=50 + card, memory=7)

    def nvmlDeviceGetMemoryInfo(self, card: int) -> Any:  # noqa: N802
        return SimpleNamespace(used=8_000_000_000, total=32_000_000_000)

    def nvmlDeviceGetTemperature(self, card: int, sensor: int) -> int:  # noqa: N802
        return 60 + card + sensor

    def nvmlDeviceGetPowerUsage(self, card: int) -> int:  # noqa: N802
        self.asked_for_power += card
        if card:
            raise self.NVMLError
        return 250_000

    def nvmlDeviceGetEnforcedPowerLimit(self, card: int) -> int:  # noqa: N802
        if card:
            raise self.NVMLError
        return 500_000

    def nvmlDeviceGetClockInfo(self, card: int, clock: int) -> int:  # noqa: N802
        return 1000 * clock

    def nvmlDeviceGetEncoderUtilization(self, card: int) -> list[int]:  # noqa: N802
        return [3, 100]

    def nvmlDeviceGetDecoderUtilization(self, card: int) -> list[int]:  # noqa: N802
        return [4, 100]

    def nvmlDeviceGetComputeRunningProcesses(self, card: int) -> list[Any]:  # noqa: N802
        return [SimpleNamespace(pid=self.pid, usedGpuMemory=None if card else 2_000_000_000)]


def without_power(index: int) -> dict[str, Any]:
    card = {key: value for key, value in CARD.items() if not key.startswith(".power")}
    return {**card, "": 50 + index, ".temperature": 60 + index, ".process_memory_gb": 0.0}


def test_each_nvidia_card_tells_what_it_can() -> None:
    readings = Nvidia(Package(), ours=lambda: [1234]).read()
    assert readings == {**numbered(0, CARD), **numbered(1, without_power(1))}


def test_a_card_that_cannot_tell_something_is_not_asked_for_it_again() -> None:
    package = Package()
    probe = Nvidia(package)
    probe.read()
    asked = package.asked_for_power
    probe.read()
    assert package.asked_for_power == asked


def test_a_card_that_fails_once_is_asked_again() -> None:
    package = Package(1)
    probe = Nvidia(package)
    package.NVMLError.value = 999
    try:
        package.cards = 2
        probe._looks = Nvidia(package)._looks
        probe.read()
        asked = package.asked_for_power
        probe.read()
        assert package.asked_for_power == 2 * asked
    finally:
        package.NVMLError.value = 3


def test_whether_this_process_uses_a_card_is_told_where_it_can_be_known() -> None:
    def told(probe: Nvidia) -> float | None:
        return probe.read().get("system/gpu.0.process")

    assert told(Nvidia(Package(1), ours=lambda: [1234])) == 1.0
    assert told(Nvidia(Package(1), ours=lambda: [99])) == 0.0
    assert told(Nvidia(Package(1))) is None


def test_without_a_card_there_is_no_probe() -> None:
    with pytest.raises(OSError, match="no GPU"):
        Nvidia(Package(0))


def test_an_nvidia_card_is_found_and_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", Package())
    assert isinstance(accelerators.find(), Nvidia)
    assert accelerators.described() == {
        "gpu": ["Card 0", "Card 1"],
        "gpu_driver": "570.12",
        "cuda": "12.8",
        "gpu_memory_bytes": 32_000_000_000,
    }


class Driver:
    """The library of a driver: functions of C, with one card, and one that is too old to have."""

    def __init__(self) -> None:
        self.processes = 0
        of_number = CFUNCTYPE(c_int, c_void_p, POINTER(c_uint))
        of_kind = CFUNCTYPE(c_int, c_void_p, c_uint, POINTER(c_uint))
        self.nvmlInit_v2 = CFUNCTYPE(c_int)(lambda: 0)
        self.nvmlDeviceGetCount_v2 = CFUNCTYPE(c_int, POINTER(c_uint))(self.count)
        self.nvmlDeviceGetHandleByIndex_v2 = CFUNCTYPE(c_int, c_uint, POINTER(c_void_p))(
            self.handle
        )
        self.nvmlDeviceGetName = CFUNCTYPE(c_int, c_void_p, c_void_p, c_uint)(self.name)
        self.nvmlSystemGetDriverVersion = CFUNCTYPE(c_int, c_void_p, c_uint)(
            lambda text, size: self.name(None, text, size)
        )
        self.nvmlSystemGetCudaDriverVersion_v2 = CFUNCTYPE(c_int, POINTER(c_int))(self.cuda)
        self.nvmlDeviceGetUtilizationRates = CFUNCTYPE(c_int, c_void_p, POINTER(Utilization))(
            self.rates
        )
        self.nvmlDeviceGetMemoryInfo = CFUNCTYPE(c_int, c_void_p, POINTER(MemoryInfo))(self.memory)
        self.nvmlDeviceGetTemperature = of_kind(lambda card, kind, at: self.tell(at, 60 + kind))
        self.nvmlDeviceGetClockInfo = of_kind(lambda card, kind, at: self.tell(at, 1000 * kind))
        self.nvmlDeviceGetPowerUsage = of_number(lambda card, at: self.tell(at, 250_000))
        self.nvmlDeviceGetEnforcedPowerLimit = of_number(lambda card, at: self.tell(at, 500_000))
        of_codec = CFUNCTYPE(c_int, c_void_p, POINTER(c_uint), POINTER(c_uint))
        self.nvmlDeviceGetEncoderUtilization = of_codec(lambda card, at, _: self.tell(at, 3))
        self.nvmlDeviceGetComputeRunningProcesses_v3 = CFUNCTYPE(
            c_int, c_void_p, POINTER(c_uint), POINTER(ProcessInfo)
        )(self.running)

    def tell(self, at: Any, value: int) -> int:
        at[0] = value
        return 0

    def count(self, at: Any) -> int:
        return self.tell(at, 1)

    def cuda(self, at: Any) -> int:
        return self.tell(at, 12080)

    def handle(self, index: int, at: Any) -> int:
        return self.tell(at, 0x7F00_0000_0000 + index)  # beyond what an int of C holds

    def name(self, card: int | None, text: int, size: int) -> int:
        assert card in {None, 0x7F00_0000_0000}
        ctypes.memmove(text, b"Card\0", 5)
        return 0

    def rates(self, card: int, at: Any) -> int:
        assert card == 0x7F00_0000_0000
        at[0].gpu, at[0].memory = 50, 7
        return 0

    def memory(self, card: int, at: Any) -> int:
        at[0].total, at[0].used = 32_000_000_000, 8_000_000_000
        return 0

    def running(self, card: int, count: Any, at: Any) -> int:
        if count[0] < 100:
            return 7  # more than there is room for
        at[0].pid, at[0].bytes = 1234, 2_000_000_000
        count[0] = 1
        return 0


def test_the_library_of_the_driver_tells_the_same_without_a_package() -> None:
    readings = Nvidia(Nvml(Driver()), ours=lambda: [1234]).read()
    card = {key: value for key, value in CARD.items() if key != ".decoder"}  # it is too old
    assert readings == numbered(0, card)


def test_the_library_of_the_driver_is_called_by_the_functions_of_the_package() -> None:
    library = Nvml(Driver())
    card = library.nvmlDeviceGetHandleByIndex(0)
    assert library.nvmlDeviceGetName(card) == "Card"
    assert library.nvmlSystemGetDriverVersion() == "Card"
    assert library.nvmlSystemGetCudaDriverVersion() == 12080
    with pytest.raises(NvmlError, match="answers 3"):
        library.nvmlDeviceGetDecoderUtilization(card)


def amd(root: Path, number: int, files: dict[str, str]) -> None:
    device = root / f"sys/class/drm/card{number}/device"
    for name, text in {"vendor": "0x1002\n", "gpu_busy_percent": "42\n", **files}.items():
        path = device / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_kernel_tells_of_amd_cards(tmp_path: Path) -> None:
    files = {
        "product_name": "MI\n",
        "mem_info_vram_used": "8000000000",
        "mem_info_vram_total": "32000000000",
        "hwmon/hwmon5/temp2_input": "71000",
        "hwmon/hwmon5/power1_input": "150000000",
        "hwmon/hwmon5/power1_cap": "300000000",
        "hwmon/hwmon5/freq1_input": "1700000000",
    }
    amd(tmp_path, 10, files)
    amd(tmp_path, 2, {})
    amd(tmp_path, 3, {"vendor": "0x8086"})
    expected = {
        "": 42.0,
        ".memory_gb": 8.0,
        ".memory_total_gb": 32.0,
        ".memory": 25.0,
        ".temperature": 71.0,
        ".power": 150.0,
        ".power_limit": 300.0,
        ".power_percent": 50.0,
        ".clock_sm": 1700.0,
    }
    assert AmdCards(tmp_path).read() == {"system/gpu.0": 42.0, **numbered(1, expected)}
    assert accelerators.described(tmp_path) == {"gpu": ["AMD GPU", "MI"]}


def test_without_a_kernel_that_tells_the_tool_of_rocm_is_asked_now_and_then(
    tmp_path: Path,
) -> None:
    with pytest.raises(OSError, match="no AMD GPU"):
        AmdCards(tmp_path)
    now, asked = [0.0], [0]

    def ask() -> str:
        asked[0] += 1
        card = {
            "GPU use (%)": "42",
            "VRAM Total Used Memory (B)": "8000000000",
            "Temperature (Sensor edge) (C)": "N/A",
            "Average Graphics Package Power (W)": "150.0",
            "Max Graphics Package Power (W)": "300.0",
        }
        return json.dumps({"card0": card, "card10": {}, "system": {"Driver version": "6"}})

    probe = RocmSmi(ask, clock=lambda: now[0])
    assert probe.read() == numbered(
        0, {"": 42.0, ".memory_gb": 8.0, ".power": 150.0, ".power_limit": 300.0}
    ) | {"system/gpu.0.power_percent": 50.0}
    now[0] += 29
    assert probe.read() == {}
    now[0] += 1
    assert probe.read()
    assert asked == [2]


def test_an_apple_computer_tells_of_its_graphics() -> None:
    now = [0.0]
    told = [
        {
            "PerformanceStatistics": {
                "Device Utilization %": 33,
                "In use system memory": 4_000_000_000,
            }
        }
    ]
    probe = Apple(lambda: plistlib.dumps(told), clock=lambda: now[0])
    assert probe.read() == {"system/gpu.0": 33.0, "system/gpu.0.memory_gb": 4.0}
    assert probe.read() == {}


def test_another_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(OSError, match="no Apple"):
        Apple()


def test_the_page_names_every_key_and_no_other(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs/reference/system-metrics.md"
    table = page.read_text().partition("## What is read")[2].partition("\nGB and MB")[0]
    named = {
        key
        for line in table.splitlines()
        if line.startswith("| `")
        for key in re.findall(r"`([^`]+)`", line.split("|")[1])
    }
    read = {*Host().read(), *Disk(tmp_path).read(), *Process().read(), *numbered(0, CARD)}
    told = {re.sub(r"^(gpu|cpu)\.\d+", r"\1.N", key.removeprefix("system/")) for key in read}
    # These are there where there is a limit.
    assert told | {"cpu.limit_cores", "memory.limit_gb"} == named
