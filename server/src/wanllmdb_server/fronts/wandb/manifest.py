"""Manifest: the list of a version's files, as the client writes and reads it.

A file is known by the base64 of its MD5 there. What was not logged with this protocol has none:
it is known by its SHA-256, in base64 as well; the client takes it for a name, and no more.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final, cast

from wanllmdb_server.domain import artifact as rules
from wanllmdb_server.domain.artifact import Entry
from wanllmdb_server.domain.errors import InvalidError, TooLargeError
from wanllmdb_server.fronts.wandb import names
from wanllmdb_server.fronts.wandb.asked import lenient

MAX_BYTES: Final = 1 << 30
_HEAD: Final = {
    "version": 1,
    "storagePolicy": "wandb-storage-policy-v1",
    "storagePolicyConfig": {"storageLayout": "V2"},
}


async def body(chunks: AsyncIterator[bytes]) -> bytes:
    """A manifest that is sent.

    Raises:
        TooLargeError: it is.
    """
    taken = bytearray()
    async for chunk in chunks:
        taken += chunk
        if len(taken) > MAX_BYTES:
            raise TooLargeError(f"A manifest has at most {MAX_BYTES} bytes.")
    return bytes(taken)


def read(text: bytes) -> list[Entry]:
    """The files that a manifest lists; of those that were put only what they are known by.

    Raises:
        InvalidError: it is no manifest; code `bad-manifest`.
    """
    said = lenient(text)
    contents = said.get("contents") if isinstance(said, dict) else None
    if not isinstance(contents, dict):
        raise _bad("It has no contents.")
    return [_entry(path, each) for path, each in cast("dict[str, Any]", contents).items()]


async def written(pages: AsyncIterator[Iterable[Entry]], version: str) -> AsyncIterator[bytes]:
    """The text of a manifest, page by page."""
    yield json.dumps(_HEAD).encode()[:-1] + b', "contents": {'
    between = b""
    async for page in pages:
        lines = [f"{json.dumps(each.path)}: {json.dumps(_told(each, version))}" for each in page]
        if lines:
            yield between + ", ".join(lines).encode()
            between = b", "
    yield b"}}"


def known_by(entry: Entry) -> str:
    """What the client knows a file by."""
    if entry.checksum is not None:
        return entry.checksum
    if entry.digest is not None:
        return base64.b64encode(bytes.fromhex(entry.digest)).decode()
    return entry.reference or ""


def _told(entry: Entry, version: str) -> dict[str, Any]:
    told: dict[str, Any] = {"digest": known_by(entry), "size": entry.size}
    if entry.reference is not None:
        told["ref"] = entry.reference
    else:
        told["birthArtifactID"] = names.version_id(version)
    if entry.extra:
        told["extra"] = entry.extra
    return told


def _entry(path: str, said: Any) -> Entry:
    if not isinstance(said, dict):
        raise _bad(f"'{path[:128]}' is no file.")
    told = cast("dict[str, Any]", said)
    digest, size, reference = told.get("digest"), told.get("size") or 0, told.get("ref")
    extra = told.get("extra") or None
    if not isinstance(digest, str) or not isinstance(size, int) or size < 0:
        raise _bad(f"'{path[:128]}' has no digest or no size.")
    if not isinstance(reference, str | None) or not isinstance(extra, dict | None):
        raise _bad(f"'{path[:128]}' is no file.")
    if extra is not None and len(json.dumps(extra)) > rules.MAX_EXTRA_BYTES:
        raise _bad(f"'{path[:128]}' has more than {rules.MAX_EXTRA_BYTES} bytes of `extra`.")
    return Entry(path, size, reference=reference, checksum=digest, extra=extra)


def _bad(detail: str) -> InvalidError:
    return InvalidError(f"This is no manifest: {detail}", code="bad-manifest")
