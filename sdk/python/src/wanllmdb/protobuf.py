"""Protobuf: the fields of a message, by number. As much of the format as reading needs.

A message is fields one behind the other: a number with a type, and a value. A field that nobody
asks for costs nothing; a message that ends too early raises `ValueError`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5

Value = int | bytes


def fields(message: bytes) -> Iterator[tuple[int, int, Value]]:
    """Number, type and value of each field; what is fixed in size comes as its bytes."""
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        kind = key & 7
        if kind == VARINT:
            value, place = _varint(message, place)
            yield key >> 3, kind, value
            continue
        if kind == BYTES:
            size, place = _varint(message, place)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"a field of type {kind}")
        if place + size > end:
            raise ValueError("the message ends within a field")
        yield key >> 3, kind, message[place : place + size]
        place += size


def varints(packed: bytes) -> list[int]:
    """The numbers of a packed field."""
    found: list[int] = []
    place = 0
    while place < len(packed):
        number, place = _varint(packed, place)
        found.append(number)
    return found


def signed(number: int) -> int:
    """A varint of 64 bits as a number with a sign."""
    return number - (1 << 64) if number >> 63 else number


def numbers(form: str, kind: int, value: Value) -> list[Any]:
    """The numbers of a repeated field, packed or one of them; `form` as `struct` calls it.

    A form of "" is that of varints.
    """
    if not form:
        return [value] if isinstance(value, int) else varints(value)
    if not isinstance(value, bytes):
        raise ValueError(f"a field of type {kind} is no {form}")  # noqa: TRY004 - it is the data
    return list(struct.unpack(f"<{len(value) // struct.calcsize(form)}{form}", value))


def _varint(message: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise ValueError("a number does not end")
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, place
        shift += 7
