"""WAL: whether the write-ahead log that a dead process left is whole.

SQLite reads it up to the first frame whose checksum is wrong and takes that for the place at
which the process died: what was committed behind it is gone without a word. A frame that was
torn is the last one, though. If there are whole frames of later commits behind it, the disk has
changed what was durable, and that must be said.
"""

from __future__ import annotations

import functools
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_HEADER: Final = 32
_FRAME: Final = 24
_MAGIC: Final = 0x377F0682  # and one more: the words of checksums are big-endian
_WORD: Final = 1 << 32

_Words = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Wal:
    """What there is in a write-ahead log.

    Attributes:
        frames: those up to the first that is not whole, or the end.
        commits: of those.
        behind: commits among the whole frames behind one that is not: they are lost.
    """

    frames: int
    commits: int
    behind: int


def look(path: Path) -> Wal:
    """What there is in the write-ahead log of a database; nothing if it has none."""
    try:
        content = path.with_name(f"{path.name}-wal").read_bytes()
    except FileNotFoundError:
        return Wal(0, 0, 0)
    head = np.frombuffer(content[:_HEADER].ljust(_HEADER, b"\0"), ">u4")
    if int(head[0]) & ~1 != _MAGIC or not 512 <= int(head[2]) <= 65536:
        return Wal(0, 0, _commits_of_any(content))
    size = _FRAME + int(head[2])
    count = (len(content) - _HEADER) // size
    frames = np.frombuffer(content, np.uint8, count * size, _HEADER).reshape(count, size)
    heads = np.ascontiguousarray(frames[:, :_FRAME]).view(">u4")
    mine = (heads[:, 2] == head[4]) & (heads[:, 3] == head[5])
    order = ">u4" if int(head[0]) & 1 else "<u4"
    sums = heads[:, 4:6].astype(np.uint32)
    first = _summed(
        np.frombuffer(content[:24], order).astype(np.uint32)[None], np.zeros((1, 2), np.uint32)
    )
    header_is_whole = bool((first[0] == head[6:8].astype(np.uint32)).all())
    before = np.concatenate([head[6:8].astype(np.uint32)[None], sums[:-1]])[:count]
    covered = np.ascontiguousarray(
        np.concatenate([frames[:, :8], frames[:, _FRAME:]], axis=1)
    ).view(order)
    whole = mine & (_summed(covered.astype(np.uint32), before) == sums).all(axis=1)
    commits = whole & (heads[:, 1] != 0)
    good = count if whole.all() else int(np.argmin(whole))
    if not header_is_whole:
        good = 0
    return Wal(good, int(commits[:good].sum()), int(commits[good + 1 :].sum()))


def set_apart(path: Path, now: int) -> Path:
    """Keep a copy of a log that is damaged, before anything is written over it."""
    log = path.with_name(f"{path.name}-wal")
    return Path(shutil.copy2(log, log.with_name(f"{log.name}.damaged-{now}")))


def _commits_of_any(content: bytes) -> int:
    """Of a log whose beginning is none: that there is something in it."""
    return int(len(content) > _HEADER and any(content[:_HEADER]))


def _summed(words: _Words, before: _Words) -> _Words:
    """SQLite's checksum of each row of words, continued from the sums before.

    Its two sums grow into each other, word by word: (a, b) becomes (a + x + b, b + y + a'). That
    is linear, so that each word counts by how many words follow it.
    """
    pairs = words.shape[1] // 2
    weights = _weights(pairs)
    even, odd = words[:, 0::2], words[:, 1::2]
    found = np.empty((len(words), 2), np.uint32)
    for at in (0, 1):
        found[:, at] = even @ weights[1:, at, 0] + odd @ weights[1:, at, 1]
        found[:, at] += before[:, 0] * weights[0, at, 2] + before[:, 1] * weights[0, at, 3]
    return found


@functools.lru_cache(maxsize=4)
def _weights(pairs: int) -> _Words:
    """What the words of each pair count in both sums; the first row is for the sums before."""
    found = np.zeros((pairs + 1, 2, 4), np.uint32)
    # The matrix of a step without words, to the power of how many steps follow.
    a, b, c, d = 1, 0, 0, 1
    for at in range(pairs, 0, -1):
        # A pair (x, y) adds (x, x + y) to the sums.
        found[at, 0, :2] = (a + b) % _WORD, b % _WORD
        found[at, 1, :2] = (c + d) % _WORD, d % _WORD
        # One step more: (a, b) becomes (a + b, a + 2 b).
        a, b = (a + b) % _WORD, (a + 2 * b) % _WORD
        c, d = (c + d) % _WORD, (c + 2 * d) % _WORD
    found[0, 0, 2:] = a, b
    found[0, 1, 2:] = c, d
    return found
