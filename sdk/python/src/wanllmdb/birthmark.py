"""Birthmark: tells for next to nothing whether a fork lies between now and then.

A page that the kernel wipes in every child (``MADV_WIPEONFORK``, Linux 4.14), however it was
forked: to look at a byte of it costs a quarter of a system call. Where there is no such page
the process id is asked for.
"""

from __future__ import annotations

import mmap
import os
from typing import Final, Protocol

_WIPE_ON_FORK: Final = 18


class Birthmark(Protocol):
    """Its first item is 1 in the process that made it, until it is set to 0; 0 elsewhere."""

    def __getitem__(self, index: int, /) -> int: ...

    def __setitem__(self, index: int, value: int, /) -> None: ...


def birthmark() -> Birthmark:
    """A mark of this process."""
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        page.madvise(_WIPE_ON_FORK)
    except (OSError, ValueError, AttributeError):
        return _Asked()
    page[0] = 1
    return page


class _Asked:
    """The same by the process id."""

    def __init__(self) -> None:
        self._pid = os.getpid()

    def __getitem__(self, index: int, /) -> int:
        return int(os.getpid() == self._pid)

    def __setitem__(self, index: int, value: int, /) -> None:
        self._pid = os.getpid() if value else -1
