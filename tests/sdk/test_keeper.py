"""The keeper of a spool is one thread, whoever begins it."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field

from wanllmdb.keeper import Keeper


@dataclass
class Tended:
    """A spool that knows by which threads it is tended."""

    closed: bool = False
    by: set[int] = field(default_factory=set[int])
    tended: threading.Event = field(default_factory=threading.Event)

    def tend(self) -> None:
        self.by.add(threading.get_ident())
        self.tended.set()


def test_many_threads_that_begin_it_at_once_begin_one() -> None:
    before, interval = set(threading.enumerate()), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(50):
            tended = Tended()
            keeper = Keeper(tended, seconds=0.0)
            together = threading.Barrier(4)

            def begin(keeper: Keeper = keeper, together: threading.Barrier = together) -> None:
                together.wait()
                keeper.start()

            threads = [threading.Thread(target=begin) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert tended.tended.wait(10)
            [running] = [each for each in threading.enumerate() if each not in before]
            keeper.stop()
            running.join(10)
            assert tended.by == {running.ident}
    finally:
        sys.setswitchinterval(interval)
