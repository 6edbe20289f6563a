"""Recent: what was found a moment ago, so that it need not be looked up again."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """A bounded memory whose entries live for a short while. Usable from any thread."""

    def __init__(self, *, lifetime: int, size: int) -> None:
        """Keep at most `size` entries, each for `lifetime` (in the unit of `now`)."""
        self._lifetime = lifetime
        self._size = size
        self._entries: dict[str, tuple[int, Value]] = {}
        self._lock = threading.Lock()

    def get(self, key: str, *, now: int) -> Value | None:
        """The value that was put under the key not long ago."""
        entry = self._entries.get(key)
        if entry is None or not 0 <= now - entry[0] < self._lifetime:
            return None
        return entry[1]

    def put(self, key: str, value: Value, *, now: int) -> None:
        """Remember a value from now on."""
        with self._lock:
            self._entries.pop(key, None)
            while len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]  # the oldest
            self._entries[key] = (now, value)

    def drop(self, key: str) -> None:
        """Forget one entry."""
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
