"""Disk trace: what a process asks of its disk, as strace sees it, and the disks that a power loss
could leave of it.

For who writes at places of files and truncates them, as databases do (`recorder` and `crash` are
for what only appends). What was written before a sync of its file began is on the disk when that
sync is over. Of the rest any part may be: a write may be there, or some of its sectors, or nothing,
whatever came after it, and a file may have been cut or not. A name is there for sure when its
directory was synced.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
_CALLS = "pwrite64,write,ftruncate,fsync,fdatasync,openat,unlink,unlinkat,mkdir,rename"
_LINE = re.compile(rb"(\d+\.\d+) (\w+)\((.*)\) += (\d+)(?:<[^>]*>)? <([\d.]+)>")
_WRITTEN = re.compile(rb'\d+<([^>]*)>(?:\(deleted\))?, "((?:\\x[0-9a-f]{2})*)", \d+(?:, (\d+))?')
_NUMBERED = re.compile(rb"\d+<([^>]*)>(?:\(deleted\))?(?:, (\d+))?")
_NAMED = re.compile(rb'(?:AT_FDCWD(?:<[^>]*>)?, )?"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Event:
    """A call that changed a file: when it began and when it was over, and what it did.

    `at` is where it wrote, or how long the file became; None for a write at the end.
    """

    began: float
    ended: float
    kind: str
    path: Path
    at: int | None = None
    content: bytes = b""


def trace(command: Sequence[str], root: Path, log: Path, **more: object) -> list[Event]:
    """Run a command to its end; what it did to files below `root`, in order."""
    log.mkdir()
    subprocess.run(
        ["strace", "-ff", "-ttt", "-T", "-y", "-xx", "-s", "4000000", "--seccomp-bpf", "-qq",
         "-e", f"trace={_CALLS}", "-e", "signal=none", "-o", str(log / "thread"), *command],
        check=True, timeout=100, **more,
    )  # fmt: skip
    found = [
        event
        for path in log.iterdir()
        for line in path.read_bytes().splitlines()
        if (event := _event(line)) and event.path.is_relative_to(root)
    ]
    return sorted(found, key=lambda event: event.ended)


def _event(line: bytes) -> Event | None:
    match = _LINE.fullmatch(line)
    if match is None:  # it failed, or the process was gone before it was over
        return None
    began, call, said, result, took = match.groups()
    span = float(began), float(began) + float(took)
    if call in {b"pwrite64", b"write"}:
        written = _WRITTEN.match(said)
        assert written, line[:200]
        at = None if written[3] is None else int(written[3])
        return Event(*span, "write", _path(written[1]), at, _bytes(written[2])[: int(result)])
    if call in {b"ftruncate", b"fsync", b"fdatasync"}:
        numbered = _NUMBERED.match(said)
        assert numbered, line[:200]
        kind = "cut" if call == b"ftruncate" else "sync"
        return Event(*span, kind, _path(numbered[1]), int(numbered[2] or 0))
    named = _NAMED.match(said)
    if named is None or (call == b"openat" and b"O_CREAT" not in said):
        return None
    assert call != b"rename", "a database that renames files is not modelled here"
    return Event(*span, "gone" if call.startswith(b"unlink") else "made", _path(named[1]))


def _path(said: bytes) -> Path:
    return Path(_bytes(said).decode() if said.startswith(b"\\x") else said.decode())


def _bytes(said: bytes) -> bytes:
    return bytes.fromhex(said.replace(b"\\x", b"").decode())


@dataclass
class Disk:
    """The files below a folder, at any moment of a trace."""

    events: list[Event]
    root: Path
    _of: dict[Path, list[Event]] = field(default_factory=lambda: defaultdict(list))
    _synced: dict[Path, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for event in self.events:
            (self._synced if event.kind == "sync" else self._of)[event.path].append(event)

    def leave(self, folder: Path, at: float, chance: random.Random) -> None:
        """Make the files that a power loss at this moment could have left."""
        folder.mkdir(parents=True)
        for path in self._of:
            if self._is_there(path, at, chance):
                content = self._content(path, at, chance)
                (folder / path.relative_to(self.root)).write_bytes(content)

    def _covered(self, path: Path, at: float) -> float:
        """What was over before this moment was synced."""
        return max((each.began for each in self._synced[path] if each.ended < at), default=0.0)

    def _is_there(self, path: Path, at: float, chance: random.Random) -> bool:
        sure = self._covered(path.parent, at)
        is_there = False
        for event in self._of[path]:
            if event.kind not in {"made", "gone"} or event.ended > at:
                continue
            if event.ended < sure or chance.random() < 0.5:
                is_there = event.kind == "made"
        return is_there

    def _content(self, path: Path, at: float, chance: random.Random) -> bytes:
        sure, luck = self._covered(path, at), chance.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        content = bytearray()
        for event in self._of[path]:
            if event.kind not in {"write", "cut"} or event.began > at:
                continue
            is_sure = event.ended < sure
            if event.kind == "write":
                _put(content, event, 1.0 if is_sure else luck, chance)
            elif is_sure or chance.random() < luck:
                length = event.at or 0
                content[length:] = bytes(max(0, length - len(content)))
        return bytes(content)


def _put(content: bytearray, event: Event, luck: float, chance: random.Random) -> None:
    """Write as many of the sectors as luck has it."""
    begin = len(content) if event.at is None else event.at
    end = begin + len(event.content)
    whole = chance.random() < luck
    for first in range(begin - begin % SECTOR, end, SECTOR):
        if whole or chance.random() < luck / 2:
            low, high = max(first, begin), min(first + SECTOR, end)
            content.extend(bytes(max(0, high - len(content))))
            content[low:high] = event.content[low - begin : high - begin]
