"""Lines of the terminal, as libraries write them through wandb: `termlog` and its like."""

from __future__ import annotations

import sys
from typing import Any, Final

_said: Final[set[str]] = set()


def termlog(
    string: str = "", newline: bool = True, repeat: bool = True, prefix: bool = True
) -> None:
    """Write a line; with `repeat=False` not the same one twice."""
    _write(string, newline=newline, repeat=repeat, prefix=prefix, level="")


def termwarn(string: str, newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Write a warning."""
    _write(string, newline=newline, repeat=repeat, prefix=prefix, level="warning: ")


def termerror(string: str, newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Write an error."""
    _write(string, newline=newline, repeat=repeat, prefix=prefix, level="error: ")


def termsetup(*_: Any, **__: Any) -> None:
    """Of wandb, where it says where lines go. They go to standard error."""


def _write(string: str, *, newline: bool, repeat: bool, prefix: bool, level: str) -> None:
    if _silent() or (not repeat and string in _said):
        return
    _said.add(string)
    begin = "wanllmdb: " if prefix else ""
    lines = "\n".join(f"{begin}{level}{line}" for line in str(string).split("\n"))
    if sys.stderr is not None:
        sys.stderr.write(lines + ("\n" if newline else ""))
        sys.stderr.flush()


def _silent() -> bool:
    """Whether the run, or the surroundings before there is one, want no word."""
    session = sys.modules.get("wanllmdb.session")
    run = session.current() if session else None
    if run is not None:
        return bool(run.settings.silent)
    from wanllmdb.settings import resolve

    return bool(resolve({}).silent)
