"""Complaints: mistakes of ours in the background, said at most once a minute, on one line.

The training goes on, and so does the thread that met the mistake. Who wants to see where it
was sets the level of the logger `wanllmdb` to DEBUG.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Final

EVERY_SECONDS: Final = 60.0


class Complaints:
    """Says what went wrong, and how often it did since it was last said.

    Attributes:
        met: how many mistakes there were.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.met = 0
        self._clock = clock
        self._said = 0
        self._quiet_until: float | None = None

    def __call__(self, who: str, error: BaseException) -> None:
        """`who` met this error, and goes on. Never raises: a user's logging handler may."""
        with contextlib.suppress(Exception):
            self._say(who, error)

    def _say(self, who: str, error: BaseException) -> None:
        # Imported here: it is needed by nobody for whom all goes as it should.
        import logging

        logger = logging.getLogger("wanllmdb")
        logger.debug("%s met an error.", who, exc_info=error)
        self.met += 1
        now = self._clock()
        if self._quiet_until is not None and now < self._quiet_until:
            return
        self._quiet_until = now + EVERY_SECONDS
        more, self._said = self.met - self._said - 1, self.met
        logger.error(
            "%s met an error that it does not know, and goes on: %s: %.200s%s",
            who,
            type(error).__name__,
            error,
            f" ({more:,} more in between)" if more else "",
        )
