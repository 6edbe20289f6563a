"""What every command of the server says: answers to standard output, all else to standard error."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from wanllmdb_server.settings import Settings

OK: Final = 0
FAILED: Final = 1
WRONG: Final = 2

Command = Callable[[Settings, argparse.Namespace], int]


def finish(parser: argparse.ArgumentParser, command: Command) -> None:
    """Give a command the options that every one of them has."""
    parser.add_argument("--data-dir", metavar="DIR", help="where the server keeps its data")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(command=command)


def reach_files(parser: argparse.ArgumentParser) -> None:
    """Give a command that reads or writes files the option that says where they are."""
    parser.add_argument(
        "--blobs",
        metavar="URL",
        help="the bucket in which the server keeps files, if it was told so: s3://BUCKET/PREFIX",
    )


def answer(said: Mapping[str, Any], text: str, arguments: argparse.Namespace) -> None:
    """Answer, as it was asked for."""
    out(json.dumps(said) if arguments.json else text)


def out(line: str) -> None:
    """A line of the answer."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def complain(error: Exception, status: int) -> int:
    """Say what is wrong; returns the status."""
    sys.stderr.write(f"wanllmdb-server: {error}\n")
    return status


def now_us() -> int:
    """The time, in microseconds since the epoch."""
    return time.time_ns() // 1000


def size(count: int) -> str:
    """A number of bytes for people."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


class Bar:
    """A progress bar on standard error, where that is a terminal."""

    _WIDTH: Final = 30
    _EVERY_S: Final = 0.1

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._at = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._shown or (now - self._at < self._EVERY_S and done < total):
            return
        self._at = now
        filled = self._WIDTH * done // max(total, 1)
        bar = "#" * filled + "." * (self._WIDTH - filled)
        sys.stderr.write(f"\r{what:<9} [{bar}] {size(done)} of {size(total)} \x1b[K")
        sys.stderr.flush()

    def end(self) -> None:
        """Take the bar away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
