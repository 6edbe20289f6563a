"""File: a named blob of a run. The name is shown and compared; it is never a path of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_PATH_BYTES: Final = 1024

_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a run. `digest` is its SHA-256 in hexadecimal digits."""

    path: str
    digest: str
    size: int
    mime: str
    created_at: int


def path_fault(path: str) -> str | None:
    """Why this cannot be the name of a file, or None if it can.

    The server would not mind any name; whoever downloads the files of a run into a folder does.
    """
    if not path or len(path.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        return f"A file's name has 1 to {MAX_PATH_BYTES} bytes."
    if _CONTROL.search(path) or "\\" in path or any("\ud800" <= char <= "\udfff" for char in path):
        return "A file's name has no control characters and no backslash."
    if any(part in {"", ".", ".."} for part in path.split("/")) or re.match(r"[A-Za-z]:", path):
        return "A file's name is relative, with no empty part, no '.' and no '..'."
    return None


def is_digest(text: str) -> bool:
    """Whether the text is a SHA-256 in hexadecimal digits."""
    return bool(_DIGEST.match(text))
