"""Tally: what a writer was given and what of it was lost, counted in any number of threads.

With it the server can say whether everything came: rows given less rows lost is what it must
hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from wanllmdb import frame, wire
from wanllmdb.counter import Counter

_ROWS: Final = wire.ROW_KINDS
_LOGGED: Final = frozenset([wire.Kind.ROW, wire.Kind.VALUES])
_FORM: Final = wire.Kind.FORM


class Tally:
    """The counts of one writer.

    Attributes:
        next: the number of the next frame; taken by it.
    """

    __slots__ = (
        *("_frames", "_left_out", "_lost", "_lost_rows", "_others", "_told", "_wasted", "next"),
    )

    def __init__(self) -> None:
        self._frames = Counter()
        # By what they are: no row, a row that the machine made, a row that was logged.
        self._others = Counter(), Counter()  # frames; VALUES are all less the others
        self._wasted = Counter(), Counter(), Counter()  # numbers that no frame has
        self.next = self._frames.next
        self._lost: dict[str, Counter] = {}
        self._lost_rows: dict[str, Counter] = {}
        self._left_out: dict[str, int] = {}
        self._told: dict[str, int] = {}

    def number(self, kind: int) -> int:
        """The number of the next frame, of this kind."""
        if kind not in _LOGGED:
            self._others[kind in _ROWS].next()
        return self.next()

    @property
    def kept(self) -> int:
        """How many records were kept, on disk or waiting for it."""
        wasted = sum(each.value for each in self._wasted)
        return self._frames.value - wasted - sum(self.lost.values())

    @property
    def rows(self) -> int:
        """How many rows were given to the writer."""
        machine = self._others[True].value - self._wasted[1].value
        return self.logged + machine

    @property
    def logged(self) -> int:
        """How many of them were logged, and are not the machine's own: lines and readings."""
        others = sum(each.value for each in self._others)
        return self._frames.value - others - self._wasted[2].value

    @property
    def lost(self) -> dict[str, int]:
        """Records that could not be kept, by reason."""
        return _counted(self._lost) | self._left_out

    def waste(self, kind: int) -> None:
        """A number that was taken for a record of this kind is no frame's."""
        self._wasted[(kind in _ROWS) + (kind in _LOGGED)].next()

    def lose(self, reason: str, kind: int) -> None:
        """Count a record that is not kept."""
        if kind == _FORM:
            self.waste(kind)  # nothing is lost: every segment declares its forms
            return
        self._lost.setdefault(reason, Counter()).next()
        if kind in _ROWS:
            self._lost_rows.setdefault(reason, Counter()).next()

    def leave_out(self, reason: str, rows: int) -> None:
        """Count rows that are not kept, for a reason that one thread at a time counts for."""
        if rows:
            self._left_out[reason] = self._left_out.get(reason, 0) + rows

    def lose_frames(self, reason: str, frames: list[bytes]) -> None:
        """Count frames that are not kept."""
        for each in frames:
            self.lose(reason, each[frame.KIND_AT])

    def untold(self, detail: Callable[[str], str] = lambda _: "") -> list[dict[str, Any]]:
        """What the server has not been told of: a LOSS payload for each reason."""
        found: list[dict[str, Any]] = []
        for reason, count in self.lost.items():
            new = count - self._told.get(reason, 0)
            if new > 0:
                self._told[reason] = count
                found.append({"reason": reason, "count": new, "detail": detail(reason)})
        return found

    def record(self) -> dict[str, Any]:
        """The payload of the TALLY record."""
        lost = _counted(self._lost_rows) | self._left_out
        return {"rows": self.rows, "logged": self.logged, "lost": lost}


def _counted(counters: dict[str, Counter]) -> dict[str, int]:
    return {reason: counter.value for reason, counter in list(counters.items())}
