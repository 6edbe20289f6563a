"""A record as bytes, wherever it lies: in a segment of a spool or in a batch on its way.

A frame is written by one `write` and says of itself where it ends and whether it is whole::

    frame:  "WLSP" version u8 length u32 count u32 kind u8 | payload | crc32 of all before

Integers are little endian; `length` is the payload's, `count` numbers a writer's frames (it is
advisory: its gaps tell how many are missing). A record's position is ``segment << 40 | end
offset of its frame``.

Rows that are alike are written without their keys: a frame of kind FORM names the keys and
types once, and a frame of kind VALUES is ``id u16, step i64, time_us i64`` and the numbers::

    types:  d float64   q int64

Nothing here raises for damage: what is torn is passed over as soon as a whole frame follows,
and counted. Pure: bytes in, values out.
"""

from __future__ import annotations

import contextlib
import re
import struct
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from zlib import crc32

import msgspec

VERSION: Final = 1
MAGIC: Final = b"WLSP"
HEAD: Final = struct.Struct("<4sBIIB")
CHECK: Final = struct.Struct("<I")
KIND_AT: Final = 13  # the byte of a frame that says its kind
HEAD_BYTES: Final = HEAD.size
FRAME_BYTES: Final = HEAD.size + CHECK.size  # what a frame adds to its payload
RESIDUE: Final = 0x2144DF1C  # what ends in its own CRC has a CRC that is always the same

FORM_KIND: Final = 14
VALUES_KIND: Final = 15
TYPES: Final = {float: "d", int: "q"}
MAX_FORM_KEYS: Final = 4096
MAX_PAYLOAD_BYTES: Final = 1024 * 1024

_SIGN: Final = MAGIC + bytes((VERSION,))
_unpack_head = HEAD.unpack_from
_unpack_sign = struct.Struct("<5sI").unpack_from  # as far as the length
_signs = re.compile(rb"WLSP\x01.{8}(...)", re.DOTALL).findall
_TYPES_ALLOWED: Final = frozenset("dq")


class Frame(NamedTuple):
    """A record as it lies in the spool: its place, its kind, its payload still packed."""

    position: int
    kind: int
    payload: bytes


class _Declaration(msgspec.Struct):
    id: int
    keys: list[str]
    types: str


class Form(NamedTuple):
    """The keys of rows that are alike, and the type of each value (`TYPES`)."""

    keys: tuple[str, ...]
    types: str

    def row(self, payload: bytes) -> tuple[int, int, dict[str, Any]]:
        """What a payload of kind VALUES says: step, time, values. Raises `struct.error`."""
        _, step, time, *values = struct.unpack(f"<Hqq{self.types}", payload)
        return step, time, dict(zip(self.keys, values, strict=True))

    @property
    def payload_bytes(self) -> int:
        """The length of the payload of each row of this form."""
        return struct.calcsize(f"<Hqq{self.types}")


Forms = dict[int, Form]


def frame(kind: int, payload: bytes, count: int) -> bytes:
    """The frame of a record."""
    head = HEAD.pack(MAGIC, VERSION, len(payload), count & 0xFFFFFFFF, kind)
    return b"".join((head, payload, CHECK.pack(crc32(payload, crc32(head)))))


def payload_of(content: bytes) -> bytes:
    """The payload of a frame."""
    return content[HEAD_BYTES : -CHECK.size]


def whole(content: bytes | memoryview, view: memoryview, at: int) -> int:
    """The end of the frame that begins at `at`, or -1 if no whole one does."""
    try:
        magic, version, length, _, _ = _unpack_head(content, at)
    except struct.error:
        return -1
    end = at + length + FRAME_BYTES
    if magic != MAGIC or version != VERSION or len(content) < end:
        return -1
    return end if crc32(view[at:end]) == RESIDUE else -1


def size_of(content: bytes) -> int:
    """How many bytes the frame at the beginning says that it has; 0 if none begins there."""
    if len(content) < HEAD_BYTES or content[:4] != MAGIC:
        return 0
    return min(_unpack_head(content)[2], MAX_PAYLOAD_BYTES) + FRAME_BYTES


def next_whole(content: bytes, at: int) -> int:
    """Where the first whole frame from `at` on begins, or -1."""
    view = memoryview(content)
    while (at := content.find(MAGIC, at)) >= 0:
        if whole(content, view, at) >= 0:
            return at
        at += 1
    return -1


def last_end(content: bytes) -> int:
    """Where the last whole frame ends, or an earlier one; 0 if there is none.

    `content` begins where a frame does, or with what is torn. It is gone through from there:
    what looks like a frame inside a payload is none.
    """
    view, last, at = memoryview(content), 0, 0
    with contextlib.suppress(struct.error):
        while True:
            sign, length = _unpack_sign(content, at)
            end = at + length + FRAME_BYTES
            if sign != _SIGN or end > len(content):
                break
            last, at = at, end
    if at > 0 and whole(content, view, last) == at:
        return at
    frames = Frames(content)
    for _ in frames:
        pass
    return frames.offset


class Frames:
    """The whole frames of a stretch of bytes, in order.

    Attributes:
        offset: behind the last frame that was handed out.
        torn: where the stretches end that were passed over, because no whole frame is in them.
    """

    def __init__(self, content: bytes, *, segment: int = 0, offset: int = 0) -> None:
        """Begin at the first byte of `content`, which lies at `offset` of its segment."""
        self.offset = offset
        self.torn: list[int] = []
        self._content = content
        self._base = segment << 40
        self._origin = offset

    def __iter__(self) -> Iterator[Frame]:
        content, origin, base = self._content, self._origin, self._base
        view, at = memoryview(content), 0
        while True:
            end = whole(content, view, at)
            if end < 0:
                after = next_whole(content, at + 1)
                if after < 0:
                    return
                self.torn.append(origin + after)
                at = after
                continue
            self.offset = offset = origin + end
            payload = content[at + HEAD_BYTES : end - CHECK.size]
            yield Frame(base | offset, content[at + KIND_AT], payload)
            at = end

    @property
    def rest(self) -> int:
        """How many bytes lie behind the last whole frame."""
        return self._origin + len(self._content) - self.offset


class Census(NamedTuple):
    """What a stretch of frames holds, found by one pass over the bytes.

    It may count too much, where a payload holds what looks like a frame, never too little.

    Args (fields):
        frames: how many.
        kinds: a bit per kind that occurs.
        forms: the ids that VALUES refer to.
    """

    frames: int
    kinds: int
    forms: frozenset[int]


def census(content: bytes) -> Census:
    """What kinds of frame are in `content`, and of which forms."""
    found = Counter[bytes](_signs(content))
    kinds, forms = 0, set[int]()
    for sign in found:
        kind = sign[0]
        if kind < 64:  # they are bits of 64
            kinds |= 1 << kind
        if kind == VALUES_KIND:
            forms.add(int.from_bytes(sign[1:], "little"))
    return Census(found.total(), kinds, frozenset(forms))


def picked(content: bytes, kinds: Collection[int]) -> Iterator[Frame]:
    """The whole frames of a few kinds; a position is an offset behind the first byte."""
    wanted = re.escape(bytes(kinds))
    if re.search(_SIGN + rb".{8}[" + wanted + rb"]", content, re.DOTALL):
        yield from (each for each in Frames(content) if each.kind in kinds)


def learn(forms: Forms, content: bytes) -> None:
    """Add the forms that are declared in `content`, which begins where a frame does."""
    for each in picked(content, (FORM_KIND,)):
        declared = read_form(each.payload)
        if declared is not None:
            forms[declared[0]] = declared[1]


def read_form(payload: bytes) -> tuple[int, Form] | None:
    """What a payload of kind FORM declares; None if it is none."""
    try:
        said = _declared(payload)
    except (msgspec.DecodeError, RecursionError):
        return None
    form = checked_form(said.keys, said.types)
    return (said.id, form) if form is not None else None


def checked_form(keys: Sequence[str], types: str) -> Form | None:
    """The form of these keys and types; None if it would be none."""
    if not 0 < len(keys) == len(types) <= MAX_FORM_KEYS or not _TYPES_ALLOWED.issuperset(types):
        return None
    return Form(tuple(keys), types) if len(set(keys)) == len(keys) else None


def declaration(number: int, form: Form) -> bytes:
    """The payload of the FORM record that declares a form."""
    return msgspec.msgpack.encode(_Declaration(number, list(form.keys), form.types))


_declared: Final = msgspec.msgpack.Decoder(_Declaration).decode


def rows_of(frames: Iterable[Frame], forms: Mapping[int, Form]) -> Iterator[tuple[int, int, Any]]:
    """Frames as (position, kind, payload still packed); VALUES as ROW tuples, unpacked.

    The caller tells them apart by the payload's type: bytes, a tuple, or None for VALUES of a
    form that is not known.
    """
    for position, kind, payload in frames:
        if kind != VALUES_KIND:
            yield position, kind, payload
            continue
        form = forms.get(int.from_bytes(payload[:2], "little"))
        try:
            row = form.row(payload) if form is not None else None
        except struct.error:
            row = None
        yield position, kind, row
