"""The terminal, in both directions: what the script prints is kept, what the SDK says is said.

Capture wraps the `write` of `sys.stdout` and `sys.stderr`. A wrapped write does what it did,
and then puts the text into a bounded queue: it takes no lock, touches no file and cannot call
itself. A thread turns the queue into lines twice a second.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TextIO

from wanllmdb.guard import guarded
from wanllmdb.redaction import clean_text
from wanllmdb.surroundings import in_notebook

MAX_LINE: Final = 64 * 1024
MAX_WAITING: Final = 1024 * 1024  # characters between two looks at the queue
WRITE_PRICE: Final = 16  # what a write costs besides its characters: short lines are work, too
LOOK_SECONDS: Final = 0.5
TELL_SECONDS: Final = 30.0  # between two words on what came too fast

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


class Lines:
    """Text as it comes, made into lines as a terminal would show them."""

    def __init__(self) -> None:
        self._parts: list[str] = []  # of the line that is open
        self._size = 0

    def feed(self, text: str) -> list[str]:
        """The lines that this text completes."""
        self._parts.append(text)
        self._size += len(text)
        if "\n" not in text and self._size <= 4 * MAX_LINE:
            return []
        *whole, rest = "".join(self._parts).split("\n")
        if "\r" in rest:  # what was overwritten need not be kept
            kept = rest.rstrip("\r")
            rest = kept[kept.rfind("\r") + 1 :] + rest[len(kept) :]
        if len(rest) > 4 * MAX_LINE:
            whole.append(rest)
            rest = ""
        self._parts, self._size = [rest], len(rest)
        return [shown(line) for line in whole]

    def rest(self) -> list[str]:
        """What no line end came for."""
        line, self._parts, self._size = "".join(self._parts), [], 0
        return [shown(line)] if line else []


def shown(line: str) -> str:
    """What of a line remains to be seen: the last of its overwritings, cut, without secrets."""
    line = line.rstrip("\r")
    line = line[line.rfind("\r") + 1 :]
    if len(line) > MAX_LINE:
        line = f"{line[:MAX_LINE]}… [cut: {len(line)} characters]"
    return clean_text(line).encode("utf-8", "backslashreplace").decode()


class Capture:
    """Keeps what the script prints while it is open.

    Args:
        write: keeps a line.
        lose: told how many characters came too fast to be kept.
        streams: name and stream of each that is captured.
        every: seconds between two looks at the queue.
    """

    def __init__(
        self,
        write: WriteLine,
        lose: Lose,
        streams: dict[str, TextIO],
        *,
        every: float = LOOK_SECONDS,
    ) -> None:
        self._every = every
        self._write = write
        self._lose = lose
        self._queue: deque[tuple[str, int, str]] = deque()
        self._waiting = 0
        self._dropped = 0
        self._tell_at = 0.0
        self._lines = {name: Lines() for name in streams}
        self._numbers = dict.fromkeys(streams, 0)
        self._open = True
        self._wake = threading.Event()
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
        self._wake.set()
        self._thread.join(timeout=2.0)
        self._look()
        for name, lines in self._lines.items():
            self._keep(name, time.time_ns() // 1000, lines.rest())

    def abandon(self) -> None:
        """In the child of a fork: the lines are the parent's to keep."""
        self._open = False
        for undo in self._undo:
            undo()

    def _wrap(self, name: str, stream: TextIO) -> Callable[[], None]:
        original = stream.write
        queue = self._queue

        def write(text: Any, /) -> int:
            written = original(text)
            if self._open and isinstance(text, str):
                if self._waiting < MAX_WAITING:
                    self._waiting += len(text) + WRITE_PRICE
                    queue.append((name, time.time_ns(), text))
                else:
                    self._dropped += len(text)
            return written

        def undo() -> None:
            # Somebody else may have wrapped it again; then ours stays inside, and keeps nothing.
            if vars(stream).get("write") is write:
                with contextlib.suppress(AttributeError):
                    del stream.write

        stream.write = write
        return undo

    @guarded()
    def _work(self) -> None:
        while self._open:
            self._wake.wait(self._every)
            if self._open:
                self._look()

    def _look(self) -> None:
        """Make lines of what waits. Only one thread at a time does so."""
        self._waiting = 0
        while self._queue:
            name, at, text = self._queue.popleft()
            self._keep(name, at // 1000, self._lines[name].feed(text))
        now = time.monotonic()
        if self._dropped and (not self._open or now >= self._tell_at):
            self._tell_at = now + TELL_SECONDS
            dropped, self._dropped = self._dropped, 0
            self._lose(dropped)

    def _keep(self, name: str, at: int, lines: list[str]) -> None:
        for line in lines:
            self._write(name, self._numbers[name], at, line)
            self._numbers[name] += 1


def capture(mode: str, write: WriteLine, lose: Lose) -> Capture | None:
    """Begin to keep what is printed, if the setting says so and the streams can be wrapped."""
    if mode == "off" or (mode == "auto" and in_notebook()):
        return None
    found: dict[str, Any] = {"stdout": sys.stdout, "stderr": sys.stderr}
    streams = {
        name: stream
        for name, stream in found.items()
        if hasattr(stream, "__dict__") and hasattr(stream, "write")
    }
    return Capture(write, lose, streams) if streams else None
