"""What every BlobStore promises: one suite, run against each implementation."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wanllmdb_server.blobs.local import PIECE, LocalBlobStore
from wanllmdb_server.blobs.store import BlobMissingError, BlobStore, DigestMismatchError

TEXT = b"some bytes that are kept"
DIGEST = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture(params=["local"])
def store(tmp_path: Path) -> BlobStore:
    return LocalBlobStore(tmp_path / "blobs")


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(store: BlobStore, digest: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.open(digest, start=start, end=end)])


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_put_is_there_under_its_digest(store: BlobStore) -> None:
    blob = await store.put(pieces(TEXT[:5], b"", TEXT[5:]))
    assert (blob.digest, blob.size) == (DIGEST, len(TEXT))
    assert await store.exists(DIGEST)
    assert await read(store, DIGEST) == TEXT


async def test_many_are_put_at_once_each_under_its_digest(store: BlobStore) -> None:
    contents = [b"", TEXT, b"x" * 100_000, TEXT]
    given = [(hashlib.sha256(content).hexdigest(), content) for content in contents]
    assert [blob.size for blob in await store.put_all(given)] == [0, 24, 100_000, 24]
    for digest, content in given:
        assert await read(store, digest) == content
    assert await store.put_all([]) == []


async def test_of_many_none_is_kept_under_a_digest_that_is_not_its_own(store: BlobStore) -> None:
    for digest in (DIGEST, "../../escape", ""):
        with pytest.raises(DigestMismatchError):
            await store.put_all([(digest, b"other")])
    assert not await store.exists(DIGEST)


async def test_nothing_is_a_blob_too(store: BlobStore) -> None:
    blob = await store.put(pieces())
    assert blob.size == 0
    assert await read(store, blob.digest) == b""


async def test_a_large_blob_comes_back_in_pieces(store: BlobStore) -> None:
    content = bytes(range(256)) * (3 * PIECE // 256) + b"tail"
    blob = await store.put(pieces(content))
    got = [piece async for piece in store.open(blob.digest)]
    assert len(got) > 1
    assert b"".join(got) == content


@pytest.mark.parametrize(("start", "end"), [(0, 4), (5, None), (5, 10), (0, 10_000), (24, None)])
async def test_a_stretch_is_read(store: BlobStore, start: int, end: int | None) -> None:
    await store.put(pieces(TEXT))
    assert await read(store, DIGEST, start, end) == TEXT[start:end]


async def test_other_bytes_than_announced_are_not_kept(store: BlobStore) -> None:
    with pytest.raises(DigestMismatchError):
        await store.put(pieces(b"other"), digest=DIGEST)
    assert not await store.exists(DIGEST)
    assert not await store.exists(hashlib.sha256(b"other").hexdigest())


async def test_an_upload_that_breaks_off_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield TEXT
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await store.put(broken())
    assert not await store.exists(DIGEST)
    assert files_in(tmp_path) == []


async def test_what_is_put_by_many_at_once_is_kept_once(store: BlobStore, tmp_path: Path) -> None:
    blobs = await asyncio.gather(*[store.put(pieces(TEXT), digest=DIGEST) for _ in range(8)])
    assert {blob.digest for blob in blobs} == {DIGEST}
    assert len(files_in(tmp_path)) == 1
    assert await read(store, DIGEST) == TEXT


async def test_a_blob_is_dropped_and_dropped_again(store: BlobStore) -> None:
    await store.put(pieces(TEXT))
    await store.delete(DIGEST)
    await store.delete(DIGEST)
    assert not await store.exists(DIGEST)
    with pytest.raises(BlobMissingError):
        await read(store, DIGEST)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../secret",
        "/etc/passwd",
        "incoming",
        DIGEST.upper(),
        DIGEST + "\n",
        "a" * 63,
    ],
)
async def test_what_is_no_digest_is_no_blob(store: BlobStore, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not to be read")
    assert not await store.exists(name)
    await store.delete(name)
    with pytest.raises(BlobMissingError):
        await read(store, name)
    assert secret.read_text() == "not to be read"


async def test_a_link_in_place_of_a_blob_is_not_followed(store: BlobStore, tmp_path: Path) -> None:
    await store.put(pieces(TEXT))
    [path] = files_in(tmp_path)
    path.unlink()
    path.symlink_to("/etc/hostname")
    with pytest.raises((OSError, BlobMissingError)):
        await read(store, DIGEST)
