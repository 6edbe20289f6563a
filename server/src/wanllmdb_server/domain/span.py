"""Span: a stretch of time as people write it, `90s`, `5m`, `1h30m`, `1.5d`."""

from __future__ import annotations

import re
from typing import Final

_WHOLE: Final = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+", re.ASCII)
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def read_span(text: str) -> float | None:
    """The seconds that a text means; None if it is no span."""
    if len(text) > 64 or not _WHOLE.fullmatch(text):
        return None
    return sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
