"""Oversize: a config or a summary that is larger than it is worth. What fits in a record is told.

What is told is shown, searched and compared, so it stays small. The whole of a config that does
not fit becomes a file of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from wanllmdb.media.shelf import Folder, SavedFile
from wanllmdb.values import Unloggable
from wanllmdb.wire import Kind, encode

MAX_TEXT: Final = 64 * 1024  # characters
MAX_VALUE_BYTES: Final = 128 * 1024
MAX_BYTES: Final = 512 * 1024  # a record has room for as much again beside it
_SMALL: Final = 64 * 1024

Append = Callable[[int, bytes], bool]


def fitted(values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What of these values fits in a record, and the keys of what was cut or left out."""
    if len(encode(values)) <= _SMALL:
        return values, []
    found: dict[str, Any] = {}
    cut: list[str] = []
    room = MAX_BYTES
    for key, value in values.items():
        small = _cut(value)
        size = len(encode((key, small)))
        if small is not value or size > room:
            cut.append(key)
        if size <= room:
            found[key] = small
            room -= size
    return found, cut


def keep(folder: Path, append: Append, config: Mapping[str, Any]) -> str:
    """Make the whole of a config a file of the run; its path there.

    Raises:
        OSError: there is no room for it.
    """

    def tell(file: SavedFile) -> None:
        append(Kind.FILE, encode(file.record()))

    content = msgspec.json.encode(config)
    try:
        file = Folder(folder, tell).put(content, folder="config", key="config", suffix=".json")
    except Unloggable as error:
        raise OSError(str(error)) from error
    return file.path


def _cut(value: Any) -> Any:
    """The value, if it is small enough; else a word on what it is."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return f"{value[:MAX_TEXT]}… [cut: {len(value)} characters]"
    if isinstance(value, (str, int, float)) or value is None:
        return value
    size = len(encode(value))
    return (
        value
        if size <= MAX_VALUE_BYTES
        else f"[left out: a {type(value).__name__} of {size} bytes]"
    )
