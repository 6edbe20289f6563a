"""`wanllmdb export PROJECT`: all points of a project, or of some runs, as a file.

The file has its name when it is complete; what comes before stands beside it as `.part`, and
goes away if nothing comes of it.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from urllib.parse import unquote

from wanllmdb.commands.answer import (
    OK,
    Commands,
    answer,
    connect,
    declare,
    project_place,
    settings_of,
)
from wanllmdb.connection import Timeouts
from wanllmdb.errors import CommError, UsageError
from wanllmdb.http import Http

FORMATS: Final = ("parquet", "arrow", "csv", "jsonl")
TELL_SECONDS: Final = 0.5
_PATIENCE: Final = Timeouts(read=600.0)  # a large project is looked through before it is sent
_STDOUT: Final = "-"
_UNITS: Final = ((1e3, "kB"), (1e6, "MB"), (1e9, "GB"))


def add(commands: Commands) -> None:
    """Make the command known."""
    command = declare(commands, "export", _export, "take the points of a project as a file")
    command.add_argument("project", metavar="[OWNER/]PROJECT", help="which project")
    command.add_argument("--runs", nargs="+", metavar="ID", help="these runs (all)")
    command.add_argument("--keys", nargs="+", metavar="KEY", help="these keys (all)")
    command.add_argument("--format", choices=FORMATS, help="that of the file's ending, or parquet")
    command.add_argument(
        "--shape", choices=("long", "wide"), default="long", help="a point a row, or a step a row"
    )
    command.add_argument(
        "--stream",
        choices=("default", "system", "all"),
        default="default",
        help="what was logged, what was measured of the machine, or both",
    )
    command.add_argument("-o", "--output", metavar="FILE", help="- is standard output")


def _export(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    http = connect(settings, _PATIENCE)
    place = project_place(settings, http, arguments.project)
    if place is None:
        raise UsageError(f"{arguments.project!r} names no project; write PROJECT or OWNER/PROJECT.")
    form = arguments.format or _form_of(arguments.output)
    question = {
        "format": form,
        "shape": arguments.shape,
        "stream": arguments.stream,
        "runs": arguments.runs,
        "keys": arguments.keys,
    }
    began = time.monotonic()
    if arguments.output == _STDOUT:
        _fetch(http, place, question, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return OK
    path = Path(arguments.output or f"{unquote(place.rpartition('/')[2])}.{form}")
    size = _into_file(http, place, question, path)
    seconds = time.monotonic() - began
    said = {"file": str(path), "format": form, "shape": arguments.shape, "bytes": size,
            "seconds": round(seconds, 3)}  # fmt: skip
    answer(arguments, said, f"{path}: {_figure(size)} in {seconds:.1f} s")
    return OK


def _form_of(output: str | None) -> str:
    ending = Path(output or "").suffix.removeprefix(".")
    return ending if ending in FORMATS else FORMATS[0]


def _into_file(http: Http, place: str, question: Mapping[str, Any], path: Path) -> int:
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            size = _fetch(http, place, question, file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return size


def _fetch(http: Http, place: str, question: Mapping[str, Any], file: BinaryIO) -> int:
    """Have the file written; how many bytes it has."""
    counted = _Counted(file)
    said = http.request("POST", f"{place}/export", question, into=cast("BinaryIO", counted))
    if said.status == 401:
        raise CommError(f"{http.url} does not know you. Run `wanllmdb login --host {http.url}`.")
    if not said.ok:
        raise CommError(f"{http.url}: {said.detail}")
    counted.told()
    return counted.size


class _Counted(io.RawIOBase):
    """A file that begins once, and says on a terminal how far it is."""

    def __init__(self, file: BinaryIO) -> None:
        self.size = 0
        self._file = file
        self._began = self._said = time.monotonic()
        self._tells = sys.stderr.isatty()

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        self._file.write(content)
        self.size += len(content)
        now = time.monotonic()
        if self._tells and now - self._said > TELL_SECONDS:
            self._said = now
            sys.stderr.write(f"\r{_figure(self.size)}, {_figure(self._pace(now))}/s ")
        return len(content)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """To the beginning; there is no way back to it where others read already."""
        if self.size:
            self._file.seek(offset, whence)
            self.size = 0
        return 0

    def truncate(self, size: int | None = None, /) -> int:
        if size is None and self._file.seekable():
            self._file.truncate()
        return 0

    def told(self) -> None:
        """It is complete: end the line."""
        if self._tells and self._said != self._began:
            sys.stderr.write("\n")

    def _pace(self, now: float) -> float:
        return self.size / max(now - self._began, 1e-3)


def _figure(size: float) -> str:
    if size < 1000:
        return f"{size:.0f} B"
    power, unit = next((each for each in _UNITS if size < each[0] * 1000), _UNITS[-1])
    return f"{size / power:.1f} {unit}"
