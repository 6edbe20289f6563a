"""The BlobStore of a bucket: an object for each blob, named by its digest.

Any service that speaks S3: Amazon's, MinIO, Ceph, Garage, R2. Who we are there is said where all
programs look: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the machine's own role), AWS_REGION,
AWS_ENDPOINT_URL. Bytes wait in a folder of this machine until they are all there and have the
digest that was announced; only then are they sent, large ones in parts. So an object is whole,
and never changes: the bucket needs no rights but to read, write, list and delete in the prefix.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from wanllmdb_server.blobs.room import a_full_disk_told
from wanllmdb_server.blobs.shelf import Kept
from wanllmdb_server.blobs.store import Blob, BlobMissingError, compare, is_digest
from wanllmdb_server.domain.errors import UnavailableError

PIECE: Final = 256 * 1024
IN_MEMORY: Final = 8 << 20  # smaller ones never touch the disk
PART: Final = 16 << 20  # of a large one; S3 takes 10,000 of them: 160 GB
AT_ONCE: Final = 16  # small ones that are sent beside each other
_PATIENCE: Final = timedelta(seconds=10)  # then the one who asked is told, and asks again
_PART_AT_MOST: Final = timedelta(minutes=10)


def open_bucket(url: str, environ: Mapping[str, str]) -> S3Store:
    """The bucket, and the prefix in it, that an address like s3://bucket/prefix names.

    Raises:
        ValueError: it names none.
    """
    said = urlsplit(url)
    if said.scheme != "s3" or not said.netloc or said.query or said.username:
        raise ValueError(f"{url!r} is no bucket: s3://BUCKET or s3://BUCKET/PREFIX is one.")
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    config: dict[str, Any] = {} if endpoint is None else {"endpoint": endpoint}
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if region or endpoint:
        config["region"] = region or "us-east-1"  # others than Amazon's do not ask
    return S3Store(
        said.netloc,
        prefix=said.path.strip("/") or None,
        client_options={
            "allow_http": (endpoint or "").startswith("http://"),
            "connect_timeout": _PATIENCE / 2,
            "timeout": _PART_AT_MOST,
        },
        retry_config={"max_retries": 3, "retry_timeout": _PATIENCE},
        **config,
    )


class S3BlobStore:
    """Keeps blobs in a bucket."""

    def __init__(self, bucket: S3Store, waiting: Path) -> None:
        """`waiting` is the folder in which large blobs wait until they are whole."""
        self._bucket = bucket
        self._waiting = waiting
        waiting.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in waiting.iterdir():  # of puts that a dead process has begun
            left.unlink()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def put(self, chunks: AsyncIterator[bytes], *, digest: str | None = None) -> Blob:
        """Keep the bytes; return when the bucket has them."""
        with a_full_disk_told(), _Draft(self._waiting) as draft:
            async for chunk in chunks:
                await draft.add(chunk)
            found = draft.digest
            compare(found, digest)
            await self._send(found, draft.source())
            return Blob(found, draft.size)

    async def put_all(self, contents: Sequence[tuple[str, bytes]]) -> list[Blob]:
        """Keep many small ones, some at once."""
        for digest, content in contents:
            compare(hashlib.sha256(content).hexdigest(), digest)

        async def keep(digest: str, content: bytes) -> Blob:
            async with self._turn:
                await self._send(digest, content)
            return Blob(digest, len(content))

        async with asyncio.TaskGroup() as group:
            kept = [group.create_task(keep(*each)) for each in dict.fromkeys(contents)]
        by_digest = {task.result().digest: task.result() for task in kept}
        return [by_digest[digest] for digest, _ in contents]

    async def open(
        self, digest: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, in pieces."""
        if start or end is not None:
            size = await self._size(digest)
            end = size if end is None else min(end, size)
            if start >= end:
                return
        with _missing_told(digest):
            asked = {} if end is None else {"range": (start, end)}
            found = await obstore.get_async(self._bucket, _place(digest), options=asked)  # pyright: ignore[reportArgumentType]
        with _missing_told(digest):
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    async def url(self, digest: str) -> str | None:
        """Nowhere: bytes that a user logged come with the headers that only this server sets."""
        del digest

    async def exists(self, digest: str) -> bool:
        """Whether the blob is there."""
        try:
            await self._size(digest)
        except BlobMissingError:
            return False
        return True

    async def delete(self, digest: str) -> None:
        """Drop the blob."""
        if is_digest(digest):
            with contextlib.suppress(BlobMissingError), _missing_told(digest):
                await obstore.delete_async(self._bucket, _place(digest))

    async def _size(self, digest: str) -> int:
        with _missing_told(digest):
            return (await obstore.head_async(self._bucket, _place(digest)))["size"]

    async def _send(self, digest: str, source: bytes | Path) -> None:
        if await self.exists(digest):
            return  # what is there is whole, and never changes
        with _missing_told(digest):
            await obstore.put_async(self._bucket, _place(digest), source, chunk_size=PART)


class _Draft:
    """Bytes that are not whole yet: in memory while they are few, then in a file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / secrets.token_hex(16)
        self._hashed = hashlib.sha256()
        self._few = bytearray()
        self._file: IO[bytes] | None = None
        self.size = 0

    def __enter__(self) -> _Draft:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._path.unlink()

    @property
    def digest(self) -> str:
        """Of what is there."""
        return self._hashed.hexdigest()

    async def add(self, chunk: bytes) -> None:
        """Take a piece."""
        self.size += len(chunk)
        self._few += chunk
        if len(self._few) > IN_MEMORY or self._file is not None:
            await asyncio.to_thread(self._flush)
        else:
            self._hashed.update(chunk)

    def source(self) -> bytes | Path:
        """What is to be sent."""
        if self._file is None:
            return bytes(self._few)
        self._file.flush()
        return self._path

    def _flush(self) -> None:
        if self._file is None:
            self._path.touch(mode=0o600, exist_ok=False)
            self._file = self._path.open("wb")
            self._hashed = hashlib.sha256()
        self._hashed.update(self._few)
        self._file.write(self._few)
        self._few.clear()


class S3Shelf:
    """The same blobs for a command."""

    def __init__(self, bucket: S3Store) -> None:
        self._bucket = bucket

    def all(self) -> Iterator[Kept]:
        """Every blob that is there."""
        with _missing_told("bucket"):
            for some in obstore.list(self._bucket):
                for each in some:
                    name = each["path"].rpartition("/")[2]
                    if is_digest(name):
                        yield Kept(name, each["size"], each["last_modified"].timestamp())

    def find(self, digest: str) -> Kept | None:
        """The blob, if it is there."""
        try:
            with _missing_told(digest):
                there = obstore.head(self._bucket, _place(digest))
        except BlobMissingError:
            return None
        return Kept(digest, there["size"], there["last_modified"].timestamp())

    def read(self, digest: str) -> Iterable[bytes]:
        """The bytes of a blob."""
        try:
            with _missing_told(digest):
                for piece in obstore.get(self._bucket, _place(digest)).stream(min_chunk_size=PIECE):
                    yield bytes(piece)
        except BlobMissingError as error:
            raise FileNotFoundError(str(error)) from error

    def put(self, digest: str, source: Path) -> None:
        """Keep the file under its digest."""
        with _missing_told(digest):
            obstore.put(self._bucket, _place(digest), source, chunk_size=PART)


def _place(digest: str) -> str:
    """The object's name; folders so that people who look into the bucket see some order."""
    if not is_digest(digest):
        raise BlobMissingError("This is no digest.")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


@contextlib.contextmanager
def _missing_told(digest: str) -> Iterator[None]:
    """What the bucket says in our words: not there, or not now."""
    try:
        yield
    except FileNotFoundError:
        raise BlobMissingError(f"There is no blob {digest}.") from None
    except BaseError as error:
        raise UnavailableError(
            "The bucket in which files are kept did not answer as it should. Points, runs and "
            "charts go on; files are to be had when it is back.",
            code="files-unavailable",
        ) from error
