"""Crew: a few threads that do the same to many things, and end with the last of them.

Where no thread can be begun any more, because the interpreter ends, the caller does it alone.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Thing = TypeVar("Thing")


def each(things: Iterable[Thing], do: Callable[[Thing], None], *, hands: int) -> None:
    """Do it to every thing; with the first failure nothing more is begun, and it is raised."""
    work = _Work(iter(things), do)
    others = [
        threading.Thread(target=work.go_on, name="wanllmdb-crew", daemon=True)
        for _ in range(hands - 1)
    ]
    begun: list[threading.Thread] = []
    with contextlib.suppress(RuntimeError):
        for other in others:
            other.start()
            begun.append(other)
    work.go_on()
    for other in begun:
        other.join()
    if work.failure is not None:
        raise work.failure


class _Work:
    """What is left to be done."""

    def __init__(self, things: Iterator[Thing], do: Callable[[Thing], None]) -> None:
        self._things = things
        self._do = do
        self._lock = threading.Lock()
        self.failure: BaseException | None = None

    def go_on(self) -> None:
        """Do what is next until nothing is, or somebody failed."""
        try:
            while self.failure is None:
                with self._lock:
                    thing = next(self._things)
                self._do(thing)
        except StopIteration:
            return
        except BaseException as error:  # noqa: BLE001 - raised by the caller of the crew
            self.failure = self.failure or error
