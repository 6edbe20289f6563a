"""The graphics processor of an Apple computer, as far as it tells without being asked by root."""

from __future__ import annotations

import plistlib
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Final

TOOL_SECONDS: Final = 30.0  # between two calls of the tool
ANSWER_SECONDS: Final = 4.0
_GB: Final = 1e9

Ask = Callable[[], bytes]


class Apple:
    """Asks `ioreg`, at most every half minute. Raises where there is none.

    Args:
        ask: what `ioreg` answers: a property list.
        clock: seconds that only grow.
    """

    def __init__(
        self, ask: Ask | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if ask is None and sys.platform != "darwin":
            raise OSError("This is no Apple computer.")
        self._ask = ask or _ioreg
        self._clock = clock
        self._asked_at = float("-inf")

    def read(self) -> dict[str, float]:
        if self._clock() - self._asked_at < TOOL_SECONDS:
            return {}
        self._asked_at = self._clock()
        readings: dict[str, float] = {}
        for index, card in enumerate(plistlib.loads(self._ask())):
            told: dict[str, Any] = card.get("PerformanceStatistics", {})
            if "Device Utilization %" in told:
                readings[f"system/gpu.{index}"] = float(told["Device Utilization %"])
            if "In use system memory" in told:
                used = round(told["In use system memory"] / _GB, 3)
                readings[f"system/gpu.{index}.memory_gb"] = used
        return readings


def find() -> Apple:
    """The probe of this machine. Raises when it is another's."""
    return Apple()


def _ioreg() -> bytes:
    return subprocess.run(
        ["/usr/sbin/ioreg", "-a", "-r", "-d", "1", "-c", "IOAccelerator"],
        capture_output=True,
        timeout=ANSWER_SECONDS,
        stdin=subprocess.DEVNULL,
        check=True,
    ).stdout
