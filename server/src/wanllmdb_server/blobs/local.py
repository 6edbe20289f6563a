"""The BlobStore of one machine: a file for each blob, named by its digest.

No name that a client chose ever becomes part of a path: a digest is checked to be one, and
everything is opened relative to the folder of the store, following no links.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from wanllmdb_server.blobs.room import a_full_disk_told
from wanllmdb_server.blobs.shelf import place
from wanllmdb_server.blobs.store import Blob, BlobMissingError, compare, is_digest
from wanllmdb_server.crash_points import crash_point

PIECE: Final = 256 * 1024
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


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
        with a_full_disk_told():
            return await self._put(chunks, digest)

    async def _put(self, chunks: AsyncIterator[bytes], digest: str | None) -> Blob:
        path = self._incoming / secrets.token_hex(16)
        hashed, size = hashlib.sha256(), 0
        file = await asyncio.to_thread(os.open, path, _NEW, 0o600)
        try:
            async for chunk in chunks:
                await asyncio.to_thread(_write, file, chunk, hashed)
                size += len(chunk)
            found = hashed.hexdigest()
            compare(found, digest)
            await asyncio.to_thread(self._settle, file, path, found)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(file)
        return Blob(found, size)

    async def put_all(self, contents: Sequence[tuple[str, bytes]]) -> list[Blob]:
        """Keep many small ones; a folder in which several lie is made durable once."""
        with a_full_disk_told():
            return await asyncio.to_thread(self._put_all, contents)

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
        if not is_digest(digest):
            return None
        return place(self._folder, digest)

    def _opened(self, digest: str) -> int:
        path = self._path(digest)
        if path is None:
            raise BlobMissingError("This is no digest.")
        try:
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise BlobMissingError(f"There is no blob {digest}.") from None

    def _put_all(self, contents: Sequence[tuple[str, bytes]]) -> list[Blob]:
        folders: dict[Path, None] = {}
        for digest, content in contents:
            compare(hashlib.sha256(content).hexdigest(), digest)
            target = self._path(digest)
            assert target is not None  # noqa: S101 - we have just compared it with one
            if not target.is_file():  # what is there is whole, and never changes
                self._write_new(target, content)
            folders |= dict.fromkeys((target.parent, target.parent.parent, self._folder))
        for folder in folders:
            _sync(folder)
        return [Blob(digest, len(content)) for digest, content in contents]

    def _write_new(self, target: Path, content: bytes) -> None:
        path = self._incoming / secrets.token_hex(16)
        file = os.open(path, _NEW, 0o600)
        try:
            _write_whole(file, content)
            os.fsync(file)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.replace(target)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(file)

    def _settle(self, file: int, path: Path, digest: str) -> None:
        """Give the written file its name, durably."""
        os.fsync(file)
        crash_point("blob.written")
        target = self._path(digest)
        assert target is not None  # noqa: S101 - it is a digest: we have just computed it
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(target)
        crash_point("blob.named")
        for folder in (target.parent, target.parent.parent, self._folder):
            _sync(folder)


def _write(file: int, chunk: bytes, hashed: hashlib._Hash) -> None:  # pyright: ignore[reportPrivateUsage]
    hashed.update(chunk)
    _write_whole(file, chunk)


def _write_whole(file: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
