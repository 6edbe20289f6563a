"""Accelerators: the graphics processors of this machine, of whatever make.

Those of one make are shown: beside an NVIDIA card, the graphics of an AMD processor draw a
screen and train nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from wanllmdb.probes.probe import Probe

MAX_CARDS: Final = 64


def find() -> Probe:
    """A probe for them. Raises when there are none."""
    from wanllmdb.probes import amd, apple, nvidia

    makers: tuple[Callable[[], Probe], ...] = (nvidia.find, amd.find, apple.find)
    for make in makers:
        # Without a library, a driver or a card there is nothing to read, whatever they raise.
        with contextlib.suppress(Exception):
            return make()
    raise OSError("There are no accelerators.")


def described(root: Path = Path("/")) -> dict[str, Any]:
    """What stands among the facts of a run: models, driver, CUDA. Empty where there are none."""
    for describe in (_nvidia, lambda: _amd(root)):
        with contextlib.suppress(Exception):
            return describe()
    return {}


def _nvidia() -> dict[str, Any]:
    from wanllmdb.probes.nvml import nvml

    library = nvml()
    found: dict[str, Any] = {}
    found["gpu"] = [
        _text(library.nvmlDeviceGetName(library.nvmlDeviceGetHandleByIndex(index)))
        for index in range(min(library.nvmlDeviceGetCount(), MAX_CARDS))
    ]
    if not found["gpu"]:
        raise OSError("The driver shows no GPU.")
    with contextlib.suppress(library.NVMLError):
        found["gpu_driver"] = _text(library.nvmlSystemGetDriverVersion())
        version = library.nvmlSystemGetCudaDriverVersion()
        found["cuda"] = f"{version // 1000}.{version % 1000 // 10}"
    first = library.nvmlDeviceGetHandleByIndex(0)
    with contextlib.suppress(library.NVMLError):
        found["gpu_memory_bytes"] = int(library.nvmlDeviceGetMemoryInfo(first).total)
    return found


def _amd(root: Path) -> dict[str, Any]:
    from wanllmdb.probes.amd import cards

    found: dict[str, Any] = {"gpu": []}
    for card in cards(root)[:MAX_CARDS]:
        name = ""
        with contextlib.suppress(OSError):
            name = (card / "product_name").read_text().strip()
        found["gpu"].append(name or "AMD GPU")
    if not found["gpu"]:
        raise OSError("The kernel shows no AMD GPU.")
    with contextlib.suppress(OSError):
        found["gpu_driver"] = (root / "sys/module/amdgpu/version").read_text().strip()
    return found


def _text(name: str | bytes) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name
