"""Preemption: a scheduler tells the script to go, and the server hears of it.

Without `preemption=True` there is no signal handler, and a signal does what it would do
without us. With it, the main thread writes one record at the signal and passes the signal on:
to the handler that was there before, or, with the default restored, to the kernel, so that
the process ends with the very status that it would have had.

A Python handler runs when the main thread comes back to the interpreter. While that thread
is inside a long call into C, the signal waits: the price of a handler, and why nobody gets
one who did not ask.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, Final

from wanllmdb.wire import Kind, encode

# With what schedulers tell a job to go: most of them with the first.
NAMES: Final = ("SIGTERM", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGHUP")
ASKED: Final = "mark_preempting"  # the name of a signal that the script itself gave
LAST_SECONDS: Final = 1.0  # how long a process that is about to die waits for its server

Append = Callable[[int, bytes], bool]
Hurry = Callable[[float], None]


def names(value: Any) -> tuple[str, ...]:
    """The signals that a setting means: `True`, a name, names joined with commas, a list.

    Raises:
        ValueError: one of them is not a signal that tells a job to go.
    """
    words: Iterable[Any] = value.split(",") if isinstance(value, str) else value
    if isinstance(words, (bool, int)):
        words = NAMES[:1] if words else ()
    found = dict.fromkeys(_name(word) for word in words)
    return tuple(name for name in found if name)


def _name(word: Any) -> str:
    text = word.name if isinstance(word, signal.Signals) else str(word).strip().upper()
    if text in {"", "0", "FALSE", "NO", "OFF"}:
        return ""
    if text in {"1", "TRUE", "YES", "ON"}:
        return NAMES[0]
    name = text if text.startswith("SIG") else f"SIG{text}"
    if name not in NAMES:
        raise ValueError(f"{name} is none of {', '.join(NAMES)}")
    return name


def tell(append: Append, name: str) -> None:
    """Keep the record that says: the script was told to go. Neither waits nor raises."""
    now = time.time_ns() // 1000
    append(Kind.SIGNAL, encode({"name": name, "preempted": True, "time_us": now}))


class Watch:
    """The handlers of one run. Goes along with it, and leaves no handler behind."""

    def __init__(self, append: Append, hurry: Hurry) -> None:
        """Prepare; `hurry` sends at once what was kept, and waits at most so many seconds."""
        self._append = append
        self._hurry = hurry
        self._active = False
        self._previous: dict[int, Any] = {}

    def install(self, wanted: Iterable[str]) -> str | None:
        """Begin to watch; says why not, where that cannot be."""
        if threading.current_thread() is not threading.main_thread():
            return "preemption: only the main thread can watch for signals, and this is another"
        foreign: list[str] = []
        for name in wanted:
            number = getattr(signal, name, None)
            # A handler that did not come from Python cannot be called from here.
            if number is None or signal.getsignal(number) is None:
                foreign.append(name)
            else:
                self._previous[number] = signal.signal(number, self._hear)
        self._active = True
        return f"preemption: {', '.join(foreign)} cannot be watched here" if foreign else None

    def close(self) -> None:
        """Put back what was there before, where nobody has put a handler over ours."""
        self._active = False
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread may; what stays passes every signal on
        for number, previous in self._previous.items():
            if signal.getsignal(number) == self._hear:
                signal.signal(number, previous)

    def abandon(self) -> None:
        """In the child of a fork: the run is the parent's, the signal is passed on."""
        self._active = False

    def _hear(self, number: int, frame: FrameType | None) -> None:
        previous = self._previous[number]
        if self._active:
            tell(self._append, signal.Signals(number).name)
            self._hurry(LAST_SECONDS if previous is signal.SIG_DFL else 0.0)
        if callable(previous):
            previous(number, frame)
        elif previous is signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
