"""Limit: how much of a disk the folder of one run may take, and what is left out beyond that.

A run whose server is away for long, or that nobody sends, grows. Before its folder takes more
than its limit, what matters least is left out, in this order: lines of the terminal, readings
of the system, media, and at last points of the metrics (`thinning`). Each is counted, told to
the server and to the user, and ends by itself when what was sent has been removed. Never left
out is what a run is: its configuration, summary, end, losses, and the rows of step 0.
"""

from __future__ import annotations

import enum
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 2 * 1024**3
SHARE: Final = 10  # at most a tenth of the room that there is
SEGMENTS: Final = 16  # so many segments make a full folder: they are what can be removed
LEAST_SEGMENT: Final = 64 * 1024
LOOK_SECONDS: Final = 2.0
LOOK_SHARE: Final = 50.0  # of the time, a fiftieth at most goes into looking


class Level(enum.IntEnum):
    """What is left out, besides all that is left out before it."""

    NOTHING = 0
    CONSOLE = 1
    SYSTEM = 2
    MEDIA = 3
    POINTS = 4


# From which share of the limit on; it ends when the folder is a tenth of the limit smaller.
_BEGINS: Final = {
    Level.CONSOLE: 0.80,
    Level.SYSTEM: 0.85,
    Level.MEDIA: 0.90,
    Level.POINTS: 1.0,
}
_SLACK: Final = 0.1


@dataclass(frozen=True)
class Usage:
    """What a folder takes: segments, and everything else; and the room that its disk has."""

    segments: int
    others: int
    free: int

    @property
    def total(self) -> int:
        return self.segments + self.others


class Limit:
    """Watches the folder of a run.

    Attributes:
        level: what is to be left out now.
        excess: the folder's size as a share of its limit.
    """

    def __init__(
        self,
        directory: Path,
        most: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch nothing yet; `look` does.

        Args:
            directory: of the run.
            most: bytes; 0 for no limit, None for 2 GiB, or a tenth of what is free if that
                is less.
            clock: seconds that only grow.
        """
        self.level = Level.NOTHING
        self.excess = 0.0
        self._directory = directory
        self._most = most
        self._clock = clock
        self._others = 0
        self._due = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to look again."""
        return self._most != 0 and self._clock() >= self._due

    def look(self, *, everything: bool = True) -> bool:
        """Measure the folder; True if `level` changed. Without `everything`, segments only."""
        if self._most == 0:
            return False
        began = self._clock()
        try:
            usage = measured(self._directory, None if everything else self._others)
        except OSError:
            return False
        if everything:
            self._others, now = usage.others, self._clock()
            self._due = now + max(LOOK_SECONDS, LOOK_SHARE * (now - began))
        self.excess = usage.total / max(1, bytes_of(self._most, usage))
        before, self.level = self.level, _level(self.excess, self.level)
        return self.level != before


def bytes_of(most: int | None, usage: Usage) -> int:
    """The limit in bytes, where none was named: what is taken already counts as free."""
    if most is not None:
        return most
    return min(MOST_BYTES, (usage.free + usage.total) // SHARE)


def fitting(directory: Path, most: int | None, usual: int) -> int:
    """How large a segment may be, so that something can be removed before the limit is near."""
    if most == 0:
        return usual
    try:
        limit = most or bytes_of(None, measured(directory, 0))
    except OSError:
        return usual
    return max(LEAST_SEGMENT, min(usual, limit // SEGMENTS))


def measured(directory: Path, others: int | None = None) -> Usage:
    """What the folder takes; `others`, if it is known. Raises `OSError`."""
    segments = 0
    rest = 0
    for path, size in _files(directory, deep=others is None):
        if path.endswith(".seg"):
            segments += size
        else:
            rest += size
    disk = os.statvfs(directory)
    free = disk.f_bavail * disk.f_frsize
    return Usage(segments, rest if others is None else others, free)


def _files(directory: str | Path, *, deep: bool) -> Iterator[tuple[str, int]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    if deep:
                        yield from _files(entry.path, deep=True)
                else:
                    yield entry.name, entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:  # noqa: PERF203
                continue  # sent and removed just now


def _level(excess: float, before: Level) -> Level:
    """What is to be left out; what is left out already goes on a little longer."""
    found = Level.NOTHING
    for level, share in _BEGINS.items():
        if excess >= share - (_SLACK if level <= before else 0.0):
            found = level
    return found
