"""One segment of a spool as bytes: how a record is framed, and how frames are read back.

A segment is a header and then frames, each written by one `write`::

    header: "WLSG" version u8 flags u8 length u16 | msgpack | crc32 of all before
    frame:  "WLSP" version u8 kind u8 flags u16 length u32 count u64 | payload | crc32 of all before

Integers are little endian. A record's position is ``segment << 40 | end offset of its frame``.

The reader never raises for damage. It passes over what is torn as soon as a whole frame
follows it, and counts that; it stops before an incomplete tail, which a live writer may be
about to complete. So a cut costs the record it hits, and a flipped bit costs at most one.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from zlib import crc32

from wanllmdb import wire

VERSION: Final = 1
HEADER_MAGIC: Final = b"WLSG"
FRAME_MAGIC: Final = b"WLSP"

HEADER_HEAD: Final = struct.Struct("<4sBBH")
FRAME_HEAD: Final = struct.Struct("<4sBBHIQ")
CHECK: Final = struct.Struct("<I")

SUFFIX: Final = ".seg"
KIND_AT: Final = 5  # the byte of a frame that says its kind
HEAD_BYTES: Final = FRAME_HEAD.size
FRAME_BYTES: Final = FRAME_HEAD.size + CHECK.size  # what a frame adds to its payload
RESIDUE: Final = 0x2144DF1C
MAX_HEADER_BYTES: Final = 60_000
# A window always holds the largest frame whole, with room for a torn one before it.
WINDOW_BYTES: Final = 4 * (wire.MAX_RECORD_BYTES + FRAME_BYTES)

_unpack_head = FRAME_HEAD.unpack_from


class Frame(NamedTuple):
    """A record as it lies in the spool: its place, its kind, its payload still packed."""

    position: int
    kind: int
    payload: bytes


def frame(kind: int, payload: bytes, count: int) -> bytes:
    """The frame of a record. `count` numbers a writer's frames; it is advisory."""
    head = FRAME_HEAD.pack(FRAME_MAGIC, VERSION, kind, 0, len(payload), count)
    return b"".join((head, payload, CHECK.pack(crc32(payload, crc32(head)))))


def header(facts: Mapping[str, Any]) -> bytes:
    """The first bytes of a segment: whose it is. Raises `ValueError` beyond 60,000 bytes."""
    payload = wire.encode(dict(facts))
    if len(payload) > MAX_HEADER_BYTES:
        raise ValueError(f"A segment's header is limited to {MAX_HEADER_BYTES} bytes.")
    head = HEADER_HEAD.pack(HEADER_MAGIC, VERSION, 0, len(payload))
    return b"".join((head, payload, CHECK.pack(crc32(payload, crc32(head)))))


def parse_header(start: bytes) -> tuple[dict[str, Any], int] | None:
    """What a header says and how long it is; None if it is damaged or cut off."""
    if len(start) < HEADER_HEAD.size:
        return None
    magic, _, _, length = HEADER_HEAD.unpack_from(start)
    end = HEADER_HEAD.size + length
    if magic != HEADER_MAGIC or len(start) < end + CHECK.size:
        return None
    if CHECK.unpack_from(start, end)[0] != crc32(start[:end]):
        return None
    try:
        facts = wire.decode(start[HEADER_HEAD.size : end])
    except wire.WireError:
        return None
    return (facts, end + CHECK.size) if isinstance(facts, dict) else None


def read_header(path: Path) -> dict[str, Any]:
    """Whose segment this is; empty if its header cannot be read."""
    with path.open("rb") as file:
        found = parse_header(file.read(HEADER_HEAD.size + MAX_HEADER_BYTES + CHECK.size))
    return found[0] if found else {}


def read_segment(path: Path, offset: int = 0) -> Iterator[Frame]:
    """The whole frames of a segment from `offset` on, as they are at this moment."""
    with SegmentReader(path, offset) as reader:
        yield from reader.frames()


class SegmentReader:
    """Reads a segment that may still be growing, and remembers how far it came.

    Attributes:
        offset: where the next frame is expected.
        damaged: how many stretches were passed over because they held no whole frame.
        foreign: the segment is of a later version of this format; nothing in it is read.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.number = number_of(path)
        self.offset = offset
        self.damaged = 0
        self.foreign = False
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._begun = offset > 0

    def __enter__(self) -> SegmentReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back. What was not read stays where it is."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    @property
    def unread(self) -> int:
        """How many bytes lie beyond `offset`; some may be a torn tail."""
        return os.fstat(self._fd).st_size - self.offset

    def frames(self) -> Iterator[Frame]:
        """Every whole frame between `offset` and the end of the file as it is now.

        `offset` moves with each frame handed out, so the caller may stop at any of them.
        """
        while self.unread > 0 and self._begin():
            window = os.pread(self._fd, WINDOW_BYTES, self.offset)
            before = self.offset
            yield from self._scan(window)
            if self.offset > before:
                continue
            if len(window) < WINDOW_BYTES:
                return
            # Four times the largest frame without a whole one in it: all of it is damage.
            self.offset += WINDOW_BYTES - wire.MAX_RECORD_BYTES - FRAME_BYTES
            self.damaged += 1

    def _begin(self) -> bool:
        """Pass over the header; False while it is cut off, or not ours to read."""
        if self._begun:
            return True
        window = os.pread(self._fd, WINDOW_BYTES, 0)
        found = parse_header(window)
        if found is None:
            # Cut off, or damaged; if whole frames follow it is the second.
            self._begun = _next_whole(window, 0) >= 0
        elif window[4] != VERSION:
            self.foreign = True
        else:
            self._begun = True
            self.offset = found[1]
        return self._begun

    def _scan(self, window: bytes) -> Iterator[Frame]:
        base = self.number << wire.SEGMENT_SHIFT
        origin, at = self.offset, 0
        view, whole, make = memoryview(window), _whole, tuple.__new__
        while True:
            end = whole(window, view, at)
            if end < 0:
                at = _next_whole(window, at + 1)
                if at < 0:
                    return
                self.damaged += 1
                continue
            self.offset = offset = origin + end
            payload = window[at + HEAD_BYTES : end - CHECK.size]
            yield make(Frame, (base | offset, window[at + KIND_AT], payload))
            at = end


def _whole(window: bytes, view: memoryview, at: int) -> int:
    """The end of the frame that begins at `at`, or -1 if no whole one does."""
    try:
        magic, version, _, _, length, _ = _unpack_head(window, at)
    except struct.error:
        return -1
    end = at + length + FRAME_BYTES
    if magic != FRAME_MAGIC or version != VERSION or len(window) < end:
        return -1
    # What ends in its own CRC has a CRC that is always the same.
    return end if crc32(view[at:end]) == RESIDUE else -1


def _next_whole(window: bytes, at: int) -> int:
    """Where the first whole frame from `at` on begins, or -1."""
    view = memoryview(window)
    while (at := window.find(FRAME_MAGIC, at)) >= 0:
        if _whole(window, view, at) >= 0:
            return at
        at += 1
    return -1


def segment_name(writer: str, number: int) -> str:
    """The file name of a writer's segment."""
    return f"{writer}-{number:06d}{SUFFIX}"


def number_of(path: Path) -> int:
    """Which of its writer's segments this file is; 0 if its name does not say."""
    stem, dash, number = path.name.removesuffix(SUFFIX).rpartition("-")
    return int(number) if stem and dash and number.isdecimal() else 0
