"""The console, in both directions: what the script prints is kept, what the SDK says is said.

Capture wraps the `write` of `sys.stdout` and `sys.stderr`. A wrapped write does what it did,
and then puts the text into a bounded queue; it cannot call itself. A thread turns the queue
into lines, many at a time. A line after a pause is kept before its `print` returns, since it
may be the last one. Who prints more than the thread can keep up with keeps lines, too, a few
with each write, before anything is left out.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final, TextIO

from wanllmdb import notebook
from wanllmdb.guard import guarded
from wanllmdb.redaction import LineCleaner
from wanllmdb.terminal import Line, Terminal

MAX_WAITING: Final = 8 * 1024 * 1024  # characters between two looks at the queue
HELP_AT: Final = 1024 * 1024  # from here on who prints helps
WAIT_AT: Final = 4 * 1024 * 1024  # and from here on waits for the turn to help
WAIT_SECONDS: Final = 0.5
PATIENT_SECONDS: Final = 10.0
HELP_WRITES: Final = 64  # with so many writes at a time
LOOK_WRITES: Final = 1024  # while the thread does so, nobody else does
WRITE_PRICE: Final = 128  # what a write costs besides its characters: short lines are work, too
LOOK_SECONDS: Final = 0.5
TELL_SECONDS: Final = 30.0  # between two words on what came too fast
PAUSE_NS: Final = 5_000_000  # after so long without one a line is kept at once
GATHER_SECONDS: Final = 0.02  # in which more may come before the thread looks
TOGETHER_NS: Final = 10_000_000  # writes of so short a time are looked at as one
CLOSE_SECONDS: Final = 2.0

# Takes stream, line number, microseconds and text.
WriteLine = Callable[[str, int, int, str], None]
Lose = Callable[[int], None]


class Voice:
    """How the SDK speaks to the user: lines on stderr, each warning once.

    Args:
        silent: says nothing at all.
        quiet: says only what is wrong.
        stream: where to; `sys.stderr` of the moment by default.
    """

    def __init__(
        self, *, silent: bool = False, quiet: bool = False, stream: TextIO | None = None
    ) -> None:
        self._silent = silent
        self._quiet = quiet
        self._stream = stream
        self._said: set[str] = set()

    def say(self, line: str) -> None:
        """Something that is good to know."""
        if not self._quiet:
            self._write(line)

    def warn(self, line: str, *, once: str | None = None) -> None:
        """Something that is wrong; a second time under the same `once` it is not repeated."""
        if once is not None:
            if once in self._said:
                return
            self._said.add(once)
        self._write(f"warning: {line}")

    def _write(self, line: str) -> None:
        stream = self._stream or sys.stderr
        if self._silent or stream is None:
            return
        with contextlib.suppress(Exception):  # closed, or the reader has gone, or not a stream
            stream.write(f"wanllmdb: {line}\n")
            stream.flush()


class Capture:
    """Keeps what the script prints while it is open.

    Args:
        write: keeps a line; the same number again replaces what it was.
        lose: told how many characters came too fast to be kept.
        streams: name and stream of each that is captured.
        every: seconds between two looks at the queue.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        write: WriteLine,
        lose: Lose,
        streams: dict[str, TextIO],
        *,
        every: float = LOOK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every = every
        self._write = write
        self._lose = lose
        self._queue: deque[tuple[str, int, str]] = deque()
        self._waiting = 0
        self._dropped = 0
        self._tell_at = 0.0
        self._patient_at = 0.0
        self._kept_ns = 0
        self._terminals = {name: Terminal(self._teller(name), clock) for name in streams}
        self._open = True
        self._turn = threading.Lock()  # who makes lines of the queue
        # Not an event: a handler that prints while one is being set would wait for itself.
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._rung = False
        self._streams = streams
        self._seen: set[str] = set()  # streams whose wrapped write was just called
        self._undo = [self._wrap(name, stream) for name, stream in streams.items()]
        self._thread = threading.Thread(target=self._work, name="wanllmdb-console", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and keep what was printed until now."""
        if not self._open:
            return
        self._open = False
        for undo in self._undo:
            undo()
        self._ring()
        self._thread.join(timeout=CLOSE_SECONDS)
        self._look()
        if self._turn.acquire(timeout=CLOSE_SECONDS):
            try:
                for terminal in self._terminals.values():
                    terminal.close()
            finally:
                self._turn.release()

    def take(self, text: str) -> None:
        """Keep a text as if it had been printed."""
        if self._open:
            self._printed("stdout", text if text.endswith("\n") else f"{text}\n")

    @guarded()
    def stay(self, *_: object) -> None:
        """Wrap again what somebody else has unwrapped, as IPython does after each cell."""
        for name, stream in self._streams.items():
            self._seen.discard(name)
            stream.write("")  # says nothing, and comes by if we are there still
            if self._open and name not in self._seen:
                self._undo.append(self._wrap(name, stream))

    def abandon(self) -> None:
        """In the child of a fork: the lines are the parent's to keep."""
        self._open = False
        for undo in self._undo:
            undo()

    def _teller(self, name: str) -> Callable[[Line], None]:
        clean = LineCleaner()

        def tell(line: Line) -> None:
            self._write(name, line.number, line.time_us, clean(line.text))

        return tell

    def _wrap(self, name: str, stream: TextIO) -> Callable[[], None]:
        original = stream.write

        def write(text: Any, /) -> int:
            written = original(text)
            if self._open and isinstance(text, str):
                self._printed(name, text)
            return written

        def undo() -> None:
            # Somebody else may have wrapped it again; then ours stays inside, and keeps nothing.
            if vars(stream).get("write") is write:
                with contextlib.suppress(AttributeError):
                    del stream.write

        stream.write = write
        return undo

    @guarded()
    def _printed(self, name: str, text: str) -> None:
        """Put what was printed into the queue; of a line after a pause, keep it."""
        if not text:
            self._seen.add(name)
            return
        if self._waiting >= MAX_WAITING:
            self._dropped += len(text)
            self._help()
            return
        now = time.time_ns()
        self._waiting += len(text) + WRITE_PRICE
        self._queue.append((name, now, text))
        if "\n" in text and now - self._kept_ns > PAUSE_NS:
            self._kept_ns = now
            self._help()
        elif self._waiting > HELP_AT:
            self._help()
        elif not self._rung:
            self._ring()

    def _ring(self) -> None:
        self._rung = True
        self._bell.put(None)

    @guarded()
    def _work(self) -> None:
        while self._open:
            with contextlib.suppress(Empty):
                self._bell.get(timeout=self._every)
                time.sleep(min(GATHER_SECONDS, self._every))
            self._rung = False
            if self._open:
                self._look()

    @guarded()
    def _help(self) -> None:
        """Make lines of a few writes, unless somebody does so just now.

        When much waits, it waits a moment for that; once in vain, it does not for a while.
        """
        hurried = self._waiting > WAIT_AT and time.monotonic() >= self._patient_at
        if self._turn.acquire(timeout=WAIT_SECONDS if hurried else 0):
            try:
                self._take(HELP_WRITES)
            finally:
                self._turn.release()
        elif hurried:
            self._patient_at = time.monotonic() + PATIENT_SECONDS
        if self._queue and not self._rung:
            self._ring()

    def _look(self) -> None:
        """Make lines of what waits, and tell what changed or was lost."""
        while self._queue:
            with self._turn:
                self._take(LOOK_WRITES)
            time.sleep(0)  # who waits for the interpreter finds the turn free, and can help
        with self._turn:
            for terminal in self._terminals.values():
                terminal.look()
        now = time.monotonic()
        if self._dropped and (not self._open or now >= self._tell_at):
            self._tell_at = now + TELL_SECONDS
            dropped, self._dropped = self._dropped, 0
            self._lose(dropped)

    def _take(self, most: int) -> None:
        """Make lines of the oldest writes: those that belong together at once."""
        queue = self._queue
        while most > 0:
            if not queue:
                # Counted by several threads, it may be a little wrong; it is right again now.
                self._waiting = 0
                return
            name, at, text = queue.popleft()
            parts = [text]
            until = at + TOGETHER_NS
            while queue and queue[0][0] == name and queue[0][1] < until and len(parts) < most:
                parts.append(queue.popleft()[2])
            most -= len(parts)
            text = "".join(parts)
            self._waiting -= len(text) + WRITE_PRICE * len(parts)
            self._terminals[name].feed(text, at // 1000)


def capture(mode: str, write: WriteLine, lose: Lose) -> Capture | None:
    """Begin to keep what is printed, if the setting says so and the streams can be wrapped."""
    if mode == "off":
        return None
    found: dict[str, Any] = {"stdout": sys.stdout, "stderr": sys.stderr}
    if found["stdout"] is found["stderr"]:
        del found["stderr"]
    streams = {
        name: stream
        for name, stream in found.items()
        if hasattr(stream, "__dict__") and hasattr(stream, "write")
    }
    captured = Capture(write, lose, streams) if streams else None
    if captured is not None and (shell := notebook.shell()) is not None:
        shell.events.register("pre_run_cell", captured.stay)
        captured._undo.append(lambda: shell.events.unregister("pre_run_cell", captured.stay))
    return captured
