"""Captured: a file that the SDK makes of what it finds, kept with the run."""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from wanllmdb.staging import FOLDER
from wanllmdb.wire import Kind, encode

Append = Callable[[int, bytes], bool]

_counter: Final = itertools.count()


def keep(folder: Path, append: Append, name: str, content: bytes) -> None:
    """Make a file of the run. It waits beside the files that the script made, not among them.

    Args:
        folder: of the run's files.
        append: of the run's journal.
        name: with slashes.
        content: all of it, without secrets.

    Raises:
        OSError: it cannot be written.
    """
    at = f"{FOLDER}/{os.getpid()}-{time.time_ns():x}-captured-{next(_counter)}"
    target = folder / at
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    said = {
        "path": name,
        "digest": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "mime": "application/json" if name.endswith(".ipynb") else "text/plain",
        "at": at,
    }
    append(Kind.FILE, encode(said))
