"""Crash points: places of the server at which a test lets it end as by SIGKILL.

`WANLLMDB_CRASH_AT=seal.durable` ends the process when it gets there for the first time,
`WANLLMDB_CRASH_AT=seal.durable:3` the third time. It is read once, when the server is loaded;
without it a point is a call of a function that does nothing. Every point is a literal
`crash_point("...")` in the code, from which tests/faults/test_f34_crash_points.py knows them all.
"""

from __future__ import annotations

import itertools
import os
import signal
from typing import Final

_NAME, _, _TIMES = os.environ.get("WANLLMDB_CRASH_AT", "").partition(":")
_LAST: Final = int(_TIMES or 1)
_passed = itertools.count(1)


def _nothing(name: str) -> None:
    """Pass by."""


def _crash(name: str) -> None:
    """End here and now, if this is the place and it is time; no handler and no `finally` runs."""
    if name == _NAME and next(_passed) == _LAST:
        os.kill(os.getpid(), signal.SIGKILL)


crash_point: Final = _crash if _NAME else _nothing
