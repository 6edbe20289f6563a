"""Crash: the disks that a power loss could leave of what a recorder saw.

Of what was written before the crash everything that a sync had covered is there, and of the rest
any part may be: a write may be there, torn, zeros, or not at all, whatever came after it. The
names in a directory are those that its last sync saw, and as many of the changes since as the
disk got to. A file whose name is lost is lost, synced or not.
"""

from __future__ import annotations

import os
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import recorder

DRAFT = ".new"  # how a segment is called until its beginning is whole
_NAMES = frozenset({"mkdir", "name", "rename", "unlink"})


@dataclass(frozen=True)
class Image:
    """What is true of a disk that a crash left.

    Attributes:
        safe: how many rows of each slot of the ledger were on the disk for sure.
        returned: how many rows of each slot the ledger knew of.
        seconds: the age of the oldest write that was not on the disk for sure.
        bytes: how much was not.
        allowed: what `seconds` may be on this machine: the second that is promised, a beat of the
            keeper, and what the machine was late by itself and needed for a sync.
    """

    safe: dict[int, int]
    returned: dict[int, int]
    seconds: float
    bytes: int
    allowed: float


@dataclass
class _Tree:
    """Directories, and the names of files in them."""

    directories: set[str] = field(default_factory=lambda: {"."})
    files: dict[str, int] = field(default_factory=dict[str, int])

    def change(self, kind: str, said: list[Any]) -> None:
        if kind == "mkdir":
            self.directories.add(said[0])
        elif kind == "name":
            self.files[said[0]] = said[1]
        else:
            inode = self.files.pop(said[0], None)
            if kind == "rename" and inode is not None:
                self.files[said[1]] = inode

    def has(self, path: str) -> bool:
        """Whether all the directories above a path are there."""
        parent = _parent(path)
        return parent == "." or (parent in self.directories and self.has(parent))


class Recording:
    """The events of a process, and the disks that they could have left."""

    def __init__(self, log: Path) -> None:
        self.events = recorder.read(log)
        self._writes: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        self._syncs: dict[Any, list[tuple[int, int]]] = defaultdict(list)  # by path and by inode
        self._changes: dict[str, list[int]] = defaultdict(list)
        self._segments: set[int] = set()
        self._removed: dict[int, int] = {}  # when: all that is in them is acknowledged
        names = _Tree()
        for number, (_, kind, *said) in enumerate(self.events):
            if kind == "write":
                self._writes[said[0]].append((number, said[1]))
            elif kind == "sync":
                self._syncs[said[0]].append((number, said[2]))
                self._syncs[said[1]].append((number, said[2]))
            elif kind in _NAMES:
                self._changes[_parent(said[0])].append(number)
                if kind == "name" and said[0].endswith(DRAFT):
                    self._segments.add(said[1])
                if kind == "unlink" and said[0] in names.files:
                    self._removed[names.files[said[0]]] = number
                names.change(kind, said)

    def leave(self, root: Path, at: int, chance: random.Random) -> Image:
        """Make a disk below `root` that a crash just before the event `at` could have left."""
        root.mkdir(parents=True, exist_ok=True)
        tree = self._tree(at, chance)
        for path in sorted(tree.directories):
            if tree.has(path):
                (root / path).mkdir(exist_ok=True)
        for path, inode in tree.files.items():
            if tree.has(path):
                (root / path).write_bytes(self._content(inode, at, chance))
        return self._image(at)

    def _tree(self, at: int, chance: random.Random | None) -> _Tree:
        """The names on the disk; without chance, those that are there for sure."""
        kept: list[int] = []
        for directory, numbers in self._changes.items():
            before = bisect_left(numbers, at)
            sure = bisect_left(numbers, self._covered(directory, at))
            kept += numbers[: chance.randint(sure, before) if chance else sure]
        tree = _Tree()
        for number in sorted(kept):
            _, kind, *said = self.events[number]
            tree.change(kind, said)
        return tree

    def _covered(self, what: str | int, at: int) -> int:
        """Changes of a directory, or writes to an inode, before this event were synced."""
        return max((begin for end, begin in self._syncs[what] if end < at), default=0)

    def _written(self, inode: int, at: int) -> Iterable[tuple[int, bytes]]:
        writes = self._writes.get(inode, [])
        return writes[: bisect_left(writes, (at, b""))]

    def _content(self, inode: int, at: int, chance: random.Random) -> bytes:
        content, end = bytearray(), 0
        covered, luck = self._covered(inode, at), chance.choice([0.0, 0.5, 0.95, 1.0])
        for number, written in self._written(inode, at):
            begin, end = end, end + len(written)
            if number < covered or chance.random() < luck:
                first, last = 0, len(written)
            else:
                first, last = sorted(chance.choices(range(len(written) + 1), k=2))
            if first < last:
                content.extend(bytes(max(0, begin + last - len(content))))  # zeros till it comes
                content[begin + first : begin + last] = written[first:last]
        return bytes(content) + bytes(chance.choice([0, end - len(content)]))

    def _image(self, at: int) -> Image:
        sure = self._tree(at, None)
        reached = {inode for path, inode in sure.files.items() if sure.has(path)}
        first, size = at, 0
        for inode in self._segments:
            if self._removed.get(inode, at) < at:
                continue
            covered = self._covered(inode, at) if inode in reached else 0
            loose = [each for each in self._written(inode, at) if each[0] >= covered]
            first = min([first, *(number for number, _ in loose)])
            size += sum(len(written) for _, written in loose)
        return Image(
            safe=self._ledger(first),
            returned=self._ledger(at),
            seconds=self.events[at - 1][0] - self.events[first][0] if first < at else 0.0,
            bytes=size,
            allowed=1.25 + 2 * self._most("late", at) + 2 * self._longest_sync(at),
        )

    def _ledger(self, at: int) -> dict[int, int]:
        return {said[0]: said[1] for _, kind, *said in self.events[:at] if kind == "ledger"}

    def _longest_sync(self, at: int) -> float:
        """The longest that a sync took, also one that was under way when the power went."""
        under_way: dict[str, float] = {}
        for when, kind, *said in self.events[:at]:
            if kind == "syncing":
                under_way[said[0]] = when
            elif kind == "sync":
                under_way.pop(said[0], None)
        waited = self.events[at - 1][0] - min(under_way.values()) if under_way else 0.0
        return max(waited, self._most("sync", at))

    def _most(self, kind: str, at: int) -> float:
        """The longest that anything of a kind took."""
        return max((said[-1] for _, found, *said in self.events[:at] if found == kind), default=0.0)


def _parent(path: str) -> str:
    return os.path.dirname(path) or "."  # noqa: PTH120 - a text of an event
