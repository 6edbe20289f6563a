"""Losses: what could not be kept. Counted, said once, and told to the server; never hidden."""

from __future__ import annotations

from collections.abc import Callable

from wanllmdb.console import Voice
from wanllmdb.wire import Kind, encode

MAX_KINDS = 200  # of losses that are told apart
MAX_DETAIL = 300

Append = Callable[[int, bytes], bool]


class Losses:
    """Counts losses by reason and detail; the first of each is told at once, the rest later."""

    def __init__(self, append: Append, voice: Voice) -> None:
        self.total = 0
        self._append = append
        self._voice = voice
        self._untold: dict[tuple[str, str], int] = {}

    def __call__(self, reason: str, detail: str, *, count: int = 1) -> None:
        """Count a loss. The user hears of each reason and detail once."""
        self.total += count
        sort = (reason, detail[:MAX_DETAIL])
        if sort in self._untold:
            self._untold[sort] += count
        elif len(self._untold) < MAX_KINDS:
            self._untold[sort] = 0
            self._voice.warn(detail)
            self._tell(reason, sort[1], count)
        else:
            self._untold[reason, ""] = self._untold.get((reason, ""), 0) + count

    def tell(self) -> None:
        """Tell the server what was counted since."""
        for (reason, detail), count in list(self._untold.items()):
            if count:
                self._untold[reason, detail] = 0
                self._tell(reason, detail, count)

    def _tell(self, reason: str, detail: str, count: int) -> None:
        record = {"reason": reason, "count": count, "detail": detail}
        self._append(Kind.LOSS, encode(record))
