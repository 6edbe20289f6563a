"""Globs: the paths that a pattern names, one by one.

`*`, `?` and `[…]` stand for a part of a name, `**` for any number of folders. What begins with a
dot is found only by a pattern that says the dot. `**` goes through no link to a folder, so a link
that leads back up is no way without end.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MAGIC: Final = re.compile(r"[*?\[]")


def has_magic(pattern: str) -> bool:
    """Whether a pattern names more than one path."""
    return _MAGIC.search(pattern) is not None


def matches(pattern: Path) -> Iterator[Path]:
    """The paths that are there, in order; `pattern` is an absolute one."""
    seen: set[Path] = set()
    for path in _walk(Path(pattern.anchor), pattern.parts[1:]):
        if path not in seen:
            seen.add(path)
            yield path


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order, through no link to a folder."""
    for path in _entries(folder, "*", dotted=True):
        if not is_folder(path):
            yield path
        elif not path.is_symlink():
            yield from files_below(path)


def is_folder(path: Path) -> bool:
    """Whether it is a folder that can be seen."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _walk(folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    if not parts:
        yield folder
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _through(folder, parts)
    elif has_magic(part):
        for path in _entries(folder, part, dotted=part.startswith(".")):
            yield from _walk(path, rest)
    elif os.path.lexists(path := folder / part):
        yield from _walk(path, rest)


def _through(folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    """What a pattern names that begins with `**`: here, and in every folder below."""
    yield from _walk(folder, parts[1:])
    for path in _entries(folder, "*", dotted=False):
        if is_folder(path) and not path.is_symlink():
            yield from _through(path, parts)
        elif len(parts) == 1:
            yield path


def _entries(folder: Path, pattern: str, *, dotted: bool) -> list[Path]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:  # it is no folder, or not ours to read
        return []
    found = sorted(fnmatch.filter(names, pattern))
    return [folder / name for name in found if dotted or not name.startswith(".")]
