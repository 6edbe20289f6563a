"""A shelf in memory, and as much of a tensor as media look at."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from wanllmdb.media.shelf import Content, SavedFile, mime_of


class Bench:
    """A shelf whose files lie in a dict."""

    is_artifact = False

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.said: list[str] = []

    def put(self, content: Content, *, folder: str, key: str, suffix: str) -> SavedFile:
        found = content.read_bytes() if isinstance(content, Path) else content
        digest = hashlib.sha256(found).hexdigest()
        path = f"media/{folder}/{key}_{digest[:20]}{suffix}"
        self.files[path] = found
        return SavedFile(path, digest, len(found), mime_of(suffix))

    def warn(self, line: str) -> None:
        self.said.append(line)

    def content(self, said: dict[str, Any]) -> bytes:
        """The file that a row names."""
        content = self.files[said["path"]]
        assert hashlib.sha256(content).hexdigest() == said["sha256"]
        assert len(content) == said["size"]
        return content


class Tensor:
    """A tensor on some device, as PyTorch has them."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> Any:
        return self._array
