"""Where artifacts lie on this machine: bytes that were fetched, by digest; what is being made.

The cache is only ever a shortcut: what comes out of it is hashed again, and what is not what it
should be is fetched anew. It may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from wanllmdb.settings import Settings, resolve
from wanllmdb.surroundings import expanded


def cache_root(settings: Settings) -> Path:
    """Where fetched bytes are kept for the next time."""
    if settings.cache_dir:
        return expanded(settings.cache_dir).absolute() / "wanllmdb"
    return expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache").absolute() / "wanllmdb"


def staging_root(settings: Settings | None = None) -> Path:
    """Where the content of artifacts lies until they are logged."""
    settings = settings or resolve({})
    if settings.data_dir:
        return expanded(settings.data_dir).absolute() / "wanllmdb" / "staging"
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return expanded(data).absolute() / "wanllmdb" / "staging"


def download_root(settings: Settings) -> Path:
    """Below which artifacts are downloaded if nobody says where to."""
    return Path(settings.artifact_dir or "artifacts")


class Cache:
    """Fetched bytes by their digest."""

    def __init__(self, root: Path) -> None:
        self._root = root / "artifacts" / "sha256"

    def find(self, digest: str, size: int | None) -> Path | None:
        """Where the bytes lie, if something of that size does. Hash them before they are used."""
        path = self._path(digest)
        try:
            there = path.stat().st_size
        except OSError:
            return None
        return path if size in {None, there} else None

    def put(self, digest: str, source: Path) -> None:
        """Keep a copy of these bytes; where that cannot be, nothing is lost."""
        from shutil import copyfile

        path = self._path(digest)
        draft = path.with_name(f".{digest}.{os.getpid()}")
        with contextlib.suppress(OSError):
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                copyfile(source, draft)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)

    def drop(self, digest: str) -> None:
        """What lies there is not what it should be."""
        with contextlib.suppress(OSError):
            self._path(digest).unlink()

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest
