"""Given: what a medium that is a file may be made of: a path, an open file, or the content."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from wanllmdb.media.media import suffix_of

_LONGEST_PATH = 4096


def is_path(given: Any) -> bool:
    """Whether a value is the path of a file, and not what would stand in one."""
    if isinstance(given, os.PathLike):
        return True
    if not isinstance(given, str) or len(given) > _LONGEST_PATH or "\0" in given:
        return False
    return os.path.isfile(given)  # noqa: PTH113 - false for whatever no file system takes


def checked_path(path: str | os.PathLike[str], suffixes: Collection[str], what: str) -> Path:
    """The path of a file that is there and ends as it must.

    Raises:
        ValueError: it ends otherwise.
        OSError: it cannot be looked at.
    """
    found = Path(path)
    if suffix_of(found.name) not in suffixes:
        words = ", ".join(each.lstrip(".") for each in suffixes)
        raise ValueError(f"{what} is a file that ends in {words}; {found.name} does not.")
    if not found.is_file():
        raise FileNotFoundError(f"{what}: there is no file {found}.")
    return found.absolute()


def is_file(given: Any) -> bool:
    """Whether a value can be read like a file."""
    return callable(getattr(given, "read", None))


def content_of(file: Any) -> bytes:
    """All that a file has, from its beginning if it has one."""
    if callable(getattr(file, "seek", None)):
        file.seek(0)
    content = file.read()
    return content.encode() if isinstance(content, str) else bytes(content)


def suffix_of_file(file: Any) -> str:
    """The suffix of the name of an open file; "" if it has none."""
    name = getattr(file, "name", None)
    return suffix_of(name) if isinstance(name, str) else ""


# How files of sound and moving pictures begin.
_MAGIC = (
    (b"RIFF", 0, ".wav"),
    (b"fLaC", 0, ".flac"),
    (b"ID3", 0, ".mp3"),
    (b"\xff\xfb", 0, ".mp3"),
    (b"OggS", 0, ".ogg"),
    (b"GIF8", 0, ".gif"),
    (b"ftyp", 4, ".mp4"),
    (b"\x1aE\xdf\xa3", 0, ".webm"),
)


def sniffed(content: bytes) -> str:
    """The suffix that content of sound or moving pictures goes by; "" if it is not known."""
    for magic, at, suffix in _MAGIC:
        if content[at : at + len(magic)] == magic:
            return suffix
    return ""
