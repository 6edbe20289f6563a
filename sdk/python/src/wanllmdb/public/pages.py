"""Pages: a list on the server that is read as far as somebody looks into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar, overload

T = TypeVar("T")


class Page(NamedTuple):
    """Some items, the cursor behind them (None at the end), and how many there are in all."""

    items: list[Any]
    next: str | None
    total: int


class Pages(Sequence[T]):
    """A sequence that asks for the next page when it is needed. `len` is what the server counts.

    Args:
        fetch: gives the page behind a cursor; None is the first one.
    """

    def __init__(self, fetch: Callable[[str | None], Page]) -> None:
        self._fetch = fetch
        self._items: list[T] = []
        self._cursor: str | None = None
        self._total: int | None = None
        self._more = True
        self._at = 0

    def __len__(self) -> int:
        if self._total is None:
            self._load()
        return self._total or 0

    def __iter__(self) -> Iterator[T]:
        at = 0
        while self._reach(at):
            yield self._items[at]
            at += 1

    def __next__(self) -> T:
        if not self._reach(self._at):
            raise StopIteration
        self._at += 1
        return self._items[self._at - 1]

    next = __next__

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            start, stop, step = index.start or 0, index.stop, index.step or 1
            if stop is None or min(stop, start) < 0 or step < 0:
                self._reach(None)  # it is counted from the end
            elif stop:
                self._reach(stop - 1)
            return self._items[index]
        if not self._reach(None if index < 0 else index) and index >= 0:
            raise IndexError(index)
        return self._items[index]

    @property
    def length(self) -> int:
        """How many there are."""
        return len(self)

    @property
    def more(self) -> bool:
        """Whether there is more than was read."""
        return self._more

    @property
    def cursor(self) -> str | None:
        """Where the next page begins."""
        return self._cursor

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _reach(self, index: int | None) -> bool:
        """Read up to an item, or to the end; whether the item is there."""
        while self._more and (index is None or index >= len(self._items)):
            self._load()
        return index is not None and index < len(self._items)

    def _load(self) -> None:
        page = self._fetch(self._cursor)
        self._items += page.items
        self._cursor, self._total = page.next, page.total
        self._more = page.next is not None
