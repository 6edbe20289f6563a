"""Names of test cases that are the same in every process and on every machine."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def said(value: object) -> str:
    """What a value is called: its text, without the places where it lies."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value)).replace(f"{ROOT}/", "")
