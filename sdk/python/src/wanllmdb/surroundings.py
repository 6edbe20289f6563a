"""Surroundings: the working directory, the home, the temporary directory, also where none is.

A job may run in a directory that was deleted, as a user whom no list of users knows, or where
nothing can be written. That is no reason to fail: then these name a place at which nothing is.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

NOWHERE: Final = Path("/nonexistent")  # what systems give users as a home who have none


def working_directory() -> Path:
    """Where the process works; `NOWHERE` if that was deleted."""
    try:
        return Path.cwd()
    except OSError:
        return NOWHERE


def expanded(path: str | os.PathLike[str]) -> Path:
    """A path with `~` as the home of the user; below `NOWHERE` if nobody knows that."""
    text = os.path.expanduser(path)  # noqa: PTH111  Path.expanduser raises where this does not
    if text.startswith("~"):
        return NOWHERE / text.partition("/")[2]
    return Path(text)


def temporary() -> Path:
    """The directory of temporary files; the usual one if none can be written."""
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        return Path("/tmp")  # noqa: S108  it is told, not used


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook, where cells are run again."""
    return "ipykernel" in sys.modules
