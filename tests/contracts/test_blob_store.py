"""What every BlobStore promises: one suite, run against each implementation."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.buckets import BucketService

from wanllmdb_server.blobs.local import PIECE, LocalBlobStore
from wanllmdb_server.blobs.s3 import IN_MEMORY, S3BlobStore, S3Shelf, open_bucket
from wanllmdb_server.blobs.shelf import FolderShelf, Shelf
from wanllmdb_server.blobs.store import BlobMissingError, BlobStore, DigestMismatchError
from wanllmdb_server.domain.errors import UnavailableError

TEXT = b"some bytes that are kept"
DIGEST = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture(scope="module")
def service() -> Iterator[BucketService]:
    running = BucketService().start()
    running.make("blobs")
    yield running
    running.stop()


@pytest.fixture(params=["local", "s3"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[BlobStore, Shelf]:
    """A store, and its blobs as a command sees them."""
    if request.param == "local":
        return LocalBlobStore(tmp_path / "blobs"), FolderShelf(tmp_path / "blobs")
    service: BucketService = request.getfixturevalue("service")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in service.variables.items():
            patch.setenv(name, value)
        bucket = open_bucket(f"s3://blobs/{secrets.token_hex(8)}", service.variables)
    return S3BlobStore(bucket, tmp_path / "waiting"), S3Shelf(bucket)


@pytest.fixture
def store(both: tuple[BlobStore, Shelf]) -> BlobStore:
    return both[0]


@pytest.fixture
def shelf(both: tuple[BlobStore, Shelf]) -> Shelf:
    return both[1]


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


async def test_what_is_put_by_many_at_once_is_kept_once(store: BlobStore, shelf: Shelf) -> None:
    blobs = await asyncio.gather(*[store.put(pieces(TEXT), digest=DIGEST) for _ in range(8)])
    assert {blob.digest for blob in blobs} == {DIGEST}
    assert [(kept.digest, kept.size) for kept in shelf.all()] == [(DIGEST, len(TEXT))]
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


async def test_more_than_memory_has_for_it_is_kept_whole(
    store: BlobStore, shelf: Shelf, tmp_path: Path
) -> None:
    content = secrets.token_bytes(PIECE) * ((3 * IN_MEMORY) // PIECE)
    digest = hashlib.sha256(content).hexdigest()
    parts = [content[at : at + 999_999] for at in range(0, len(content), 999_999)]
    assert (await store.put(pieces(*parts), digest=digest)).size == len(content)
    assert await read(store, digest) == content
    assert await read(store, digest, len(content) - 7) == content[-7:]
    assert b"".join(shelf.read(digest)) == content
    assert not list((tmp_path / "waiting").glob("*"))
    with pytest.raises(DigestMismatchError):
        await store.put(pieces(*parts, b"more"), digest=digest)
    assert not list((tmp_path / "waiting").glob("*"))


async def test_a_command_sees_what_a_server_keeps(
    store: BlobStore, shelf: Shelf, tmp_path: Path
) -> None:
    await store.put(pieces(TEXT))
    found = shelf.find(DIGEST)
    assert found is not None
    assert (found.digest, found.size) == (DIGEST, len(TEXT))
    assert list(shelf.all()) == [found]
    assert b"".join(shelf.read(DIGEST)) == TEXT

    other = hashlib.sha256(b"other").hexdigest()
    assert shelf.find(other) is None
    with pytest.raises(FileNotFoundError):
        b"".join(shelf.read(other))
    (tmp_path / "other").write_bytes(b"other")
    shelf.put(other, tmp_path / "other")
    assert await read(store, other) == b"other"


async def test_a_bucket_that_does_not_answer_is_a_matter_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = BucketService()
    for name, value in nobody.variables.items():
        monkeypatch.setenv(name, value)
    bucket = open_bucket("s3://blobs/some", nobody.variables)
    store = S3BlobStore(bucket, tmp_path / "waiting")
    for asked in (store.exists(DIGEST), store.put(pieces(TEXT)), read(store, DIGEST)):
        with pytest.raises(UnavailableError) as told:
            await asked
        assert told.value.code == "files-unavailable"


@pytest.mark.parametrize(
    "url", ["", "blobs", "http://blobs/", "s3://", "s3:///prefix", "s3://blobs?region=x"]
)
def test_what_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="s3://BUCKET"):
        open_bucket(url, {})


async def test_a_link_in_place_of_a_blob_is_not_followed(tmp_path: Path) -> None:
    store = LocalBlobStore(tmp_path / "blobs")
    await store.put(pieces(TEXT))
    [path] = files_in(tmp_path)
    path.unlink()
    path.symlink_to("/etc/hostname")
    with pytest.raises((OSError, BlobMissingError)):
        await read(store, DIGEST)
