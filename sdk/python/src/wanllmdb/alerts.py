"""Alerts: what a script wants people to hear. Kept at once, and sent at once.

An alert is raised where something went wrong, so it is never refused: a level or a duration that
is none is said, and the usual one taken.
"""

from __future__ import annotations

import datetime
import enum
import math
import weakref
from typing import TYPE_CHECKING, Any, Final

from wanllmdb.values import text as plain
from wanllmdb.wire import Kind, encode

if TYPE_CHECKING:
    from wanllmdb.run import Run

MAX_TITLE: Final = 256  # characters
MAX_TEXT: Final = 64 * 1024
WAIT_SECONDS: Final = 60.0  # between two alerts of the same title
MAX_TITLES: Final = 10_000  # that are told apart


class AlertLevel(enum.Enum):
    """How grave an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


# When each title of a run was last told, in nanoseconds.
_told: weakref.WeakKeyDictionary[Run, dict[str, int]] = weakref.WeakKeyDictionary()


def alert(
    run: Run,
    title: str,
    text: str,
    *,
    level: str | AlertLevel | None = None,
    wait_duration: float | datetime.timedelta | None = None,
) -> None:
    """Tell who watches the run.

    Args:
        run: that it is about.
        title: short; alerts of one title are the same alert.
        text: what happened.
        level: INFO, WARN or ERROR.
        wait_duration: for so long, in seconds or as a span of time, no other alert of the title
            is told; a minute if nothing is said.
    """
    title = plain(str(title))[:MAX_TITLE]
    now = run._clock()
    told = _told.setdefault(run, {})
    last = told.get(title)
    if last is not None and now - last < _seconds(run, wait_duration) * 1e9:
        return
    told.pop(title, None)
    told[title] = now
    if len(told) > MAX_TITLES:
        told.pop(next(iter(told)), None)
    said = {
        "title": title,
        "text": plain(str(text))[:MAX_TEXT],
        "level": _level(run, level).value,
        "time_us": now // 1000,
    }
    run._append(Kind.ALERT, encode(said))
    run._hurry(0.0)


def _level(run: Run, level: str | AlertLevel | None) -> AlertLevel:
    if level is None:
        return AlertLevel.INFO
    try:
        return AlertLevel(str(getattr(level, "value", level)).upper())
    except ValueError:
        run._voice.warn(f"an alert is of level INFO, WARN or ERROR; {level!r:.40} is taken as INFO")
        return AlertLevel.INFO


def _seconds(run: Run, given: Any) -> float:
    if given is None:
        return WAIT_SECONDS
    if isinstance(given, datetime.timedelta):
        return given.total_seconds()
    if isinstance(given, (int, float)) and not math.isnan(given):
        return float(given)
    run._voice.warn(
        f"alert: wait_duration is a number of seconds or a timedelta, not {given!r:.40}"
    )
    return WAIT_SECONDS
