"""Machine: the client's names and units for figures of the machine, as ours.

Ours stand in docs/reference/system-metrics.md; amounts are in powers of ten there.
"""

from __future__ import annotations

import re
from typing import Final

from wanllmdb_server.domain.run import SYSTEM_PREFIX

_MIB_AS_GB: Final = 2.0**20 / 1e9
# Name: ours, and what a value is multiplied with.
_KNOWN: Final = {
    "cpu": ("process.cpu", 1.0),
    "memory_percent": ("memory", 1.0),
    "memory": ("memory", 1.0),
    "proc.cpu.threads": ("process.threads", 1.0),
    "proc.memory.rssMB": ("process.memory_gb", _MIB_AS_GB),
    "proc.memory.availableMB": ("memory.available_gb", _MIB_AS_GB),
    "network.sent": ("network.sent_mb", 1e-6),
    "network.recv": ("network.received_mb", 1e-6),
}
_FORMS: Final = (
    (re.compile(r"cpu\.(\d+)\.cpu_percent\Z"), r"cpu.\1", 1.0),
    (re.compile(r"disk\.(?:/|\\)\.usagePercent\Z"), r"disk", 1.0),
    (re.compile(r"gpu\.(\d+)\.gpu\Z"), r"gpu.\1", 1.0),
    (re.compile(r"gpu\.(\d+)\.memory\Z"), r"gpu.\1.memory_busy", 1.0),
    (re.compile(r"gpu\.(\d+)\.memoryAllocated\Z"), r"gpu.\1.memory", 1.0),
    (re.compile(r"gpu\.(\d+)\.memoryAllocatedBytes\Z"), r"gpu.\1.memory_gb", 1e-9),
    (re.compile(r"gpu\.(\d+)\.temp\Z"), r"gpu.\1.temperature", 1.0),
    (re.compile(r"gpu\.(\d+)\.powerWatts\Z"), r"gpu.\1.power", 1.0),
    (re.compile(r"gpu\.(\d+)\.enforcedPowerLimitWatts\Z"), r"gpu.\1.power_limit", 1.0),
    (re.compile(r"gpu\.(\d+)\.powerPercent\Z"), r"gpu.\1.power_percent", 1.0),
    (re.compile(r"gpu\.(\d+)\.smClock\Z"), r"gpu.\1.clock_sm", 1.0),
    (re.compile(r"gpu\.(\d+)\.memoryClock\Z"), r"gpu.\1.clock_memory", 1.0),
)


def reading(name: str, value: float) -> tuple[str, float]:
    """The key of a figure and its value; what is not known keeps its name."""
    name = name.removeprefix("system.")
    found = _KNOWN.get(name)
    if found is not None:
        return SYSTEM_PREFIX + found[0], value * found[1]
    for pattern, ours, factor in _FORMS:
        if pattern.match(name):
            return SYSTEM_PREFIX + pattern.sub(ours, name), value * factor
    return SYSTEM_PREFIX + name, value
