"""Probes read the machine, and what goes away does not take the others with it."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.sdk.journals import kept_in

import wanllmdb as wandb
from wanllmdb.probes.host import Host
from wanllmdb.probes.nvidia import Nvidia
from wanllmdb.probes.probe import Monitor
from wanllmdb.wire import Kind


def test_the_host_is_read() -> None:
    readings = Host(Path.cwd()).read()
    for key in ("cpu", "cpu.0", "memory", "memory.available_gb", "disk", "disk.free_gb"):
        assert math.isfinite(readings[f"system/{key}"])
    assert all(key.startswith("system/") for key in readings)
    assert 0 < readings["system/memory"] <= 100
    assert readings["system/process.memory_gb"] > 0


class Nvml:
    """Two cards as nvidia-ml-py tells of them; the second cannot tell its power."""

    class NVMLError(Exception):
        """As the library's own."""

    def __init__(self, cards: int) -> None:
        self._cards = cards

    def nvmlInit(self) -> None: ...  # noqa: N802

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return self._cards

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetUtilizationRates(self, card: int) -> Any:  # noqa: N802
        return SimpleNamespace(gpu=50 + card)

    def nvmlDeviceGetMemoryInfo(self, card: int) -> Any:  # noqa: N802
        return SimpleNamespace(used=8e9, total=32e9)

    def nvmlDeviceGetTemperature(self, card: int, sensor: int) -> int:  # noqa: N802
        return 60 + card + sensor

    def nvmlDeviceGetPowerUsage(self, card: int) -> int:  # noqa: N802
        if card == 1:
            raise self.NVMLError
        return 250_000


def test_each_gpu_tells_what_it_can() -> None:
    assert Nvidia(Nvml(2)).read() == {  # type: ignore[arg-type]
        "system/gpu.0": 50,
        "system/gpu.0.memory_gb": 8.0,
        "system/gpu.0.memory": 25.0,
        "system/gpu.0.temperature": 60,
        "system/gpu.0.power": 250.0,
        "system/gpu.1": 51,
        "system/gpu.1.memory_gb": 8.0,
        "system/gpu.1.memory": 25.0,
        "system/gpu.1.temperature": 61,
    }


def test_without_a_card_there_is_no_probe() -> None:
    with pytest.raises(OSError, match="no GPU"):
        Nvidia(Nvml(0))  # type: ignore[arg-type]


class Steady:
    def __init__(self) -> None:
        self.asked = 0

    def read(self) -> dict[str, float]:
        self.asked += 1
        return {"system/steady": float(self.asked)}


class Failing:
    def __init__(self) -> None:
        self.asked = 0

    def read(self) -> dict[str, float]:
        self.asked += 1
        raise RuntimeError("the device went away")


def test_a_probe_that_fails_is_dropped_and_the_others_go_on() -> None:
    steady, failing = Steady(), Failing()
    written: list[tuple[int, dict[str, float]]] = []
    enough = threading.Event()

    def write(seq: int, time_us: int, readings: dict[str, float]) -> None:
        written.append((seq, readings))
        if len(written) == 3:
            enough.set()

    monitor = Monitor(lambda: [failing, steady], write, interval=0.01)
    monitor.start()
    assert enough.wait(10)
    monitor.close()
    assert failing.asked == 1
    assert written[:3] == [
        (0, {"system/steady": 1.0}),
        (1, {"system/steady": 2.0}),
        (2, {"system/steady": 3.0}),
    ]


def test_a_run_keeps_what_the_host_says(home: Path) -> None:
    run = wandb.init(
        project="p", mode="offline", monitor_interval=0.05, settings={"console": "off"}
    )
    directory = Path(run.dir).parent
    for _ in range(1000):
        if kept_in(directory, Kind.SYSTEM):
            break
        threading.Event().wait(0.02)
    run.finish()
    seq, time_us, readings = kept_in(directory, Kind.SYSTEM)[0]
    assert seq == 0
    assert abs(time_us / 1e6 - run.start_time) < 60
    assert "system/cpu" in readings


def test_a_run_may_leave_the_host_alone(home: Path) -> None:
    run = wandb.init(project="p", mode="offline", monitor_system=False, settings={"console": "off"})
    directory = Path(run.dir).parent
    run.finish()
    assert kept_in(directory, Kind.SYSTEM) == []
