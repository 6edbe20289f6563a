"""Reading: figures of a machine by the names that their senders have for them.

The SDK's own probes name them as docs/reference/system-metrics.md does, and the page groups
them by these names. Who sends figures as JSON calls them otherwise (`cpu_percent`,
`memory_available` in bytes, `gpu_0_temperature`); what can be told is given the probe's name and
unit, and anything else keeps its own. A name with a dot in it is taken for the probes' own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from wanllmdb_server.domain.run import SYSTEM_PREFIX

_SAME: Final = {"mem": "memory", "ram": "memory", "net": "network", "proc": "process"}
_PARTS: Final = frozenset(["cpu", "memory", "disk", "network", "gpu", "process"])
_OF_CORES: Final = frozenset(["per", "core", "cores"])
_SHARE: Final = frozenset(["percent", "percentage", "pct", "usage", "utilization", "util", "load"])
_UNITS: Final = {
    "b": 1.0,
    "bytes": 1.0,
    "kb": 1e3,
    "mb": 1e6,
    "gb": 1e9,
    "kib": 2.0**10,
    "mib": 2.0**20,
    "gib": 2.0**30,
}
_AMOUNTS: Final = {  # of a part: the probe's name, and bytes in its unit
    ("memory", "available"): ("memory.available_gb", 1e9),
    ("memory", "free"): ("memory.free_gb", 1e9),
    ("memory", "used"): ("memory.used_gb", 1e9),
    ("memory", "total"): ("memory.total_gb", 1e9),
    ("disk", "free"): ("disk.free_gb", 1e9),
    ("disk", "used"): ("disk.used_gb", 1e9),
    ("disk", "total"): ("disk.total_gb", 1e9),
    ("network", "sent"): ("network.sent_mb", 1e6),
    ("network", "tx"): ("network.sent_mb", 1e6),
    ("network", "received"): ("network.received_mb", 1e6),
    ("network", "recv"): ("network.received_mb", 1e6),
    ("network", "rx"): ("network.received_mb", 1e6),
    ("process", "memory"): ("process.memory_gb", 1e9),
}
_OF_GPU: Final = {  # in bytes only where the name says the unit: each tool has another
    "memory_used": ("memory_gb", 1e9),
    "memory": ("memory_gb", 1e9),
    "memory_total": ("memory_total_gb", 1e9),
}
_OTHERS: Final = {
    ("cpu", "load_avg"): "cpu.load",
    ("cpu", "load_average"): "cpu.load",
    ("cpu", "load_1m"): "cpu.load",
    ("memory", "swap"): "memory.swap",
    ("memory", "swap_percent"): "memory.swap",
}
_RENAMED: Final = {
    "temp": "temperature",
    "temperature_c": "temperature",
    "power_w": "power",
    "power_draw": "power",
    "power_usage": "power",
    "memory_percent": "memory",
    "memory_utilization": "memory",
    "memory_util": "memory",
    "memory_usage": "memory",
}


def system_key(name: str) -> tuple[str, float]:
    """The key of the series of a figure, and what its values are divided by."""
    if name.startswith(SYSTEM_PREFIX):
        return name, 1.0
    known = None if "." in name else _known(_words(name))
    key, unit = known or (name, 1.0)
    return SYSTEM_PREFIX + key, unit


def reading_of(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures, nested or not, as values by key; what is no number stays what it is."""
    found: dict[str, Any] = {}
    for name, value in _leaves("", figures):
        key, unit = system_key(name)
        if key in found:  # two names for one figure: both are kept
            key, unit = SYSTEM_PREFIX + name, 1.0
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        found[key] = value / unit if is_number and unit != 1.0 else value
    return found


def _leaves(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    items: list[tuple[Any, Any]]
    if isinstance(value, Mapping) and value:
        items = list(cast("Mapping[Any, Any]", value).items())
    elif isinstance(value, list) and value:
        items = list(enumerate(cast("list[Any]", value)))
    else:
        yield prefix, value
        return
    for name, inner in items:
        yield from _leaves(f"{prefix}_{name}" if prefix else str(name), inner)


def _words(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    words: list[str] = re.findall(r"[a-z]+|\d+[a-z]*", apart)
    while words and words[0] in {"system", "per"}:
        words = words[1:]
    if words and words[0] in {"gpus", "cpus"}:
        words[0] = words[0][:-1]
    if len(words) == 2 and words[0] == "bytes":  # as psutil says it of the network
        words[0] = "network"
    return [_SAME.get(words[0], words[0]), *words[1:]] if words else []


def _known(words: Sequence[str]) -> tuple[str, float] | None:
    """The name that a probe would give, and bytes in its unit; None if none would."""
    match words:
        case ["cpu", *rest]:
            return _of_cpu([word for word in rest if word not in _OF_CORES])
        case ["gpu", *rest]:
            return _of_gpu(rest)
        case [part, *rest] if part in _PARTS:
            return _of_part(part, rest)
        case _:
            return None


def _of_cpu(rest: Sequence[str]) -> tuple[str, float] | None:
    if rest and rest[0].isdigit():
        return (f"cpu.{rest[0]}", 1.0) if _is_share(rest[1:]) else None
    return _of_part("cpu", rest)


def _of_gpu(rest: Sequence[str]) -> tuple[str, float] | None:
    number, rest = (rest[0], rest[1:]) if rest and rest[0].isdigit() else ("0", rest)
    if _is_share(rest):
        return f"gpu.{number}", 1.0
    words, size = _unit(rest)
    said = "_".join(words)
    if size is not None and said in _OF_GPU:
        name, unit = _OF_GPU[said]
        return f"gpu.{number}.{name}", unit / size
    said = "_".join(rest)
    return f"gpu.{number}.{_RENAMED.get(said, said)}", 1.0


def _of_part(part: str, rest: Sequence[str]) -> tuple[str, float] | None:
    if (key := _OTHERS.get((part, "_".join(rest)))) is not None:
        return key, 1.0
    if part != "network" and _is_share(rest):
        return (part if part != "process" else "process.cpu"), 1.0
    words, size = _unit(rest)
    if len(words) == 1 and (part, words[0]) in _AMOUNTS:
        key, unit = _AMOUNTS[part, words[0]]
        return key, unit / (size or 1.0)
    return f"{part}.{'_'.join(rest)}", 1.0


def _is_share(words: Sequence[str]) -> bool:
    return all(word in _SHARE for word in words)


def _unit(words: Sequence[str]) -> tuple[list[str], float | None]:
    """The words without that of a unit, and its bytes."""
    sizes = [_UNITS[word] for word in words if word in _UNITS]
    return [word for word in words if word not in _UNITS], sizes[0] if len(sizes) == 1 else None
