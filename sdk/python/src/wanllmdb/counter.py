"""Counter: counts in any number of threads without a lock, and never twice the same."""

from __future__ import annotations

import itertools
import sys


class Counter:
    """`next()` gives 1, 2, 3 …; `value` is what it gave last, `start` at first.

    `itertools.count` takes one step as a whole in every thread; where it stands it tells by
    its repr alone, which is slow and seldom asked for.
    """

    __slots__ = ("_count", "next")

    def __init__(self, start: int = 0) -> None:
        self._count = itertools.count(start + 1)
        self.next = self._count.__next__

    @property
    def value(self) -> int:
        """The number that was given last."""
        following = repr(self._count)[len("count(") : -1]
        # At the greatest number that a C integer holds, CPython has none to show.
        return (sys.maxsize if following == "<NULL>" else int(following)) - 1
