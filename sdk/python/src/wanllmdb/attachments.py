"""Attachments: values that are files. They lie in the run's directory, and a row names them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from wanllmdb.wire import Kind, encode

Append = Callable[[int, bytes], bool]


@runtime_checkable
class Media(Protocol):
    """A value that may have to be a file."""

    def save(self, folder: Path, key: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Write it under `folder`; what stands in the row, and a FILE payload for each file."""
        ...


class Attachments:
    """Keeps the media of one run.

    Args:
        folder: where files of the run lie.
        append: the run's journal.
    """

    def __init__(self, folder: Path, append: Append) -> None:
        self._folder = folder
        self._append = append

    def __call__(self, key: str, value: Any) -> dict[str, Any] | None:
        media = _as_media(value)
        if media is None:
            return None
        said, files = media.save(self._folder, key)
        for file in files:
            self._append(Kind.FILE, encode(file))
        return said


def _as_media(value: Any) -> Media | None:
    if isinstance(value, (int, float, str)):
        return None
    if isinstance(value, Media):
        return value
    return None
