"""The contract between SDK and server: what a record, a row and a batch are, as bytes.

Everything here is pure: bytes in, values out, no I/O. The server imports this module and
nothing else of the SDK, so a change here is a change of protocol.

A *record* is what the spool holds: a kind and a payload. A *batch* is consecutive records of
one writer on their way to the server::

    batch  = msgpack [1, start, end, count, kinds, body]
    body   = zstd( excerpt )  or  zstd( msgpack [ [position, kind, payload], ... ] )
    excerpt= "WLSB" length u32 | msgpack [offset, {id: [keys, types]}] | bytes of a segment

A spool sends excerpts: the very bytes of one of its segments from `offset` on (`frame`), with
the forms that the rows among them refer to. Nobody takes them apart on the way, and the
checksum that `log()` made is the one that the server checks. Who has no spool sends the list.

`start` is the position up to which the writer knows the server to be, `end` the position of
the last record. A record's position is its place in its writer's spool:
``segment << 40 | end offset of the frame``. It is unique, it only grows, and needs no lock.
`count` and `kinds` may say too much for an excerpt, and never too little.
"""

from __future__ import annotations

import contextlib
import enum
import struct
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, cast

import msgspec
import zstandard

from wanllmdb import frame
from wanllmdb.frame import Form, Frames

VERSION: Final = 1
CONTENT_TYPE: Final = "application/vnd.wanllmdb.batch"

# Limits, checked on both sides. RELIABILITY 5.9 has the reasons.
MAX_BODY_BYTES: Final = 16 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024
MAX_RECORD_BYTES: Final = 1024 * 1024
MAX_BATCH_RECORDS: Final = 50_000
MAX_BATCH_BYTES: Final = 256 * 1024
MAX_KEY_BYTES: Final = 1024
MAX_KEYS_PER_RUN: Final = 100_000
MAX_DEPTH: Final = 64

SEGMENT_SHIFT: Final = 40
MAX_POSITION: Final = (1 << 63) - 1


class Kind(enum.IntEnum):
    """What a record says. A server skips a kind that it does not know, and keeps the batch."""

    ROW = 1  # [step, time_us, {key: value}]
    CONFIG = 2  # {"set": {key: value}}
    SUMMARY = 3  # {"set": {key: value}, "unset": [key]}
    CONSOLE = 4  # [stream ("stdout" | "stderr"), line number, time_us, text]
    SYSTEM = 5  # [seq, time_us, {key: value}]; keys begin with "system/"
    FILE = 6  # {"path", "digest" (sha256 hex), "size", "mime", "at"? (where it lies until sent)}
    SIGNAL = 7  # {"name", "preempted"? (told to go), "time_us"?}
    FINISH = 8  # {"exit_code", "time_us", "logged", "lost", "traceback"?, "stopped"?}
    LOSS = 9  # {"reason", "count", "detail"}
    METRIC = 10  # {"name", "step_metric"?, "summary"?, "hidden"?, "goal"?}
    RUN = 12  # what POST /api/v1/runs takes; the first record of every writer
    PATCH = 13  # {"name"?, "notes"?, "tags"?, "environment"? (facts that are added)}
    FORM = 14  # {"id", "keys", "types"}: what VALUES of this writer refer to
    VALUES = 15  # a row whose keys a FORM names; binary, see `frame`
    # {"rows", "logged"?, "lost": {reason: count}}: what a writer was given; its last record. Of
    # a killed writer, by who read its journal to the end: "rows" null, "closed" "killed".
    TALLY = 16
    ALERT = 17  # {"title", "text", "level" ("INFO" | "WARN" | "ERROR"), "time_us"}
    ARTIFACT = 18  # a version of an artifact that the run made; see `artifact.record`
    USE = 19  # {"artifact" ("owner/project/name:version"), "use_as"?}: an input of the run


# Kinds that a store keeps as rows, and those that it may be given without a look inside.
ROW_KINDS: Final = frozenset([Kind.ROW, Kind.SYSTEM, Kind.CONSOLE, Kind.VALUES])
PLAIN_KINDS: Final = 1 << Kind.ROW | 1 << Kind.FORM | 1 << Kind.VALUES


class Row(NamedTuple):
    """What one `log()` said, at its place.

    Args (fields):
        position: the record's place in its writer's spool.
        step: the user's x, an int64; may repeat, jump or go back.
        time: when `log()` was called, in microseconds since the epoch.
        values: key to number, string, boolean, None, list or (nested) dict.
    """

    position: int
    step: int
    time: int
    values: dict[str, Any]


class Record(NamedTuple):
    """One record of a batch: its place, its kind and its payload, decoded."""

    position: int
    kind: int
    payload: Any


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records of one writer: the unit of sending, of acknowledging, of storing."""

    writer: str
    start: int
    end: int
    count: int
    kinds: int  # a bit per Kind that occurs: 1 << kind
    body: bytes  # zstd


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Bytes of a segment of a spool, with what is needed to read them.

    Attributes:
        segment: its number.
        offset: of the first byte.
        content: whole frames, and what was torn between them.
        forms: those that VALUES among the frames refer to, by id.
    """

    segment: int
    offset: int
    content: bytes
    forms: Mapping[int, Form] = field(default_factory=dict[int, Form])

    @property
    def begin(self) -> int:
        """The position before the first record."""
        return self.segment << SEGMENT_SHIFT | self.offset

    @property
    def end(self) -> int:
        """The position of the last record."""
        return self.begin + len(self.content)

    def frames(self) -> Frames:
        """The whole frames of it, in order."""
        return Frames(self.content, segment=self.segment, offset=self.offset)

    def split(self, position: int) -> tuple[Excerpt, Excerpt]:
        """What comes up to a position, and what comes behind it."""
        at = position - self.begin
        return (
            replace(self, content=self.content[:at]),
            replace(self, content=self.content[at:], offset=self.offset + at),
        )


class WireError(ValueError):
    """The bytes are no batch. `code` is a stable word for machines, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Unpacking(threading.local):
    """A decompressor for each thread: making one costs more than a small body does."""

    def __init__(self) -> None:
        self.decompressor = zstandard.ZstdDecompressor()


_unpacking = _Unpacking()
_encoder = msgspec.msgpack.Encoder()
# [position, kind, …: an array of three, an unsigned 64 bit integer, a small one.
_record_head = struct.Struct(">2sQB").pack
_envelope_decoder = msgspec.msgpack.Decoder(tuple[int, int, int, int, int, bytes])
_head_decoder = msgspec.msgpack.Decoder(tuple[int, dict[int, tuple[list[str], str]]])
_EXCERPT: Final = b"WLSB"
_record_decoder = msgspec.msgpack.Decoder(list[tuple[int, int, Any]])


def encode(payload: object) -> bytes:
    """A payload as msgpack, by the rules of `Kind`. Lone surrogates are written out."""
    try:
        return _encoder.encode(payload)
    except UnicodeEncodeError:
        return _encoder.encode(_written_out(payload))


def _written_out(value: Any) -> Any:
    """A payload whose texts UTF-8 can hold: a file name or a message may have been none."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {_written_out(key): _written_out(each) for key, each in items}
    if isinstance(value, (list, tuple)):
        return [_written_out(each) for each in cast("list[Any]", value)]
    return value


def decode(payload: bytes | memoryview) -> Any:
    """A payload from msgpack; raises `WireError` if it is none."""
    try:
        return msgspec.msgpack.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise WireError("malformed-record", f"A record is not valid msgpack: {error}") from error


def array_head(length: int) -> bytes:
    """The msgpack header of an array of `length` items."""
    if length < 16:
        return bytes((0x90 | length,))
    if length < 1 << 16:
        return b"\xdc" + length.to_bytes(2, "big")
    return b"\xdd" + length.to_bytes(4, "big")


def pack(start: int, records: Iterable[tuple[int, int, bytes]], *, level: int = 1) -> bytes:
    """A batch from (position, kind, payload) in spool order, ready to be sent.

    Args:
        start: the last acknowledged position of this writer, 0 at first.
        records: payloads as `encode` made them; at least one.
        level: of zstd.
    """
    parts: list[bytes] = []
    kinds, end = 0, start
    for position, kind, payload in records:
        parts += (_record_head(b"\x93\xcf", position, kind), payload)
        kinds |= 1 << kind
        end = position
    count = len(parts) // 2
    body = zstandard.ZstdCompressor(level=level).compress(array_head(count) + b"".join(parts))
    return _encoder.encode((VERSION, start, end, count, kinds, body))


def pack_excerpt(start: int, excerpt: Excerpt, census: frame.Census, *, level: int = 1) -> bytes:
    """A batch from bytes of a segment that end with a whole frame, ready to be sent.

    Args:
        start: the last acknowledged position of this writer, 0 at first.
        excerpt: what to send.
        census: of its content.
        level: of zstd.
    """
    forms = {number: (form.keys, form.types) for number, form in excerpt.forms.items()}
    head = _encoder.encode((excerpt.offset, forms))
    content = b"".join((_EXCERPT, len(head).to_bytes(4, "little"), head, excerpt.content))
    body = zstandard.ZstdCompressor(level=level).compress(content)
    count = max(1, min(census.frames, MAX_BATCH_RECORDS))
    return _encoder.encode((VERSION, start, excerpt.end, count, census.kinds or 1, body))


def unpack(writer: str, content: bytes) -> Batch:
    """The batch that `pack` made; its body stays packed.

    Raises:
        WireError: the content is no batch, of another version, or beyond a limit.
    """
    try:
        version, start, end, count, kinds, body = _envelope_decoder.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise WireError("malformed-batch", f"The body is not a batch: {error}") from error
    if version != VERSION:
        raise WireError(
            "unknown-version",
            f"The batch is of version {version}; this server reads version {VERSION}.",
        )
    if not 0 <= start < end <= MAX_POSITION:
        raise WireError(
            "bad-position", f"A batch runs from {start} to {end}; expected start < end."
        )
    if not 1 <= count <= MAX_BATCH_RECORDS:
        raise WireError(
            "too-many-records", f"A batch holds 1 to {MAX_BATCH_RECORDS} records, not {count}."
        )
    if not 0 < kinds < 1 << 64:
        raise WireError("malformed-batch", "The batch does not say what kinds of record it holds.")
    return Batch(writer, start, end, count, kinds, body)


def inflate(body: bytes) -> bytes:
    """The body's msgpack array; raises `WireError` on a damaged or a swollen body."""
    try:
        size = zstandard.frame_content_size(body)
        if size < 0 or size > MAX_UNPACKED_BYTES:
            raise WireError(
                "too-large",
                f"The batch must say its unpacked size, at most {MAX_UNPACKED_BYTES} bytes.",
            )
        return _unpacking.decompressor.decompress(body, max_output_size=size)
    except zstandard.ZstdError as error:
        raise WireError("malformed-body", f"The batch cannot be decompressed: {error}") from error


def excerpt_of(batch: Batch, content: bytes) -> Excerpt | None:
    """The excerpt that an inflated body is; None if it is a list of records.

    Raises:
        WireError: it begins as an excerpt and is none, or not one that ends where it says.
    """
    if content[:4] != _EXCERPT:
        return None
    begin = 8 + int.from_bytes(content[4:8], "little")
    try:
        offset, named = _head_decoder.decode(content[8:begin])
    except (msgspec.DecodeError, RecursionError) as error:
        raise WireError("malformed-body", f"The batch's head cannot be read: {error}") from error
    forms = {number: frame.checked_form(*form) for number, form in named.items()}
    if None in forms.values():
        raise WireError("malformed-body", "A form of the batch has not a type for each key.")
    segment, end = divmod(batch.end, 1 << SEGMENT_SHIFT)
    if offset < 0 or offset + len(content) - begin != end:
        raise WireError("bad-position", "The excerpt does not end where the batch does.")
    return Excerpt(segment, offset, content[begin:], forms)  # type: ignore[arg-type]


def records(batch: Batch) -> list[Record]:
    """Every record of the batch, decoded, in order; raises `WireError`.

    VALUES come as the ROW that they are; a FORM, and what cannot be read, is passed over.
    """
    content = inflate(batch.body)
    excerpt = excerpt_of(batch, content)
    if excerpt is None:
        return _listed(batch, content)
    return list(read_excerpt(excerpt))


def picked(batch: Batch, kinds: Collection[int]) -> Iterator[Record]:
    """The records of a few kinds, decoded, in order; raises `WireError`.

    Of an excerpt only these are looked at, however many others it holds.
    """
    content = inflate(batch.body)
    excerpt = excerpt_of(batch, content)
    if excerpt is None:
        yield from (each for each in _listed(batch, content) if each.kind in kinds)
        return
    for position, kind, payload in frame.picked(excerpt.content, kinds):
        yield from _decoded(excerpt.begin + position, kind, payload)


def torn(batch: Batch) -> list[int]:
    """The positions at which stretches of the batch end that hold no whole record."""
    excerpt = excerpt_of(batch, inflate(batch.body))
    if excerpt is None:
        return []
    frames = excerpt.frames()
    for _ in frames:
        pass
    return [excerpt.segment << SEGMENT_SHIFT | offset for offset in frames.torn]


def read_excerpt(excerpt: Excerpt) -> Iterator[Record]:
    """The records of an excerpt; see `records`."""
    for position, kind, payload in frame.rows_of(excerpt.frames(), excerpt.forms):
        if kind == Kind.VALUES:
            if payload is not None:
                yield Record(position, Kind.ROW, list(payload))
        elif kind != Kind.FORM:
            yield from _decoded(position, kind, payload)


def _decoded(position: int, kind: int, payload: bytes) -> Iterator[Record]:
    """The record of a frame; none if nothing can be made of its payload."""
    with contextlib.suppress(WireError):
        yield Record(position, kind, decode(payload))


def _listed(batch: Batch, content: bytes) -> list[Record]:
    """The records of a body that lists them."""
    try:
        found = _record_decoder.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise WireError("malformed-body", f"The batch holds no records: {error}") from error
    last = batch.start
    for position, _, _ in found:
        if position <= last:
            raise WireError("bad-position", f"Position {position} does not follow {last}.")
        last = position
    if last != batch.end or len(found) != batch.count:
        raise WireError("bad-position", "The records do not agree with the batch's own numbers.")
    return [Record(*each) for each in found]


def rows(batch: Batch) -> Iterator[Row]:
    """The rows of a batch, in order; the other kinds are passed over.

    A malformed row is passed over here; a store counts it as rejected. Raises `WireError`.
    """
    for position, kind, payload in records(batch):
        if kind == Kind.ROW and is_row(payload):
            yield Row(position, payload[0], payload[1], payload[2])


def is_row(payload: object) -> bool:
    """Whether a payload has the shape that `Kind.ROW` promises."""
    match payload:
        case [int(step), int(time), dict()]:
            return -(1 << 63) <= step < 1 << 63 and 0 <= time < 1 << 63
        case _:
            return False
