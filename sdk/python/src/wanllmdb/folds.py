"""Folds: the least, the greatest, the mean … of a key, kept row by row, and told as they change.

A definition (`metric`) asks for them. The server is told while the run goes on, at most every
few seconds and the last change included, and goes on from there when the run is resumed.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

TELL_SECONDS: Final = 5.0
AT_ONCE: Final = 500  # keys of one record


class Folds:
    """What was asked to be kept of each key. Not for two threads at the same time."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Any]] = {}
        self._means: dict[str, tuple[int, float]] = {}
        self._before: Mapping[str, Any] = {}
        self._hidden: set[str] = set()
        self._untold: set[str] = set()

    def fold(
        self, key: str, kinds: Sequence[str], value: Any, *, goal: str | None
    ) -> dict[str, Any]:
        """What is kept of the key now that it has this value, too."""
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = self._from_before(key)
        changed = False
        for kind in kinds:
            known = kept.get(kind)
            if kind == "mean":
                count, total = self._means.get(key, (0, 0.0))
                self._means[key] = (count + 1, total + float(value))
                new: Any = (total + float(value)) / (count + 1)
            else:
                new = _FOLDS[_extreme(kind, goal)](known, value)
            kept[kind] = new
            changed = changed or new is not known
        if changed:
            self._untold.add(key)
        return dict(kept)

    def hide(self, key: str) -> None:
        """Nothing of the key is kept, and it is in no summary."""
        if key not in self._hidden:
            self._hidden.add(key)
            self._untold.add(key)

    def go_on_from(self, summary: Mapping[str, Any]) -> None:
        """What a server knows of a run that goes on: least, greatest and first stand from there.

        A mean is that of the rows of this process: of how many it was one is not known.
        """
        self._before = summary
        for key, kept in self._kept.items():
            for kind, value in self._from_before(key).items():
                kept[kind] = _FOLDS[kind](value, kept[kind]) if kind in kept else value
            self._untold.add(key)

    def tell_again(self, keys: set[str]) -> None:
        """What was told of these keys no longer stands."""
        self._untold |= keys & (self._kept.keys() | self._hidden)

    def untold(self) -> Iterator[dict[str, Any]]:
        """What changed since this was last asked, a record each; a hidden key is None."""
        keys = sorted(self._untold)
        self._untold.clear()
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            yield {key: dict(self._kept[key]) if key in self._kept else None for key in some}

    def _from_before(self, key: str) -> dict[str, Any]:
        found = self._before.get(key)
        if not isinstance(found, Mapping):
            return {}
        return {
            kind: value
            for kind, value in found.items()
            if kind in {"min", "max", "first"} and type(value) in {int, float}
        }


class Teller:
    """Tells of changes at most every so many seconds, the last one included.

    Args:
        tell: tells of all that changed; by whoever changed something, or by a thread.
        seconds: between two times.
        clock: of seconds.
    """

    def __init__(
        self,
        tell: Callable[[], None],
        *,
        seconds: float = TELL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._seconds = seconds
        self._clock = clock
        self._due = -math.inf
        self._timer: threading.Timer | None = None

    def changed(self) -> None:
        """Something changed: it is told now, or when it is time again."""
        now = self._clock()
        if now >= self._due:
            self._due = now + self._seconds
            self._tell()
        elif self._timer is None or not self._timer.is_alive():  # that of a parent is none
            self._timer = threading.Timer(self._due - now, self._tell)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """Tell of the rest, and of nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        self._tell()


def _extreme(kind: str, goal: str | None) -> str:
    if kind == "best":
        return "max" if goal == "maximize" else "min"
    return kind


def _least(known: Any, value: Any) -> Any:
    if known is None or math.isnan(known):
        return value
    return known if math.isnan(value) or known <= value else value


def _greatest(known: Any, value: Any) -> Any:
    if known is None or math.isnan(known):
        return value
    return known if math.isnan(value) or known >= value else value


_FOLDS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "min": _least,
    "max": _greatest,
    "first": lambda known, value: value if known is None else known,
    "last": lambda known, value: value,  # noqa: ARG005 - one shape for all
}
