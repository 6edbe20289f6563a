"""Cgroup: what a container or a batch job may take of its machine, and what it has taken.

Versions 1 and 2. A limit may be set on any of the groups that a process is in, one inside the
other; the tightest one counts, and what was taken is read from the group that has it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_UNLIMITED: Final = 1 << 60  # version 1 writes a number of this size for "no limit"


@dataclass(frozen=True)
class Cores:
    """A limit of processor time.

    Attributes:
        limit: in cores; may be a fraction.
        counter: the file that tells what was taken; of version 2 if `unified`.
    """

    limit: float
    counter: Path
    unified: bool

    def seconds(self) -> float:
        """Processor seconds that the group has taken since it began."""
        if self.unified:
            return _table(self.counter)["usage_usec"] / 1e6
        return int(self.counter.read_text()) / 1e9


@dataclass(frozen=True)
class Memory:
    """A limit of memory.

    Attributes:
        limit: in bytes.
        group: of version 2 if `unified`.
    """

    limit: int
    group: Path
    unified: bool

    def used(self) -> int:
        """Bytes that the group has taken and cannot give back at once: no cache of files."""
        name, inactive = (
            ("memory.current", "inactive_file")
            if self.unified
            else ("memory.usage_in_bytes", "total_inactive_file")
        )
        taken = int((self.group / name).read_text())
        return max(0, taken - _table(self.group / "memory.stat").get(inactive, 0))


def cores(root: Path = Path("/")) -> Cores | None:
    """The tightest limit of processor time; None if there is none, or no cgroups."""
    found: list[Cores] = []
    for group, unified in _groups(root, "cpu"):
        quota, period = _unified_quota(group) if unified else _divided_quota(group)
        if quota > 0 and period > 0:
            counter = group / "cpu.stat" if unified else _divided_counter(root, group)
            if counter is not None and counter.exists():
                found.append(Cores(quota / period, counter, unified))
    return min(found, key=lambda each: each.limit, default=None)


def memory(root: Path = Path("/"), *, total: int) -> Memory | None:
    """The tightest limit of memory that is below the `total` of the machine."""
    found: list[Memory] = []
    for group, unified in _groups(root, "memory"):
        limit = _number(group / ("memory.max" if unified else "memory.limit_in_bytes"))
        if 0 < limit < min(total, _UNLIMITED):
            found.append(Memory(limit, group, unified))
    return min(found, key=lambda each: each.limit, default=None)


def _groups(root: Path, controller: str) -> Iterator[tuple[Path, bool]]:
    """The groups that this process is in, from the innermost, and whether of version 2."""
    try:
        mine = (root / "proc/self/cgroup").read_text().splitlines()
        mounts = (root / "proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return
    for line in mine:
        _, controllers, path = line.split(":", 2)
        unified = not controllers
        if not unified and controller not in controllers.split(","):
            continue
        for within, at in _mounted(mounts, controller, unified=unified):
            top = root / at.lstrip("/")
            yield from ((group, unified) for group in _upwards(top, path, within))


def _mounted(mounts: list[str], controller: str, *, unified: bool) -> Iterator[tuple[str, str]]:
    """Which part of the hierarchy is mounted, and where."""
    for line in mounts:
        place, _, kind = line.partition(" - ")
        words, (fstype, *_, options) = place.split(), kind.split()
        if fstype == ("cgroup2" if unified else "cgroup") and (
            unified or controller in options.split(",")
        ):
            yield words[3], words[4]


def _upwards(top: Path, path: str, within: str) -> Iterator[Path]:
    """The group and those around it. A container may see its own as the top of all."""
    inner = path.removeprefix(within if within != "/" else "").lstrip("/")
    group = top / inner
    if ".." in inner.split("/") or not group.is_dir():
        group = top
    while group != top:
        yield group
        group = group.parent
    yield top


def _unified_quota(group: Path) -> tuple[int, int]:
    with contextlib.suppress(OSError, ValueError):
        quota, period = (group / "cpu.max").read_text().split()
        return int(quota), int(period)  # "max" is no number: no limit
    return 0, 0


def _divided_quota(group: Path) -> tuple[int, int]:
    return _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")


def _divided_counter(root: Path, group: Path) -> Path | None:
    """Version 1 counts and limits in two hierarchies, which are mostly mounted as one."""
    counter = group / "cpuacct.usage"
    if counter.exists():
        return counter
    return next((other / counter.name for other, _ in _groups(root, "cpuacct")), None)


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def _table(path: Path) -> dict[str, int]:
    """A file of lines `name number`."""
    words = path.read_text().split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=False))
