"""BlobStore: bytes by their digest. What is there is whole, and never changes.

A blob is known by the SHA-256 of its bytes, in 64 hexadecimal digits; names are the catalog's
affair. Put twice, it is kept once. A blob that could not be put completely is not there.

Every method is called on one event loop and may be called concurrently; an implementation
does its disk or network work elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that are kept."""

    digest: str
    size: int


def is_digest(text: str) -> bool:
    """Whether the text can be the digest of a blob; nothing else becomes part of a place."""
    return bool(_DIGEST.match(text))


class DigestMismatchError(Exception):
    """The bytes are not those that were announced; nothing was kept."""


class BlobMissingError(Exception):
    """There is no such blob."""


def compare(found: str, announced: str | None) -> None:
    """Raise DigestMismatchError if bytes have another digest than they were announced with."""
    if announced is not None and found != announced:
        raise DigestMismatchError(f"The bytes have the digest sha256:{found}.")


class BlobStore(Protocol):
    """Keeps bytes."""

    async def put(self, chunks: AsyncIterator[bytes], *, digest: str | None = None) -> Blob:
        """Keep the bytes; return when they would outlive a power cut.

        Raises:
            DigestMismatchError: they do not have the digest that was announced.
            DiskFullError: there is no room for them; nothing was kept.
        """
        ...

    async def put_all(self, contents: Sequence[tuple[str, bytes]]) -> list[Blob]:
        """Keep many small ones, each with the digest that it was announced with; as `put`.

        Raises:
            DigestMismatchError: one of them has another digest; others may have been kept.
            DiskFullError: there is no room for one of them; others may have been kept.
        """
        ...

    def open(self, digest: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, in pieces.

        Raises (at the first piece):
            BlobMissingError: there is no such blob.
        """
        ...

    async def url(self, digest: str) -> str | None:
        """Where a browser may fetch the blob by itself; None: nowhere, it must be passed on."""
        ...

    async def exists(self, digest: str) -> bool:
        """Whether the blob is there."""
        ...

    async def delete(self, digest: str) -> None:
        """Drop the blob. To drop it twice is no error."""
        ...
