"""Checks: numbers which say of a row that it is what was written, where it was written.

SQLite has no checksum of its pages: a bit that a disk changes in one is a row like any other.
So every row bears a check of all that is in it, its own place included, and what belongs
together has a sum of checks beside it (`contents`), so that a row that is gone is missed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import Final

_WORD: Final = struct.Struct("<q")
_BATCH: Final = struct.Struct("<7q")
_HALF: Final = 1 << 63
_ALL: Final = 1 << 64

Field = int | str | bytes | None


def of_number(number: int) -> int:
    """The check of a number."""
    return zlib.crc32(_WORD.pack(number))


def of_row(*fields: Field) -> int:
    """The check of the fields of a row."""
    return zlib.crc32(repr(fields).encode("utf-8", "backslashreplace"))


def of_batch(
    number: int,
    run: int,
    attempt: int,
    span: tuple[int, int, int],
    records: int,
    body: bytes | memoryview,
) -> int:
    """The check of a batch of the log; `span` is (position known before, start, end)."""
    return zlib.crc32(body, zlib.crc32(_BATCH.pack(number, run, attempt, *span, records)))


def total(checks: Iterable[int]) -> int:
    """The sum of checks, whatever their order, as SQLite can hold it."""
    return (sum(checks) + _HALF) % _ALL - _HALF


def guarded(content: bytes) -> bytes:
    """Bytes with their check before them."""
    return zlib.crc32(content).to_bytes(4, "little") + content


def unguarded(content: bytes) -> bytes | None:
    """The bytes that `guarded` was given; None if they are not."""
    check, content = content[:4], content[4:]
    return content if zlib.crc32(content).to_bytes(4, "little") == check else None
