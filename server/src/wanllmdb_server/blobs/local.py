"""The BlobStore of one machine: a file for each blob, named by its digest.

No name that a client chose ever becomes part of a path: a digest is checked to be one, and
everything is opened relative to the folder of the store, following no links.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from wanllmdb_server.blobs.store import Blob, BlobMissingError, DigestMismatchError

PIECE: Final = 256 * 1024
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")


class LocalBlobStore:
    """Keeps blobs in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        """Use the folder; it is made, with what lies in it left as it is."""
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in self._incoming.iterdir():  # of puts that a dead process has begun
            left.unlink()

    async def put(self, chunks: AsyncIterator[bytes], *, digest: str | None = None) -> Blob:
        """Keep the bytes; return when they would outlive a power cut."""
        path = self._incoming / secrets.token_hex(16)
        hashed, size = hashlib.sha256(), 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        file = await asyncio.to_thread(os.open, path, flags, 0o600)
        try:
            async for chunk in chunks:
                await asyncio.to_thread(_write, file, chunk, hashed)
                size += len(chunk)
            found = hashed.hexdigest()
            _compare(found, digest)
            await asyncio.to_thread(self._settle, file, path, found)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(file)
        return Blob(found, size)

    async def open(
        self, digest: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, in pieces."""
        file = await asyncio.to_thread(self._opened, digest)
        try:
            place = start
            while end is None or place < end:
                wanted = PIECE if end is None else min(PIECE, end - place)
                piece = await asyncio.to_thread(os.pread, file, wanted, place)
                if not piece:
                    return
                place += len(piece)
                yield piece
        finally:
            os.close(file)

    async def url(self, digest: str) -> str | None:
        """Nowhere: the server passes the bytes on."""
        del digest

    async def exists(self, digest: str) -> bool:
        """Whether the blob is there."""
        path = self._path(digest)
        return path is not None and await asyncio.to_thread(path.is_file)

    async def delete(self, digest: str) -> None:
        """Drop the blob."""
        path = self._path(digest)
        if path is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def _path(self, digest: str) -> Path | None:
        """Where the blob lies, if the text is a digest."""
        if not _DIGEST.match(digest):
            return None
        return self._folder / digest[:2] / digest[2:4] / digest

    def _opened(self, digest: str) -> int:
        path = self._path(digest)
        if path is None:
            raise BlobMissingError("This is no digest.")
        try:
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise BlobMissingError(f"There is no blob {digest}.") from None

    def _settle(self, file: int, path: Path, digest: str) -> None:
        """Give the written file its name, durably."""
        os.fsync(file)
        target = self._path(digest)
        assert target is not None  # noqa: S101 - it is a digest: we have just computed it
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(target)
        for folder in (target.parent, target.parent.parent, self._folder):
            _sync(folder)


def _write(file: int, chunk: bytes, hashed: hashlib._Hash) -> None:  # pyright: ignore[reportPrivateUsage]
    hashed.update(chunk)
    left = memoryview(chunk)
    while left:
        left = left[os.write(file, left) :]


def _compare(found: str, announced: str | None) -> None:
    if announced is not None and found != announced:
        raise DigestMismatchError(f"The bytes have the digest sha256:{found}.")


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
