"""One segment of a spool: a header, and then frames, as they lie in a file.

``header: "WLSG" version u8 flags u8 length u16 | msgpack | crc32 of all before``; what a frame
is stands in `frame`. A segment names every form that its rows refer to, once a MiB and when
it begins, so no row depends on another segment, nor on one spot of the disk.

The reader never raises for damage. It passes over what is torn as soon as a whole frame
follows it, and counts that; it stops before an incomplete tail, which a live writer may be
about to complete. So a cut costs the record it hits, and a flipped bit costs at most one.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from wanllmdb import frame, wire
from wanllmdb.frame import CHECK, FRAME_BYTES, Form, Forms, Frame, Frames

VERSION: Final = 1
HEADER_MAGIC: Final = b"WLSG"

HEADER_HEAD: Final = struct.Struct("<4sBBH")

SUFFIX: Final = ".seg"
MAX_HEADER_BYTES: Final = 60_000
# A window always holds the largest frame whole, with room for a torn one before it.
WINDOW_BYTES: Final = 4 * (wire.MAX_RECORD_BYTES + FRAME_BYTES)


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
            before = self.offset
            found = self._frames(self._window(WINDOW_BYTES))
            for each in found:
                self.offset = found.offset
                yield each
            self.damaged += len(found.torn)
            if self.offset == before and not self._skip(found.rest):
                return

    def excerpt(self, limit: int) -> bytes:
        """Whole frames from `offset` on, about `limit` bytes, with what is torn among them.

        Empty when no whole frame is there yet. `offset` stays; `skip` moves it.
        """
        while self.unread > 0 and self._begin():
            window = self._window(limit)
            for size in (limit, frame.size_of(window), WINDOW_BYTES):
                window = window if size == limit else self._window(size)
                end = frame.last_end(window)
                if end > 0:
                    return window[:end]
            if not self._skip(len(window)):
                break
        return b""

    def skip(self, size: int) -> None:
        """Read on behind the next `size` bytes."""
        self.offset += size

    def forms(self) -> Forms:
        """Every form that the segment names, wherever in it."""
        found: Forms = {}
        with SegmentReader(self.path) as reader:
            while content := reader.excerpt(WINDOW_BYTES):
                frame.learn(found, content)
                reader.skip(len(content))
        return found

    def _window(self, size: int) -> bytes:
        return os.pread(self._fd, size, self.offset)

    def _frames(self, window: bytes) -> Frames:
        return Frames(window, segment=self.number, offset=self.offset)

    def _skip(self, size: int) -> bool:
        """Pass over a full window without a whole frame: all of it is damage."""
        if size < WINDOW_BYTES:
            return False
        self.offset += WINDOW_BYTES - wire.MAX_RECORD_BYTES - FRAME_BYTES
        self.damaged += 1
        return True

    def _begin(self) -> bool:
        """Pass over the header; False while it is cut off, or not ours to read."""
        if self._begun:
            return True
        window = os.pread(self._fd, WINDOW_BYTES, 0)
        found = parse_header(window)
        if found is None:
            # Cut off, or damaged; if whole frames follow it is the second.
            self._begun = frame.next_whole(window, 0) >= 0
        elif window[4] != VERSION:
            self.foreign = True
        else:
            self._begun = True
            self.offset = found[1]
        return self._begun


def records(path: Path) -> Iterator[tuple[int, int, Any]]:
    """(position, kind, decoded payload) of all of a segment, VALUES as the rows that they are."""
    with SegmentReader(path) as reader:
        forms: Mapping[int, Form] = reader.forms()
        for position, kind, payload in reader.frames():
            if kind == wire.Kind.VALUES:
                form = forms.get(int.from_bytes(payload[:2], "little"))
                if form is not None:
                    yield position, wire.Kind.ROW, list(form.row(payload))
            elif kind != wire.Kind.FORM:
                yield position, kind, wire.decode(payload)


def is_foreign(path: Path) -> bool:
    """Whether a segment is of a later version of this format."""
    with path.open("rb") as file:
        window = file.read(WINDOW_BYTES)
    return parse_header(window) is not None and window[4] != VERSION


def segment_name(writer: str, number: int) -> str:
    """The file name of a writer's segment."""
    return f"{writer}-{number:06d}{SUFFIX}"


def number_of(path: Path) -> int:
    """Which of its writer's segments this file is; 0 if its name does not say."""
    stem, dash, number = path.name.removesuffix(SUFFIX).rpartition("-")
    return int(number) if stem and dash and number.isdecimal() else 0
