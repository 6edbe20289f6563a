"""AMD graphics processors: what the kernel's driver tells; else what `rocm-smi` does."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

VENDOR: Final = "0x1002"
TOOL_SECONDS: Final = 30.0  # between two calls of a tool
ANSWER_SECONDS: Final = 4.0
_GB: Final = 1e9

Ask = Callable[[], str]


class AmdCards:
    """Reads the files of the `amdgpu` driver. Raises when there is no such card.

    Args:
        root: where `sys` is.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._cards = cards(root)
        if not self._cards:
            raise OSError("The kernel shows no AMD GPU.")

    def read(self) -> dict[str, float]:
        readings: dict[str, float] = {}
        for index, card in enumerate(self._cards):
            found = dict(_card(card))
            readings.update((f"system/gpu.{index}{key}", value) for key, value in found.items())
        return readings


class RocmSmi:
    """Asks the tool of ROCm, at most every half minute; what it said last stands meanwhile.

    Args:
        ask: what the tool answers: JSON.
        clock: seconds that only grow.
    """

    def __init__(self, ask: Ask | None = None, *, clock: Callable[[], float] = time.monotonic):
        if ask is None:
            tool = shutil.which("rocm-smi")
            if tool is None:
                raise OSError("There is no rocm-smi.")
            ask = _command(tool)
        self._ask = ask
        self._clock = clock
        self._asked_at = float("-inf")

    def read(self) -> dict[str, float]:
        if self._clock() - self._asked_at < TOOL_SECONDS:
            return {}
        self._asked_at = self._clock()
        readings: dict[str, float] = {}
        told: Mapping[str, Mapping[str, Any]] = json.loads(self._ask())
        names = sorted((name for name in told if name.startswith("card")), key=_last_number)
        for index, name in enumerate(names):
            found = _told(told[name])
            readings.update((f"system/gpu.{index}{key}", value) for key, value in found.items())
        return readings


def cards(root: Path) -> list[Path]:
    """The folders of the cards, in the order of their numbers."""
    busy = (root / "sys/class/drm").glob("card[0-9]*/device/gpu_busy_percent")
    return sorted(
        (path.parent for path in busy if _text(path.parent / "vendor") == VENDOR),
        key=lambda path: _last_number(path.parent.name),
    )


def find() -> AmdCards | RocmSmi:
    """The probe of this machine. Raises when it has no such card."""
    with contextlib.suppress(OSError):
        return AmdCards()
    return RocmSmi()


def _card(card: Path) -> Iterable[tuple[str, float]]:
    """What one card tells; each that it does not tell is left out."""
    yield from _one("", card / "gpu_busy_percent", 1)
    yield from _one(".memory_busy", card / "mem_busy_percent", 1)
    used, total = card / "mem_info_vram_used", card / "mem_info_vram_total"
    yield from _one(".memory_gb", used, _GB)
    yield from _one(".memory_total_gb", total, _GB)
    with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
        yield ".memory", round(100 * _number(used) / _number(total), 2)
    for sensors in card.glob("hwmon/hwmon*"):
        yield from _first(".temperature", sensors, ("temp1_input", "temp2_input"), 1e3)
        power = dict(_first(".power", sensors, ("power1_average", "power1_input"), 1e6))
        limit = dict(_one(".power_limit", sensors / "power1_cap", 1e6))
        yield from {**power, **limit}.items()
        if power and limit.get(".power_limit"):
            yield ".power_percent", round(100 * power[".power"] / limit[".power_limit"], 2)
        yield from _one(".clock_sm", sensors / "freq1_input", 1e6)
        yield from _one(".clock_memory", sensors / "freq2_input", 1e6)


def _first(
    key: str, folder: Path, names: Iterable[str], unit: float
) -> Iterable[tuple[str, float]]:
    """The first of several files that tells something."""
    for name in names:
        found = list(_one(key, folder / name, unit))
        if found:
            yield from found
            return


def _one(key: str, path: Path, unit: float) -> Iterable[tuple[str, float]]:
    with contextlib.suppress(OSError, ValueError):
        yield key, round(_number(path) / unit, 3)


def _number(path: Path) -> int:
    return int(path.read_text())


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


# What the tool calls them, in the words of several of its versions.
_TOLD: Final[Mapping[str, tuple[str, float]]] = {
    "GPU use (%)": ("", 1),
    "GPU Memory Allocated (VRAM%)": (".memory", 1),
    "VRAM Total Used Memory (B)": (".memory_gb", _GB),
    "VRAM Total Memory (B)": (".memory_total_gb", _GB),
    "Temperature (Sensor junction) (C)": (".temperature", 1),
    "Temperature (Sensor edge) (C)": (".temperature", 1),
    "Average Graphics Package Power (W)": (".power", 1),
    "Current Socket Graphics Package Power (W)": (".power", 1),
    "Max Graphics Package Power (W)": (".power_limit", 1),
}


def _told(card: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for word, (key, unit) in _TOLD.items():
        with contextlib.suppress(KeyError, ValueError, TypeError):
            found[key] = round(float(card[word]) / unit, 3)
    if ".power" in found and found.get(".power_limit"):
        found[".power_percent"] = round(100 * found[".power"] / found[".power_limit"], 2)
    return found


def _last_number(name: str) -> int:
    digits = "".join(letter for letter in name if letter.isdigit())
    return int(digits or 0)


def _command(tool: str) -> Ask:
    words = [tool, "--showuse", "--showmemuse", "--showmeminfo", "vram", "--showtemp"]
    words += ["--showpower", "--showmaxpower", "--json"]

    def ask() -> str:
        return subprocess.run(  # noqa: S603 - fixed words, and no shell
            words,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            stdin=subprocess.DEVNULL,
            check=True,
        ).stdout

    return ask
